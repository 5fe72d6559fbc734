import { beforeEach, describe, expect, it } from 'vitest';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { AnalyticsRecord } from '../../../src/ledger/analyticsRecord.ts';
import { LeaseLost, type Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, PERIOD, START } from '../records.ts';

const RECORD: AnalyticsRecord = {
  run: 1,
  status: 'running',
  members: [{ payer: ALPHA.payer, publishedEpoch: 1, setId: 'set-1', watermark: START }],
  scriptId: 'script-1',
  steps: 3,
  stepsDone: 1,
  inFlight: { number: 2, submittedAt: START, queryId: '01b2c3d4-0000-0000-0000-000000000001' },
  startedAt: START,
};

export function describeAnalyticsRules(subject: () => Ledger): void {
  describe('a run of the analytics script', () => {
    let epoch: number;
    beforeEach(async () => {
      epoch = await takeLease(START);
    });
    const takeLease = async (now: number) => {
      const lease = await subject().acquireLease(PERIOD, 'run', now, now + 1000);
      if (!lease.taken) throw new Error(`held until ${lease.heldUntil}`);
      return lease.epoch;
    };

    it('that never was is undefined', async () => {
      expect(await subject().analytics(PERIOD)).toBeUndefined();
    });

    it('comes back as it was kept, in place of the one before', async () => {
      await subject().saveAnalytics(PERIOD, epoch, RECORD);
      expect(await subject().analytics(PERIOD)).toEqual(RECORD);
      const { inFlight: _, ...rest } = RECORD;
      const failure = { statement: 4, code: '100038', message: 'not a number', queryId: 'q' };
      const failed: AnalyticsRecord = { ...rest, status: 'failed', failure, endedAt: START + 1 };
      await subject().saveAnalytics(PERIOD, epoch, failed);
      expect(await subject().analytics(PERIOD)).toEqual(failed);
    });

    it('is of its own month, and makes no partition of it', async () => {
      await subject().saveAnalytics(PERIOD, epoch, RECORD);
      expect(await subject().analytics(parsePeriod('2025-01'))).toBeUndefined();
      expect(await subject().partitions(PERIOD)).toEqual([]);
    });

    it('of thousands of payers comes back whole', async () => {
      const members = Array.from({ length: 5_000 }, (_, index) => ({
        payer: ALPHA.payer,
        publishedEpoch: index,
        setId: `set-${index}`,
        watermark: START + index,
      }));
      await subject().saveAnalytics(PERIOD, epoch, { ...RECORD, members });
      expect(await subject().analytics(PERIOD)).toEqual({ ...RECORD, members });
    });

    it('is not changed by a run that lost its lease', async () => {
      await subject().saveAnalytics(PERIOD, epoch, RECORD);
      await takeLease(START + 1000);
      await expect(subject().saveAnalytics(PERIOD, epoch, { ...RECORD, stepsDone: 2 })).rejects.toThrow(LeaseLost);
      expect(await subject().analytics(PERIOD)).toEqual(RECORD);
    });
  });
}
