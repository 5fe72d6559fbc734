import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CurrentSet, setOfDelivery, setWithoutManifest } from '../../src/finalizing/currentSet.ts';
import type { VersionOutcome, VersionRecord } from '../../src/ledger/ledger.ts';
import { deliveryOf, START, type VersionSketch, versionOf } from '../ledger/records.ts';
import { aReorderedHistory } from '../ledger/sightings.ts';

const EMPTY: VersionOutcome = { status: 'empty' };
const REMOVED: VersionOutcome = { status: 'removed', generation: 0 };
const CORRUPT: VersionOutcome = { status: 'quarantined', reason: 'no footer' };
const A = versionOf({ key: 'a' });
const B = versionOf({ key: 'b' });
const later = (sketch: VersionSketch) => versionOf({ lastModified: START + 1000, etag: 'e2', ...sketch });

/** The staged keys of a set, sorted; the reason when there is no set. */
function shown(set: CurrentSet): string[] | string {
  return set.is === 'set' ? set.files.map(({ outcome }) => outcome.stagedKey).sort() : set.reason;
}

function stagedKeys(...versions: VersionRecord[]): string[] {
  return versions.flatMap(({ outcome }) => (outcome.status === 'staged' ? outcome.stagedKey : [])).sort();
}

/** The order of versions must not matter: given another one, everything that is answered is the same. */
function expectSameInAnyOrder(
  versions: readonly VersionRecord[],
  form: (versions: readonly VersionRecord[]) => CurrentSet,
) {
  const set = form(versions);
  fc.assert(
    fc.property(fc.shuffledSubarray([...versions], { minLength: versions.length }), (shuffled) => {
      const other = form(shuffled);
      expect(other.is).toBe(set.is);
      if (set.is === 'set') expect(shown(other)).toEqual(shown(set));
    }),
    { numRuns: 20 },
  );
}

describe('the set of a delivery', () => {
  it('is exactly what its manifest names, in the versions that it was fixed to', () => {
    const surplus = versionOf({ key: 'c' });
    const set = setOfDelivery(deliveryOf({ files: [A, B] }), [surplus, later({ key: 'a' }), A, B]);
    expect(shown(set)).toEqual(stagedKeys(A, B));
    expect(set).toMatchObject({ is: 'set', deliveryId: 'delivery-1' });
  });

  it('has no rows of a file that is empty, and may be empty as a whole', () => {
    const empty = versionOf({ key: 'b', outcome: EMPTY });
    expect(shown(setOfDelivery(deliveryOf({ files: [A, empty] }), [A, empty]))).toEqual(stagedKeys(A));
    expect(shown(setOfDelivery(deliveryOf({ files: [empty] }), [empty]))).toEqual([]);
  });

  it('takes the newest readable version of a file that was not there when the manifest was read', () => {
    const newer = later({ key: 'a' });
    const unreadable = versionOf({ key: 'a', etag: 'e3', lastModified: START + 2000, outcome: CORRUPT });
    const set = setOfDelivery(deliveryOf({ absent: [A], files: [B] }), [A, newer, unreadable, B]);
    expect(shown(set)).toEqual(stagedKeys(newer, B));
  });

  it('takes no file of the same key in another bucket', () => {
    const elsewhere = { ...A, source: { ...A.source, bucket: 'another-source' } };
    expect(setOfDelivery(deliveryOf({ absent: [A] }), [elsewhere]).is).toBe('held');
  });

  it.each<[string, VersionRecord[], string]>([
    ['is not staged', [B, later({ key: 'a' })], 'not staged'],
    ['cannot be read', [B, versionOf({ key: 'a', outcome: CORRUPT })], 'quarantined: no footer'],
    ['was removed', [B, versionOf({ key: 'a', outcome: REMOVED })], 'removed'],
  ])('is held when a file %s: delivery, file and reason are told', (_, versions, reason) => {
    const set = setOfDelivery(deliveryOf({ files: [A, B] }), versions);
    expect(shown(set)).toBe(`delivery execution-of-delivery-1: ${A.source.key} is ${reason}`);
  });

  it('names the versions that were removed and are wanted again', () => {
    const removed = versionOf({ key: 'a', outcome: REMOVED });
    expect(setOfDelivery(deliveryOf({ files: [A, B] }), [removed, B])).toMatchObject({ removed: [removed] });
    expect(setOfDelivery(deliveryOf({ files: [A, B] }), [B])).toMatchObject({ removed: [] });
  });
});

