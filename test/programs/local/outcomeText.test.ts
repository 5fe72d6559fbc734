import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { outcomeText } from '../../../src/programs/local/outcomeText.ts';
import { totalsByCurrency } from '../../../src/programs/local/totals.ts';

const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-04') };
const WIDE = 1_000;
const finding: Outcome['findings'][number] = {
  check: 'ebs-gp2-to-gp3',
  ...PARTITION,
  account: '999988887777',
  region: 'eu-west-1',
  resource: 'vol-1',
  monthlyCost: 1234.5,
  estimatedSaving: 0.125,
  currency: 'USD',
};
const partition: Outcome['partitions'][number] = {
  ...PARTITION,
  files: 1234,
  rows: 1_234_567,
  costs: [{ currency: 'USD', cost: 0.1 }],
  watermark: null,
  state: 'held',
};

function textOf(changes: Partial<Pick<Outcome, 'partitions' | 'findings'>>, width = WIDE): string {
  const { partitions = [partition], findings = [] } = changes;
  const totals = totalsByCurrency(partitions, findings);
  const outcome = { partitions, findings, totals, database: '/state/warehouse.duckdb', events: {}, elapsedSeconds: 1 };
  return outcomeText(outcome, width, ['npm start -- --status', `npm start -- --sql 'select 1'`]);
}

describe('what ends a run', () => {
  it('shows amounts with two digits, counts in thousands, and nothing where nothing is known', () => {
    expect(textOf({})).toMatch(/│ 111122223333 │ 2026-04 │ 1,234 │ 1,234,567 │ 0\.10 │ USD │ +│ held +│/);
    const unknown = { ...finding, region: null, monthlyCost: null, estimatedSaving: null, currency: null };
    expect(textOf({ findings: [unknown] })).toMatch(/│ 999988887777 │ +│ vol-1 +│ +│ +│ +│/);
    expect(textOf({ findings: [finding] })).toMatch(/│ eu-west-1 │ vol-1 +│ 1,234\.50 │ +0\.13 │ USD │/);
  });

  it.each([-0, -0.001, -0.0049, 0.004])('shows no sign before nothing: %d', (cost) => {
    const text = textOf({ partitions: [{ ...partition, costs: [{ currency: 'USD', cost }] }] });
    expect(text).toMatch(/│ 0\.00 │ USD │/);
    expect(text).not.toContain('-0.00');
  });

  it('shows a credit with its sign', () => {
    expect(textOf({ partitions: [{ ...partition, costs: [{ currency: 'USD', cost: -1.5 }] }] })).toContain('-1.50');
  });

  it('never adds two currencies: neither in a partition nor in the totals', () => {
    const costs = [
      { currency: 'CNY', cost: 40 },
      { currency: 'USD', cost: 2 },
    ];
    const inYuan = { ...finding, currency: 'CNY', estimatedSaving: 10 };
    const text = textOf({
      partitions: [{ ...partition, costs }],
      findings: [inYuan, { ...finding, estimatedSaving: 1 }],
    });
    expect(text).toMatch(/│ 40\.00 │ CNY │.*\n.*│ +2\.00 │ USD │/);
    expect(text).toMatch(
      /│ 2026-04 │ +1 │ 40\.00 │ +1 │ +10\.00 │ CNY │\n│ 2026-04 │ +1 │ +2\.00 │ +1 │ +1\.00 │ USD │/,
    );
    expect(text).toMatch(/│ ebs-gp2-to-gp3 │ +1 │ +1 │ +10\.00 │ CNY │\n│ ebs-gp2-to-gp3 │ +1 │ +1 │ +1\.00 │ USD │/);
    expect(text).not.toMatch(/42\.00|11\.00/);
  });

  it('ends with the totals by month and by check, the path of the database, and what to do next', () => {
    const march = { ...finding, period: parsePeriod('2026-03'), estimatedSaving: 2 };
    const text = textOf({ partitions: [partition, partition], findings: [finding, finding, march] });
    expect(text).toMatch(/│ 2026-03 │ +0 │ 0\.00 │ +1 │ +2\.00 │ USD │\n│ 2026-04 │ +2 │ 0\.20 │ +2 │ +0\.25 │ USD │/);
    expect(text).toMatch(/│ ebs-gp2-to-gp3 │ +2 │ +3 │ +2\.25 │ USD │/);
    expect(text).toMatch(
      /\nDatabase\n {2}\/state\/warehouse\.duckdb\nNext\n {2}npm start -- --status\n {2}npm start -- --sql 'select 1'\n$/,
    );
  });

  it('has no empty tables', () => {
    expect(textOf({ partitions: [] })).toBe(
      `Partitions: none\n\nWastage found: 0\n\nDatabase\n  /state/warehouse.duckdb\nNext\n  npm start -- --status\n  npm start -- --sql 'select 1'\n`,
    );
  });

  it('shows the first 25 findings, and says how many more there are', () => {
    const findings = Array.from({ length: 27 }, (_, index) => ({ ...finding, resource: `vol-${index}-` }));
    const text = textOf({ findings });
    expect([text.includes('vol-24-'), text.includes('vol-25-')]).toEqual([true, false]);
    expect(text).toContain('Wastage found: 27, largest saving first\n');
    expect(text).toContain('… and 2 more: --json has all of them\n');
    expect(textOf({ findings: findings.slice(2) })).not.toContain('more:');
  });

  it.each([60, 119, 150, 1011])('shows the end of a resource of %d characters, which identifies it', (length) => {
    const resource = `${'arn:aws:'.padEnd(length - 9, 'x')}/the-end1`;
    expect(textOf({ findings: [{ ...finding, resource }] })).toMatch(/│ …x+\/the-end1 +│/);
  });

  it.each([WIDE, 80, 40])("lets nothing of a report's rows move the cursor, %d wide", (width) => {
    const hostile = '\u001b[2J\u0007\n\u202e\u009b';
    const findings = [{ ...finding, resource: hostile, account: hostile, region: hostile, currency: hostile }];
    const partitions = [{ ...partition, costs: [{ currency: hostile, cost: 1 }] }];
    expect(textOf({ findings, partitions }, width)).not.toMatch(/[^\P{C}\n]/u);
  });

  it.each([120, 100, 80, 66, 50, 40, 20])(
    'has no table wider than a terminal of %d, and loses no resource',
    (width) => {
      const resource = 'arn:aws:elasticloadbalancing:us-east-1:111122224001:loadbalancer/app/old/7b988bae99c6b6f8';
      const findings = [{ ...finding, check: 'previous-generation-instance', resource }];
      const large = {
        ...partition,
        costs: [{ currency: 'USD', cost: 123_456_789.12 }],
        watermark: '2026-10-05T12:05:00.000Z',
      };
      const text = textOf({ findings, partitions: [large] }, width);
      const tables = text.slice(0, text.indexOf('\nDatabase\n')).split('\n');
      const titles = /^(Partitions|Wastage found: .*|By month|By check)$/;
      expect(tables.filter((line) => [...line].length > width && !titles.test(line))).toEqual([]);
      expect(text).toMatch(/b6f8$| b6f8|6b6f8/m);
      expect(text).toMatch(/6,789\.12/);
    },
  );
});
