import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { newest } from '../../../src/ledger/currentSet.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import { ALPHA, BETA, byId, START, versionOf } from '../records.ts';
import { aReorderedHistory, type Sighting } from '../sightings.ts';
import { anotherPartition } from './anotherPartition.ts';

export function describeVersionRules(subject: () => Ledger): void {
  describe('a version', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });

    it('that was never recorded is unknown', async () => {
      const { id } = versionOf();
      expect(await ledger.version(ALPHA, id)).toBeUndefined();
      expect(await ledger.versions(ALPHA)).toEqual([]);
    });

    it.each([
      ['staged', versionOf({ sequencer: '0a', versionId: 'v1', awaitsManifest: true })],
      ['empty', versionOf({ outcome: { status: 'empty' } })],
      ['quarantined', versionOf({ outcome: { status: 'quarantined', reason: 'no footer: "\u0000🙂"' } })],
      ['set aside', versionOf({ outcome: { status: 'set-aside', reason: 'no bill: "\u0000🙂"' } })],
    ])('that is %s comes back as it was recorded', async (_, given) => {
      const { isNew, partition } = await ledger.recordVersion(given, START);
      expect(isNew).toBe(true);
      expect(partition).toMatchObject({ partition: ALPHA, changes: 1, firstChangeAt: START, lastChangeAt: START });
      expect(partition.awaitsManifest).toBe(given.awaitsManifest);
      expect(await ledger.version(ALPHA, given.id)).toEqual(given);
      expect(await ledger.versions(ALPHA)).toEqual([given]);
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('belongs to its own partition alone', async () => {
      const given = versionOf();
      await ledger.recordVersion(given, START);
      expect(await ledger.version(BETA, given.id)).toBeUndefined();
      expect(await ledger.versions(BETA)).toEqual([]);
      expect(await ledger.partition(BETA)).toBeUndefined();
    });

    it('recorded again as it is counts no change', async () => {
      const given = versionOf({ sequencer: '0a' });
      const first = await ledger.recordVersion(given, START);
      const again = await ledger.recordVersion(given, START + 5000);
      expect(again.isNew).toBe(false);
      expect(again.partition).toEqual(first.partition);
      expect(await ledger.partition(ALPHA)).toEqual(first.partition);
    });

    it('keeps its order when an older sighting of it comes late', async () => {
      const later = versionOf({ sequencer: '0b', lastModified: START + 2000 });
      const { partition } = await ledger.recordVersion(later, START);
      const late = await ledger.recordVersion(versionOf({ sequencer: '0a', lastModified: START }), START + 1);
      expect(late.isNew).toBe(false);
      expect(await ledger.version(ALPHA, later.id)).toEqual(later);
      expect(await ledger.partition(ALPHA)).toEqual(partition);
    });

    it('whose content comes back after another one is the newest again, and that is news', async () => {
      const first = versionOf({ etag: 'A', sequencer: '0a', lastModified: START });
      const between = versionOf({ etag: 'B', sequencer: '0b', lastModified: START + 1000 });
      const back = versionOf({ etag: 'A', sequencer: '0c', lastModified: START + 2000 });
      await ledger.recordVersion(first, START);
      await ledger.recordVersion(between, START);
      expect((await ledger.recordVersion(back, START)).isNew).toBe(true);
      const versions = await ledger.versions(ALPHA);
      expect(versions).toHaveLength(2);
      expect(newest(versions)?.source).toEqual(back.source);
    });

    it('that could not be read and is staged after all is news', async () => {
      const reason = 'half a file';
      const unreadable = versionOf({ outcome: { status: 'quarantined', reason } });
      await ledger.recordVersion(unreadable, START);
      const { isNew, partition } = await ledger.recordVersion(versionOf(), START + 1);
      expect([isNew, partition.changes, partition.watermark]).toEqual([true, 2, START]);
      expect(await ledger.version(ALPHA, unreadable.id)).toEqual(versionOf());
    });

    it('that is staged stays staged, whatever is recorded of it later', async () => {
      await ledger.recordVersion(versionOf(), START);
      for (const outcome of [{ status: 'empty' }, { status: 'set-aside', reason: 'r' }] as const) {
        expect((await ledger.recordVersion(versionOf({ outcome }), START + 1)).isNew).toBe(false);
      }
      expect(await ledger.version(ALPHA, versionOf().id)).toEqual(versionOf());
    });
  });

  describe('the watermark', () => {
    const watermarkAfter = async (...sketches: Parameters<typeof versionOf>[0][]) => {
      for (const sketch of sketches) await subject().recordVersion(versionOf(sketch), START);
      return (await subject().partition(ALPHA))?.watermark;
    };

    it('is the newest LastModified that was staged, and does not move back', async () => {
      expect(await watermarkAfter({ lastModified: START + 5000 })).toBe(START + 5000);
      expect(await watermarkAfter({ key: 'b', lastModified: START })).toBe(START + 5000);
      expect(await watermarkAfter({ key: 'b', etag: 'e2', lastModified: START + 6000 })).toBe(START + 6000);
    });

    it('is not moved by what was not staged', async () => {
      const outcomes = [
        { status: 'empty' },
        { status: 'quarantined', reason: 'no footer' },
        { status: 'set-aside', reason: 'no bill' },
      ] as const;
      const sketches = outcomes.map((outcome) => ({ key: outcome.status, outcome }));
      expect(await watermarkAfter(...sketches)).toBeUndefined();
    });
  });

  describe('recordings of one set of versions', () => {
    const endOf = async (sightings: readonly Sighting[]) => {
      const partition = anotherPartition();
      const given = (sighting: Sighting) => versionOf({ ...sighting, partition, folder: 'source/' });
      for (const sighting of sightings) await subject().recordVersion(given(sighting), START);
      const versions = byId(await subject().versions(partition));
      const record = await subject().partition(partition);
      const newestOfKey = (key: string) =>
        newest(versions.filter(({ source }) => source.key === `source/${key}.parquet`));
      return {
        versions: versions.map(({ id, source, outcome }) => ({ id, source, status: outcome.status })),
        newest: ['a', 'b'].map((key) => newestOfKey(key)?.id),
        watermark: record?.watermark,
        dirty: record !== undefined && isDirty(record),
      };
    };

    it('end in the same versions, newest versions and watermark, in whatever order and however often', async () => {
      await fc.assert(
        fc.asyncProperty(aReorderedHistory, async ({ history, reordered }) => {
          const end = await endOf(history);
          expect(await endOf(reordered)).toEqual(end);
          const staged = history.filter(({ outcome }) => outcome === undefined);
          const moments = staged.map(({ lastModified }) => lastModified);
          expect(end.watermark).toBe(moments.length === 0 ? undefined : Math.max(...moments));
          expect(end.dirty).toBe(true);
        }),
        { numRuns: 100 },
      );
    });
  });
}
