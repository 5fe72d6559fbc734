import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { type ReconcileRun, RUN_DAYS } from '../../../src/ledger/reconcileRuns.ts';
import { payerSource } from '../../config/payerSources.ts';
import { PERIOD, START } from '../records.ts';

const [ONE, TWO] = [parsePayer('111122223333'), parsePayer('444455556666')];
const RUN: ReconcileRun = {
  id: 'the-run',
  startedAt: START,
  payers: [ONE, TWO],
  periods: [PERIOD],
  dryRun: false,
  full: true,
  sources: [payerSource(), payerSource({ payer: TWO, bucket: 'payer-two' })],
  configuration: { from: 'cache', payers: 2, wrongRows: [{ row: 3, reason: 'no "bucket"' }], readAt: START - 1 },
};

export function describeReconcileRules(subject: () => Ledger): void {
  describe('a reconcile', () => {
    it('that was never opened is not known', async () => {
      expect(await subject().reconcileRun('the-run')).toBeUndefined();
      expect(await subject().reconcileProgress('the-run')).toBeUndefined();
      expect(await subject().reconciledParts('the-run')).toEqual([]);
      await expect(subject().recordReconciled(RUN, ONE, {})).rejects.toThrow('no reconcile the-run');
    });

    it('comes back as it was opened, and opening it again changes nothing', async () => {
      await subject().openReconcile(RUN);
      await subject().recordReconciled(RUN, ONE, { listed: 1 });
      await subject().openReconcile({ ...RUN, payers: [ONE], startedAt: START + 1 });
      expect(await subject().reconcileRun('the-run')).toEqual(RUN);
      expect(await subject().reconcileProgress('the-run')).toEqual({ payers: 2, done: 1 });
    });

    it('counts a payer once, however often its part is stored, and the first part stays', async () => {
      await subject().openReconcile(RUN);
      expect(await subject().isReconciled('the-run', ONE)).toBe(false);
      const parts = [1, 2, 3, 4].map((listed) => subject().recordReconciled(RUN, ONE, { listed }));
      for (const { done } of await Promise.all(parts)) expect(done).toBe(1);
      const [first] = await subject().reconciledParts<{ listed: number }>('the-run');
      expect(await subject().recordReconciled(RUN, ONE, { listed: 9 })).toEqual({ payers: 2, done: 1 });
      expect(await subject().recordReconciled(RUN, TWO, { listed: 8 })).toEqual({ payers: 2, done: 2 });
      const all = await subject().reconciledParts<{ listed: number }>('the-run');
      expect(new Set(all.map(({ listed }) => listed))).toEqual(new Set([first?.listed, 8]));
      expect(await subject().isReconciled('the-run', ONE)).toBe(true);
    });

    it('counts every payer, also when all of them are done at once', async () => {
      const payers = Array.from({ length: 12 }, (_, nth) => parsePayer(String(100_000_000_000 + nth)));
      const run = { ...RUN, payers };
      await subject().openReconcile(run);
      const answers = await Promise.all(payers.map((payer) => subject().recordReconciled(run, payer, { payer })));
      expect(Math.max(...answers.map(({ done }) => done))).toBe(12);
      expect(await subject().reconcileProgress('the-run')).toEqual({ payers: 12, done: 12 });
    });

    it('ends once', async () => {
      await subject().openReconcile(RUN);
      await subject().endReconcile(RUN, { at: START + 5, ticks: 2 });
      await subject().endReconcile(RUN, { at: START + 9, ticks: 0 });
      expect(await subject().reconcileProgress('the-run')).toMatchObject({ ended: { at: START + 5, ticks: 2 } });
    });

    it('knows where a payer goes on, by hop', async () => {
      await subject().openReconcile(RUN);
      const hop = { run: 'the-run', payer: ONE, hop: 1 };
      await subject().saveReconcileCursor(RUN, hop, { after: 'a'.repeat(1000) });
      expect(await subject().reconcileCursor(hop)).toEqual({ after: 'a'.repeat(1000) });
      expect(await subject().reconcileCursor({ ...hop, hop: 2 })).toBeUndefined();
      expect(await subject().reconcileCursor({ ...hop, payer: TWO })).toBeUndefined();
    });

    it('is another one under another id, also days later', async () => {
      await subject().openReconcile(RUN);
      await subject().recordReconciled(RUN, ONE, {});
      const next = { ...RUN, id: 'next', startedAt: START + (RUN_DAYS - 1) * 86_400_000 };
      await subject().openReconcile(next);
      expect(await subject().reconcileProgress('next')).toEqual({ payers: 2, done: 0 });
      expect(await subject().reconcileProgress('the-run')).toEqual({ payers: 2, done: 1 });
    });
  });
}
