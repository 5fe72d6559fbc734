import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/billing/version.ts';
import type { VersionOutcome, VersionRecord } from '../../src/ledger/versionRecord.ts';
import { mergeVersion } from '../../src/ledger/versionRecord.ts';
import { START, type VersionSketch, versionOf } from './records.ts';
import { aReorderedHistory } from './sightings.ts';

const LATER = START + 1000;

/** Given what is known, when this is recorded, then … */
function afterRecording(known: VersionSketch, given: VersionSketch) {
  return mergeVersion(versionOf(known), versionOf(given));
}

describe('a version that is recorded', () => {
  it('for the first time is kept as it is, as news', () => {
    expect(mergeVersion(undefined, versionOf())).toEqual({ record: versionOf(), isNew: true });
  });

  it('the same again is no news', () => {
    expect(afterRecording({ sequencer: '0a' }, { sequencer: '0a' })).toEqual({
      record: versionOf({ sequencer: '0a' }),
      isNew: false,
    });
  });

  it.each<[string, VersionSketch, VersionSketch, VersionSketch, boolean]>([
    [
      'with a greater sequencer moves forward',
      { sequencer: '0a' },
      { sequencer: '0b', lastModified: LATER },
      { sequencer: '0b', lastModified: LATER },
      true,
    ],
    [
      'with a smaller sequencer does not move back',
      { sequencer: '0b', lastModified: LATER },
      { sequencer: '0a' },
      { sequencer: '0b', lastModified: LATER },
      false,
    ],
    [
      'with a greater sequencer keeps a LastModified that was later: a multipart upload says when it began',
      { sequencer: '0a', lastModified: LATER },
      { sequencer: '0b' },
      { sequencer: '0b', lastModified: LATER },
      true,
    ],
    [
      'later and without a sequencer ends what the sequencer said: it belongs to an earlier write',
      { sequencer: '0a' },
      { lastModified: LATER },
      { lastModified: LATER },
      true,
    ],
    [
      'earlier and without a sequencer changes nothing',
      { sequencer: '0a', lastModified: LATER },
      {},
      { sequencer: '0a', lastModified: LATER },
      false,
    ],
    [
      'with the sequencer of a write that a listing had shown takes it over',
      {},
      { sequencer: '0a' },
      { sequencer: '0a' },
      true,
    ],
    [
      'with the sequencer of an earlier write than a listing had shown leaves it out',
      { lastModified: LATER },
      { sequencer: '0a' },
      { lastModified: LATER },
      false,
    ],
  ])('%s', (_, known, given, expected, isNew) => {
    const merged = afterRecording(known, given);
    expect(merged.record.source).toEqual(versionOf(expected).source);
    expect(merged.isNew).toBe(isNew);
  });
});

describe('what became of a version', () => {
  const staged = (generation: number): VersionOutcome => versionOf({ generation }).outcome;
  const removed = (generation: number): VersionOutcome => ({ status: 'removed', generation, removedAt: START });
  const empty: VersionOutcome = { status: 'empty' };
  const setAside: VersionOutcome = { status: 'set-aside', reason: 'a FOCUS export' };
  const withdrawn = (generation: number): VersionOutcome => Object.assign(staged(generation), { withdrawn: 'gone' });
  const quarantined: VersionOutcome = { status: 'quarantined', reason: 'no footer' };

  it.each<[string, VersionOutcome, VersionOutcome, boolean]>([
    ['staged is staged, whatever is recorded', staged(0), quarantined, false],
    ['staged is not staged anew', staged(1), staged(0), false],
    ['quarantined becomes staged', quarantined, staged(0), true],
    ['quarantined does not become empty', quarantined, empty, false],
    ['empty becomes staged', empty, staged(0), true],
    ['removed becomes staged in the next generation', removed(0), staged(1), true],
    ['removed is not brought back by the generation that was removed', removed(0), staged(0), false],
    ['removed is not brought back by an earlier generation', removed(1), staged(0), false],
    ['removed does not become quarantined', removed(0), quarantined, false],
    ['set aside becomes staged, when the rules have changed', setAside, staged(0), true],
    ['staged is not set aside', staged(0), setAside, false],
    ['quarantined is not set aside', quarantined, setAside, false],
    ['staged is withdrawn', staged(0), withdrawn(0), true],
    ['withdrawn is staged when its content comes back', withdrawn(0), staged(0), true],
    ['withdrawn is not brought back by an earlier generation', withdrawn(1), staged(0), false],
    ['withdrawn stays so, whatever else is recorded', withdrawn(0), empty, false],
    ['removed is not withdrawn', removed(0), withdrawn(0), false],
    ['quarantined is not withdrawn', quarantined, withdrawn(0), false],
  ])('%s', (_, known, given, takenOver) => {
    const { record, isNew } = afterRecording({ outcome: known }, { outcome: given });
    expect(record.outcome).toEqual(takenOver ? given : known);
    expect(isNew).toBe(takenOver);
  });

  it('is kept when the version moves forward all the same', () => {
    const { record, isNew } = afterRecording({ outcome: removed(0) }, { lastModified: LATER });
    expect(record).toEqual(versionOf({ outcome: removed(0), lastModified: LATER }));
    expect(isNew).toBe(true);
  });
});

describe('sightings of one content', () => {
  const mergeAll = (sketches: readonly VersionSketch[]) =>
    sketches
      .map(versionOf)
      .reduce<VersionRecord | undefined>((known, given) => mergeVersion(known, given).record, undefined);
  const ofOneContent = aReorderedHistory.map(({ history, reordered }) => {
    const first = history[0];
    const isOfIt = (each: VersionSketch) => each.key === first?.key && each.etag === first?.etag;
    return { history: history.filter(isOfIt), reordered: reordered.filter(isOfIt) };
  });

  it('end in one record, in whatever order and however often they are recorded', () => {
    fc.assert(
      fc.property(ofOneContent, ({ history, reordered }) => {
        expect(mergeAll(reordered)).toEqual(mergeAll(history));
      }),
    );
  });

  it('never move it back, and are news exactly when the record changes', () => {
    fc.assert(
      fc.property(ofOneContent, ({ reordered }) => {
        let known: VersionRecord | undefined;
        for (const given of reordered.map(versionOf)) {
          const { record, isNew } = mergeVersion(known, given);
          if (known) {
            expect(compareVersions(record.source, known.source)).toBeGreaterThanOrEqual(0);
            expect(record.source.lastModified).toBeGreaterThanOrEqual(known.source.lastModified);
          }
          if (!isNew) expect(record).toEqual(known);
          else expect(record).not.toEqual(known);
          known = record;
        }
      }),
    );
  });
});
