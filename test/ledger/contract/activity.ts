import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { PERIOD, START } from '../records.ts';

const RECONCILE = {
  endedAt: START,
  payers: 12,
  periods: [PERIOD],
  queued: 3,
  unreadable: 1,
  configuration: 'cache',
  why: 'the table is "gone"',
} as const;
const SWEEP = { endedAt: START + 1, ticks: 2 };

export function describeActivityRules(subject: () => Ledger): void {
  describe('the activity', () => {
    it('is empty before anything was noted', async () => {
      expect(await subject().activity()).toEqual({});
    });

    it('comes back as it was noted, each part by itself', async () => {
      await subject().noteActivity({ sweep: SWEEP });
      expect(await subject().activity()).toEqual({ sweep: SWEEP });
      await subject().noteActivity({ reconcile: RECONCILE });
      expect(await subject().activity()).toEqual({ reconcile: RECONCILE, sweep: SWEEP });
    });

    it('takes the place of the one before as a whole', async () => {
      await subject().noteActivity({ reconcile: RECONCILE, sweep: SWEEP });
      const { why: _, ...next } = { ...RECONCILE, endedAt: START + 5 };
      await subject().noteActivity({ reconcile: next });
      expect(await subject().activity()).toEqual({ reconcile: next, sweep: SWEEP });
    });
  });
}
