import { beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../records.ts';

/**
 * What a ledger does when its past is not what it should be: restored, its clock set back, its
 * warehouse lost.
 */
export function describeRecoveryRules(subject: () => Ledger): void {
  describe('a ledger that has to catch up', () => {
    let ledger: Ledger;
    beforeEach(() => {
      ledger = subject();
    });

    it('hands out no epoch that its warehouse has seen, once it was raised', async () => {
      await ledger.raiseEpoch(PERIOD, 41);
      expect(await ledger.acquireLease(PERIOD, 'one', START, START + 1000)).toEqual({ taken: true, epoch: 42 });
      await ledger.raiseEpoch(PERIOD, 7);
      expect((await ledger.period(PERIOD)).epoch).toBe(42);
    });

    it('keeps the lease that is held while epochs are raised, and nobody commits under the old one', async () => {
      const lease = await ledger.acquireLease(PERIOD, 'one', START, START + 1000);
      if (!lease.taken) throw new Error('the lease is free');
      await ledger.raiseEpoch(PERIOD, 10);
      expect(await ledger.acquireLease(PERIOD, 'two', START, START + 1000)).toMatchObject({ taken: false });
      const update = { kind: 'settled', changes: 1, readAt: START } as const;
      await expect(ledger.commit(ALPHA, lease.epoch, update)).rejects.toThrow();
    });

    it('gives a lease that was taken before the clock was set back to whoever asks', async () => {
      const day = 86_400_000;
      await ledger.acquireLease(PERIOD, 'one', START + day, START + day + 1000);
      expect(await ledger.acquireLease(PERIOD, 'two', START, START + 1000)).toMatchObject({ taken: true });
    });

    it('lets a clock that is a little ahead hold its lease', async () => {
      await ledger.acquireLease(PERIOD, 'one', START + 10_000, START + 11_000);
      expect(await ledger.acquireLease(PERIOD, 'two', START, START + 1000)).toMatchObject({ taken: false });
    });

    it('counts a change for a partition whose set is to be formed anew, and none where nothing is known', async () => {
      const how = { by: 'warehouse-lost', forgetDeliveries: false };
      expect(await ledger.reopen(ALPHA, how, START)).toBeUndefined();
      expect(await ledger.partition(ALPHA)).toBeUndefined();
      const recorded = await ledger.recordVersion(versionOf({ key: 'a' }), START);
      const reopened = await ledger.reopen(ALPHA, how, START + 1000);
      expect(reopened).toMatchObject({ isNew: true, partition: { changes: recorded.partition.changes + 1 } });
      expect(await ledger.partition(ALPHA)).toEqual(reopened?.partition);
    });

    it('forgets the deliveries of manifests that are gone', async () => {
      const version = versionOf({ key: 'a' });
      await ledger.recordVersion(version, START);
      await ledger.recordDelivery(deliveryOf({ id: 'd', files: [version] }), [], START);
      await ledger.reopen(ALPHA, { by: 'manifest-gone', forgetDeliveries: true }, START);
      const record = await ledger.partition(ALPHA);
      expect(record).toMatchObject({ awaitsManifest: false });
      expect([record?.delivery, record?.completeDelivery]).toEqual([undefined, undefined]);
    });
  });
}
