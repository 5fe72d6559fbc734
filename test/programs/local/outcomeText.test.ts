import { describe, expect, it } from 'vitest';
import type { CheckRun, WastageFinding } from '../../../src/adapters/duckdb/findings.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { checkSummary } from '../../../src/programs/local/checkSummary.ts';
import { listingOf } from '../../../src/programs/local/listing.ts';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { outcomeText } from '../../../src/programs/local/outcomeText.ts';
import { totalsByCurrency } from '../../../src/programs/local/totals.ts';
import { wastageFinding } from './findings.ts';

const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-04') };
const WIDE = 1_000;
const finding = wastageFinding({});
const partition: Outcome['partitions'][number] = {
  ...PARTITION,
  files: 1234,
  rows: 1_234_567,
  costs: [{ currency: 'USD', cost: 0.1 }],
  watermark: null,
  state: 'held',
};

interface Changes {
  readonly partitions?: Outcome['partitions'];
  readonly findings?: readonly WastageFinding[];
  readonly runs?: readonly CheckRun[];
  readonly groupBy?: 'account' | 'check';
}

function textOf(changes: Changes, width = WIDE): string {
  const { partitions = [partition], findings = [], runs = [], groupBy } = changes;
  const outcome = {
    partitions,
    ...listingOf(findings, { groupBy }, new Map([['ebs-gp2-to-gp3', 'gp2 volumes']])),
    totals: totalsByCurrency(partitions, findings),
    checks: checkSummary(runs),
    database: '/state/warehouse.duckdb',
    events: {},
    elapsedSeconds: 1,
  };
  const nextCommands = ['npm start -- --status', `npm start -- --sql 'select 1'`];
  return outcomeText(outcome, width, { grouped: groupBy !== undefined, nextCommands });
}

