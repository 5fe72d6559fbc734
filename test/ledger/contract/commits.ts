import { beforeEach, describe, expect, it } from 'vitest';
import { LeaseLost, type Ledger } from '../../../src/ledger/ledger.ts';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import type { PartitionUpdate } from '../../../src/ledger/partitionUpdate.ts';
import { ALPHA, PERIOD, START, versionOf } from '../records.ts';

const PUBLISHED = {
  kind: 'published',
  published: { setId: 'set-1', deliveryId: 'delivery-1', files: 2, rows: 20, epoch: 1, at: START },
} as const satisfies PartitionUpdate;
const ANALYSED: PartitionUpdate = {
  kind: 'analysed',
  analysed: { setId: 'set-1', epoch: 1, watermark: START, at: START },
};
const PROBLEM = {
  what: 'analytics-failed',
  message: 'statement 2',
  attempts: 1,
  at: START,
  retryAt: START + 10_000,
  changes: 1,
} as const;
const FAILED: PartitionUpdate = { kind: 'failed', problem: PROBLEM };
const SLICED = { kind: 'sliced', sliceSeconds: 90 } as const;
const SETTLED = { kind: 'settled', changes: 1, readAt: START + 500 } as const;

export function describeCommitRules(subject: () => Ledger): void {
  describe('a commit', () => {
    let ledger: Ledger;
    let epoch: number;
    beforeEach(async () => {
      ledger = subject();
      await ledger.recordVersion(versionOf({ key: 'a' }), START);
      epoch = await takeLease(START);
    });
    const takeLease = async (now: number) => {
      const lease = await ledger.acquireLease(PERIOD, 'run', now, now + 1000);
      if (!lease.taken) throw new Error(`held until ${lease.heldUntil}`);
      return lease.epoch;
    };

    it('of what was published, analysed, used up or failed is kept, and the partition stays dirty', async () => {
      for (const update of [PUBLISHED, ANALYSED, SLICED, FAILED]) {
        const answer = await ledger.commit(ALPHA, epoch, update);
        expect(await ledger.partition(ALPHA)).toEqual(answer);
      }
      const record = await ledger.commit(ALPHA, epoch, PUBLISHED);
      expect(record).toMatchObject({
        published: PUBLISHED.published,
        analysed: { setId: 'set-1', watermark: START },
        problem: PROBLEM,
        sliceSeconds: 90,
        changes: 1,
      });
      expect(isDirty(record)).toBe(true);
    });

    it('of what was analysed keeps which checks failed, until it is analysed again', async () => {
      const failedChecks = { names: ['idle-vpn'], reason: '100035: no', attempts: 2, retryAt: START + 10_000 };
      await ledger.commit(ALPHA, epoch, PUBLISHED);
      const analysed = { setId: 'set-1', epoch: 1, watermark: START, at: START, failedChecks };
      await ledger.commit(ALPHA, epoch, { kind: 'analysed', analysed });
      const settled = await ledger.commit(ALPHA, epoch, SETTLED);
      expect(settled.analysed?.failedChecks).toEqual(failedChecks);
      expect(await ledger.partition(ALPHA)).toEqual(settled);
      const anew = await ledger.commit(ALPHA, epoch, ANALYSED);
      expect(anew.analysed?.failedChecks).toBeUndefined();
    });

    it('never moves the analysed watermark back', async () => {
      await ledger.commit(ALPHA, epoch, ANALYSED);
      const older = { setId: 'set-2', epoch: 2, watermark: START - 1, at: START + 1 };
      const record = await ledger.commit(ALPHA, epoch, { kind: 'analysed', analysed: older });
      expect(record.analysed).toEqual({ ...older, watermark: START });
    });

    it('that settles everything leaves the partition clean and without a problem', async () => {
      await ledger.commit(ALPHA, epoch, FAILED);
      const record = await ledger.commit(ALPHA, epoch, SETTLED);
      expect(isDirty(record)).toBe(false);
      const { firstChangeAt, lastChangeAt, tickOwner, problem, held } = record;
      expect([firstChangeAt, lastChangeAt, tickOwner, problem, held]).toEqual(Array(5).fill(undefined));
    });

    it('that settles keeps the time that a try may take, until it needs no more than the first one', async () => {
      await ledger.commit(ALPHA, epoch, SLICED);
      expect((await ledger.commit(ALPHA, epoch, SETTLED)).sliceSeconds).toBe(90);
      await ledger.commit(ALPHA, epoch, { kind: 'sliced', sliceSeconds: undefined });
      expect((await ledger.partition(ALPHA))?.sliceSeconds).toBeUndefined();
    });

    it('that settles what cannot be worked in says why, until the next one that can', async () => {
      const record = await ledger.commit(ALPHA, epoch, { ...SETTLED, held: 'b is not staged' });
      expect([isDirty(record), record.held]).toEqual([false, 'b is not staged']);
      await ledger.recordVersion(versionOf({ key: 'b' }), START + 1000);
      const later = await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: 2, readAt: START + 2000 });
      expect(later.held).toBeUndefined();
    });

    it('that settles leaves the partition dirty when changes came meanwhile, from when the run looked', async () => {
      await ledger.recordVersion(versionOf({ key: 'b' }), START + 700);
      const record = await ledger.commit(ALPHA, epoch, SETTLED);
      expect(isDirty(record)).toBe(true);
      expect(record).toMatchObject({ changes: 2, firstChangeAt: START + 500, lastChangeAt: START + 700 });
    });

    it('done again changes nothing more', async () => {
      for (const update of [PUBLISHED, ANALYSED, SLICED, FAILED, SETTLED]) {
        const once = await ledger.commit(ALPHA, epoch, update);
        expect(await ledger.commit(ALPHA, epoch, update)).toEqual(once);
      }
    });

    it('under a lease that has run out counts as long as nobody took it', async () => {
      await ledger.noteTick(PERIOD, START + 9000);
      expect(isDirty(await ledger.commit(ALPHA, epoch, SETTLED))).toBe(false);
    });

    it.each([PUBLISHED, ANALYSED, SLICED, FAILED, SETTLED])(
      'of what was $kind under a lost lease throws LeaseLost and changes nothing',
      async (update) => {
        const newer = await takeLease(START + 1000);
        const before = await ledger.partition(ALPHA);
        await expect(ledger.commit(ALPHA, epoch, update)).rejects.toThrow(LeaseLost);
        await ledger.releaseLease(PERIOD, newer);
        await expect(ledger.commit(ALPHA, epoch, update)).rejects.toThrow(LeaseLost);
        expect(await ledger.partition(ALPHA)).toEqual(before);
      },
    );
  });
}
