import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, byId, deliveryOf, PERIOD, START, versionOf } from '../records.ts';
import { anotherPartition } from './anotherPartition.ts';

const many = (count: number, partition = ALPHA): VersionRecord[] =>
  Array.from({ length: count }, (_, index) =>
    versionOf({ partition, key: `file-${index}`, lastModified: START + index * 1000 }),
  );

export function describeConcurrencyRules(subject: () => Ledger): void {
  describe('calls at the same time', () => {
    it('lose no version, no change and no watermark', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.boolean(), async (count, twice) => {
          const partition = anotherPartition();
          const files = many(count, partition);
          const given = twice ? [...files, ...files] : files;
          const recorded = await Promise.all(given.map((file) => subject().recordVersion(file, START)));
          expect(byId(await subject().versions(partition))).toEqual(byId(files));
          const record = await subject().partition(partition);
          expect(record?.changes).toBeGreaterThanOrEqual(count);
          expect(record?.watermark).toBe(START + (count - 1) * 1000);
          expect(recorded.some(({ tick }) => tick === 'quiet')).toBe(true);
        }),
        { numRuns: 20 },
      );
    });

    it('resolve everything that a delivery waits for, and one of them has to send the tick', async () => {
      const files = many(10);
      await subject().recordDelivery(
        deliveryOf({ files }),
        files.map(({ id }) => id),
        START,
      );
      const recorded = await Promise.all(files.map((file) => subject().recordVersion(file, START)));
      const record = await subject().partition(ALPHA);
      expect(record?.delivery?.awaited).toEqual([]);
      expect(record?.completeDelivery?.id).toBe('delivery-1');
      expect(recorded.some(({ tick }) => tick === 'now')).toBe(true);
    });

    it('do not let a run settle what it has not seen', async () => {
      const [first, ...others] = many(6);
      if (!first) throw new Error('there is no first file');
      const { partition } = await subject().recordVersion(first, START);
      const lease = await subject().acquireLease(PERIOD, 'run', START, START + 1000);
      if (!lease.taken) throw new Error('the lease is held');
      const settle = { kind: 'settled', changes: partition.changes, readAt: START } as const;
      await Promise.all([
        ...others.map((file) => subject().recordVersion(file, START + 1)),
        subject().commit(ALPHA, lease.epoch, settle),
        ...others.map((file) => subject().recordVersion(file, START + 1)),
      ]);
      const record = await subject().partition(ALPHA);
      expect(record && isDirty(record)).toBe(true);
      expect(record?.settledChanges).toBe(partition.changes);
      expect(record?.changes).toBeGreaterThanOrEqual(6);
      expect(record?.firstChangeAt).toBeGreaterThanOrEqual(START);
    });
  });
}