describe('what ends a run', () => {
  it('shows amounts with two digits, counts in thousands, and nothing where nothing is known', () => {
    expect(textOf({})).toMatch(/│ 111122223333 │ 2026-04 │ 1,234 │ 1,234,567 │ 0\.10 │ USD │ +│ held +│/);
    const unknown = wastageFinding({
      region: null,
      monthlyCost: null,
      estimatedSaving: null,
      wholeMonthSaving: null,
      currency: null,
    });
    expect(textOf({ findings: [unknown] })).toMatch(
      /│ 2026-04 │ +│ +│ +│ +│ 111122223333 │ 999988887777 │ +│ vol-1 +│/,
    );
    expect(textOf({ findings: [finding] })).toMatch(/│ 2026-04 │ 1,234\.50 │ +10\.13 │ +12\.00 │ USD │/);
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
    expect(text).toMatch(/│ ebs-gp2-to-gp3 │ +1 │ +10\.00 │ CNY │.*\n│ ebs-gp2-to-gp3 │ +1 │ +1\.00 │ USD │/);
    expect(text).not.toMatch(/42\.00|11\.00/);
  });

  it('ends with the totals by month and by check, the path of the database, and what to do next', () => {
    const march = wastageFinding({ period: '2026-03', estimatedSaving: 2 });
    const other = wastageFinding({ resource: 'vol-2' });
    const text = textOf({ partitions: [partition, partition], findings: [finding, other, march] });
    expect(text).toMatch(/│ 2026-03 │ +0 │ 0\.00 │ +1 │ +2\.00 │ USD │\n│ 2026-04 │ +2 │ 0\.20 │ +2 │ +20\.25 │ USD │/);
    expect(text).toMatch(/│ ebs-gp2-to-gp3 │ +2 │ +22\.25 │ USD │ gp2 volumes │/);
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
    const findings = Array.from({ length: 27 }, (_, index) => ({ ...finding, resource: `vol-${index + 10}-` }));
    const text = textOf({ findings });
    expect([text.includes('vol-34-'), text.includes('vol-35-')]).toEqual([true, false]);
    expect(text).toContain('Wastage found: 27, largest saving first\n');
    expect(text).toContain('… and 2 more: --json and --csv FILE have all of them\n');
    expect(textOf({ findings: findings.slice(2) })).not.toContain('more:');
  });

  it('shows one row for a resource over its months, with why, and what could be done instead', () => {
    const idle = wastageFinding({ check: 'idle', period: '2026-03', estimatedSaving: 20, evidence: 'idle for 300 h' });
    const outdone = { estimatedSaving: 0, alternativeTo: 'idle', alternativeSaving: 4 };
    const text = textOf(
      { findings: [idle, wastageFinding({ ...idle, period: '2026-04' }), wastageFinding(outdone)] },
      100,
    );
    expect(text).toContain('Wastage found: 1\n');
    expect(text).toMatch(/^idle {3}2026-03…2026-04 +40\.00 +12\.00 {2}USD$/m);
    expect(text).toMatch(/^ {4}idle for 300 h\n {4}instead: ebs-gp2-to-gp3 4\.00$/m);
  });

  it('counts what saves less than 1.00 a month, and says how to list it', () => {
    const small = (resource: string) => wastageFinding({ resource, estimatedSaving: 0.5, wholeMonthSaving: 0.75 });
    const text = textOf({ findings: [finding, small('vol-2'), small('vol-3')] });
    expect(text).toContain('Wastage found: 3\n');
    expect(text).not.toContain('vol-2');
    expect(text).toContain('\n2 findings save less than 1.00 a month each: --min-saving 0 lists them\n');
    const alone = textOf({ findings: [small('vol-2')] });
    expect(alone).toContain('Wastage found: 1\n1 finding saves less than 1.00 a month: --min-saving 0 lists it\n');
  });

  it('shows groups in place of single findings where these are asked for', () => {
    const text = textOf({ findings: [wastageFinding({ accountName: 'Shop' })], groupBy: 'account' });
    expect(text).toMatch(/Wastage found: 1\n\nBy account\n/);
    expect(text).toMatch(/│ 999988887777 │ +1 │ +10\.13 │ USD │ Shop +│/);
    expect(text).not.toMatch(/vol-1|By check/);
  });

  it('says how many checks ran, and why some could not judge: one line for each reason', () => {
    const run = (check: string, status: string, reason: string | null = null, period = '2026-04'): CheckRun => {
      const { payer, period: month } = wastageFinding({ period });
      return { check, payer, period: month, status, findings: 0, seconds: 1, reason };
    };
    const lacking = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => run(name, 'cannot-be-told', 'missing: hours'));
    const runs = [
      ...lacking,
      run('a', 'found', null, '2026-05'),
      run('h', 'failed', '100183: out of range'),
      run('i', 'no-such-usage'),
      run('j', 'nothing-found'),
    ];
    const text = textOf({ runs }, 80);
    expect(text).toContain('Checks: 10 ran, 1 found something, 1 are about services that are not used here\n');
    expect(text).toMatch(/^failed +1 +1(\n {4}| +)100183: out of range(\n {4}| +)h$/m);
    expect(text).toMatch(
      /^cannot be told +7 +1(\n {4}| +)the report has no hourly lines(\n {4}| +)a, b, c, d, e and 2 others$/m,
    );
  });

  it.each([60, 119, 150, 1011])('shows the end of a resource of %d characters, which identifies it', (length) => {
    const resource = `${'arn:aws:'.padEnd(length - 9, 'x')}/the-end1`;
    expect(textOf({ findings: [{ ...finding, resource }] })).toMatch(/│ …x+\/the-end1 +│/);
  });

  it.each([WIDE, 80, 40])("lets nothing of a report's rows move the cursor, %d wide", (width) => {
    const hostile = '\u001b[2J\u0007\n\u202e\u009b';
    const findings = [
      wastageFinding({
        resource: hostile,
        account: hostile,
        region: hostile,
        currency: hostile,
        evidence: hostile,
        owner: hostile,
        accountName: hostile,
      }),
    ];
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
