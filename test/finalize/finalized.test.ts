import { expect, it } from 'vitest';
import { eventOf } from '../../src/finalize/finalized.ts';
import { ALPHA } from '../ledger/records.ts';

it('what was found is reported per currency: the findings are counted together, amounts of two are never added', () => {
  const finding = (check: string, currency: string | null, estimatedSaving: number) => ({
    check,
    currency,
    count: 2,
    estimatedSaving,
  });
  const findings = [finding('a', 'USD', 1), finding('a', 'CNY', 7), finding('b', 'USD', 2), finding('b', null, 4)];
  const published = { setId: 's', files: 1, rows: 3, epoch: 1, at: 0 };
  const event = eventOf(
    {
      partition: ALPHA,
      published,
      totals: { costs: [], findings, failedChecks: [], unknownChecks: [] },
      deliveredAt: 1000,
    },
    5000,
  );
  expect(event).toEqual({
    partition: ALPHA,
    files: 1,
    rows: 3,
    findings: 8,
    savings: [
      { currency: 'USD', estimatedSaving: 3 },
      { currency: 'CNY', estimatedSaving: 7 },
      { currency: null, estimatedSaving: 4 },
    ],
    deliveryLagSeconds: 4,
  });
});
