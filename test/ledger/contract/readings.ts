import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, byId, deliveryOf, START, versionOf } from '../records.ts';
import { aReorderedHistory, type Sighting } from '../sightings.ts';
import { anotherPartition } from './anotherPartition.ts';

/** What is read of a version for whoever records it next. */
export function describeReadingRules(subject: () => Ledger): void {
  describe('a reading of a version', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });
    const readingOf = async ({ id }: VersionRecord) => ({ version: await ledger.version(ALPHA, id) });

    it('makes no difference to what is recorded with it, nor to its tick', async () => {
      const file = versionOf();
      await ledger.recordDelivery(deliveryOf({ files: [file] }), [file.id], START);
      const first = await ledger.recordVersion(file, START, await readingOf(file));
      expect(first).toMatchObject({ isNew: true, tick: 'now', partition: { changes: 2, delivery: { awaited: [] } } });
      const again = await ledger.recordVersion(file, START, await readingOf(file));
      expect(again).toEqual({ ...first, isNew: false });
    });

    it('of a version that a later delivery waits for resolves it', async () => {
      const file = versionOf();
      await ledger.recordVersion(file, START);
      await ledger.recordDelivery(deliveryOf({ files: [file] }), [file.id], START);
      const recorded = await ledger.recordVersion(file, START, await readingOf(file));
      expect(recorded).toMatchObject({ isNew: true, tick: 'now', partition: { delivery: { awaited: [] } } });
    });
  });

  describe('versions that are recorded with readings that are out of date', () => {
    const endOf = async (sightings: readonly Sighting[], isOutOfDate: boolean) => {
      const partition = anotherPartition();
      const versions = sightings.map((sighting) => versionOf({ ...sighting, partition, folder: 'source/' }));
      const readings = await Promise.all(
        versions.map(async ({ id }) => ({ version: await subject().version(partition, id) })),
      );
      for (const [index, version] of versions.entries()) {
        await subject().recordVersion(version, START, isOutOfDate ? readings[index] : undefined);
      }
      const record = await subject().partition(partition);
      return {
        versions: byId(await subject().versions(partition)).map(({ id, source, outcome }) => ({
          id,
          source,
          status: outcome.status,
        })),
        watermark: record?.watermark,
        dirty: record !== undefined && isDirty(record),
      };
    };

    it('end in the same versions and watermark: nothing that was recorded since is lost', async () => {
      await fc.assert(
        fc.asyncProperty(aReorderedHistory, async ({ history }) => {
          expect(await endOf(history, true)).toEqual(await endOf(history, false));
        }),
        { numRuns: 20 },
      );
    });
  });
}