describe('the set without a manifest', () => {
  it('is the newest version of every key', () => {
    const newer = later({ key: 'a' });
    expect(shown(setWithoutManifest([newer, A, B]))).toEqual(stagedKeys(newer, B));
  });

  it('goes by sequencer where both have one', () => {
    const first = versionOf({ key: 'a', etag: 'e1', sequencer: '0a', lastModified: START + 5000 });
    const second = versionOf({ key: 'a', etag: 'e2', sequencer: '0b' });
    expect(shown(setWithoutManifest([first, second]))).toEqual(stagedKeys(second));
  });

  it('counts the newest folder alone: adding folders up would multiply the month', () => {
    const first = [versionOf({ folder: 'one/', key: 'a' }), versionOf({ folder: 'one/', key: 'b' })];
    const second = later({ folder: 'two/', key: 'a' });
    expect(shown(setWithoutManifest([...first, second]))).toEqual(stagedKeys(second));
  });

  it('goes by the time in the folder’s name, whatever LastModified says', () => {
    const folder = (time: string) => `data/BILLING_PERIOD=2026-04/${time}-id/`;
    const older = later({ folder: folder('2026-04-16T15:24:15.653Z') });
    const newer = versionOf({ folder: folder('2026-04-17T15:24:15.653Z') });
    expect(shown(setWithoutManifest([older, newer]))).toEqual(stagedKeys(newer));
  });

  it('does not begin a new folder with a file that cannot be read', () => {
    const unreadable = later({ folder: 'two/', key: 'a', outcome: CORRUPT });
    const old = versionOf({ folder: 'one/', key: 'a' });
    expect(shown(setWithoutManifest([old, unreadable]))).toEqual(stagedKeys(old));
  });

  it('drops a file whose newest version is empty', () => {
    expect(shown(setWithoutManifest([A, B, later({ key: 'b', outcome: EMPTY })]))).toEqual(stagedKeys(A));
  });

  it('leaves out a file that never could be read', () => {
    expect(shown(setWithoutManifest([A, versionOf({ key: 'b', outcome: CORRUPT })]))).toEqual(stagedKeys(A));
  });

  it('is held when what cannot be read took the place of what could: a hole is no restatement', () => {
    const set = setWithoutManifest([A, B, later({ key: 'b', outcome: CORRUPT })]);
    expect(shown(set)).toBe(`${B.source.key} is quarantined: no footer`);
    expect(set).toMatchObject({ removed: [] });
  });

  it('is held when the newest version of a file was removed although no other is left: it has come back', () => {
    const removed = later({ key: 'b', outcome: REMOVED });
    expect(setWithoutManifest([A, removed])).toMatchObject({ is: 'held', removed: [removed] });
  });

  it('is held when the newest version of a file was removed, and names it', () => {
    const removed = later({ key: 'b', outcome: REMOVED });
    expect(setWithoutManifest([A, B, removed])).toMatchObject({ is: 'held', removed: [removed] });
  });

  it.each<[string, VersionRecord[]]>([
    ['has arrived', []],
    ['can be read', [versionOf({ outcome: CORRUPT })]],
    ['has a row', [versionOf({ outcome: EMPTY })]],
  ])('is held while no file %s', (_, versions) => {
    expect(shown(setWithoutManifest(versions))).toBe('no file with data has arrived');
  });
});

describe('the order in which versions are given never matters', () => {
  const outcomes: (VersionOutcome | undefined)[] = [undefined, EMPTY, REMOVED, CORRUPT];
  const aVersion = fc
    .record({
      key: fc.constantFrom('a', 'b', 'c'),
      etag: fc.constantFrom('e1', 'e2', 'e3'),
      folder: fc.constantFrom('one/', 'two/', 'BILLING_PERIOD=2026-04/2026-04-16T15:24:15Z-id/'),
      lastModified: fc.integer({ min: 0, max: 3 }).map((seconds) => START + seconds * 1000),
      sequencer: fc.option(fc.constantFrom('0a', '0b', '0b00'), { nil: undefined }),
      outcome: fc.constantFrom(...outcomes),
    })
    .map(({ outcome, sequencer, ...sketch }) =>
      versionOf({ ...sketch, ...(outcome && { outcome }), ...(sequencer !== undefined && { sequencer }) }),
    );
  const someVersions = fc.uniqueArray(aVersion, { selector: ({ id }) => id, maxLength: 8 });

  it('to a set without a manifest', () => {
    fc.assert(
      fc.property(someVersions, (versions) => expectSameInAnyOrder(versions, setWithoutManifest)),
      { numRuns: 60 },
    );
  });

  it('to the set of a delivery', () => {
    fc.assert(
      fc.property(someVersions, fc.nat(3), (versions, fixed) => {
        const byKey = [...new Map(versions.map((version) => [version.source.key, version])).values()];
        const delivery = deliveryOf({ files: byKey.slice(0, fixed), absent: byKey.slice(fixed) });
        expectSameInAnyOrder(versions, (each) => setOfDelivery(delivery, each));
      }),
      { numRuns: 60 },
    );
  });

  it('and of a history of writes a second apart, the last write of every key is what counts', () => {
    fc.assert(
      fc.property(aReorderedHistory, ({ history }) => {
        const writes = history.map((sighting, second) =>
          versionOf({ ...sighting, folder: 'one/', lastModified: START + second * 1000 }),
        );
        const known = [...new Map(writes.map((write) => [write.id, write])).values()];
        const last = [...new Map(writes.map((write) => [write.source.key, write])).values()];
        const set = setWithoutManifest(known);
        if (set.is === 'set') expect(shown(set)).toEqual(stagedKeys(...last));
        else expect(last.some(({ outcome }) => outcome.status !== 'staged')).toBe(true);
      }),
    );
  });
});
