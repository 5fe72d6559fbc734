import type { WastageFinding } from '../../../src/adapters/duckdb/findings.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';

const FINDING: WastageFinding = {
  check: 'ebs-gp2-to-gp3',
  payer: parsePayer('111122223333'),
  payerName: null,
  period: parsePeriod('2026-04'),
  account: '999988887777',
  accountName: null,
  region: 'eu-west-1',
  service: 'AmazonEC2',
  resource: 'vol-1',
  currency: 'USD',
  monthlyCost: 1234.5,
  estimatedSaving: 10.125,
  wholeMonthSaving: 12,
  alternativeSaving: null,
  alternativeTo: null,
  confidence: 'high',
  evidence: '100 GB of gp2',
  owner: 'team-a',
  tags: '{"user_owner":"team-a"}',
  firstDay: '2026-04-01',
  lastDay: '2026-04-30',
  foundAt: '2026-05-03T00:00:00.000Z',
};

/** What a check found on one resource in one month. */
export function wastageFinding(changes: Partial<Omit<WastageFinding, 'period'>> & { period?: string }): WastageFinding {
  const { period = FINDING.period, ...others } = changes;
  return { ...FINDING, ...others, period: parsePeriod(period) };
}
