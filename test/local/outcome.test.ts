import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { newPartitionRecord, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { stateOf } from '../../src/ledger/partitionState.ts';
import { type Outcome, outcomeTables } from '../../src/local/outcome.ts';

const PARTITION = { payer: parsePayer('111122223333'), period: parsePeriod('2026-04') };
const CLEAN: PartitionRecord = { ...newPartitionRecord(PARTITION), changes: 3, settledChanges: 3 };
const DIRTY: PartitionRecord = { ...CLEAN, changes: 4 };
const PUBLISHED = { setId: 's', files: 1, rows: 2, epoch: 1, at: 0 };
const SEEN = { published: PUBLISHED, analysed: { setId: 's', epoch: 1, watermark: 0, at: 0 } };
const MANIFEST = { bucket: 'b', key: 'k', etag: 'e', lastModified: 0, sizeBytes: 1 };
const WAITING = { id: 'd', executionId: 'e1', manifest: MANIFEST, files: 3, pending: ['x', 'y'] };
const PROBLEM = {
  what: 'verification-failed' as const,
  message: '2 rows, not 3',
  attempts: 3,
  at: 0,
  retryAt: 0,
  changes: 4,
};

describe("a partition's state", () => {
  it.each<[string, PartitionRecord, string, RegExp]>([
    ['is published when nothing is left to do', { ...CLEAN, ...SEEN }, 'published', /^$/],
    ['is pending until analytics have run', { ...CLEAN, published: PUBLISHED }, 'pending', /analytics have not run/],
    ['is pending while changes wait', { ...DIRTY, published: PUBLISHED }, 'pending', /next run/],
    [
      'is waiting while its delivery is not complete, and says how much is missing',
      { ...CLEAN, delivery: WAITING },
      'waiting',
      /^2 of 3 files of delivery e1 are missing$/,
    ],
    [
      'is waiting also when an older delivery is visible',
      { ...DIRTY, delivery: WAITING, published: PUBLISHED },
      'waiting',
      /2 of 3/,
    ],
    [
      'is published once the delivery is complete',
      { ...CLEAN, ...SEEN, delivery: { ...WAITING, pending: [] } },
      'published',
      /^$/,
    ],
    ['is held, with the reason', { ...CLEAN, held: 'a is quarantined', published: PUBLISHED }, 'held', /^a is quaran/],
    ['is held when nothing was ever published', CLEAN, 'held', /nothing has been published/],
    [
      'is failed, with what failed and why, before anything else',
      { ...DIRTY, problem: PROBLEM, delivery: WAITING, held: 'x' },
      'failed',
      /^verification-failed: 2 rows, not 3$/,
    ],
    ['is not failed any more once it was settled', { ...CLEAN, ...SEEN, problem: PROBLEM }, 'published', /^$/],
  ])('%s', (_rule, record, state, why) => {
    expect(stateOf(record)).toEqual({ state, why: expect.stringMatching(why) });
  });
});

describe('the tables', () => {
  const finding = {
    check: 'ebs-gp2-to-gp3',
    ...PARTITION,
    account: '999988887777',
    region: 'eu-west-1',
    resource: 'vol-1',
    monthlyCost: 1234.5,
    estimatedSaving: 0.125,
    currency: 'USD',
  };
  const partition = { ...PARTITION, files: 1234, rows: 1_234_567, cost: 0.1, watermark: null, state: 'held' as const };
  const tables = (outcome: Partial<Outcome>) =>
    outcomeTables({ partitions: [partition], findings: [], events: {}, elapsedSeconds: 1, ...outcome });

  it('show amounts with two digits, counts in thousands, and nothing where nothing is known', () => {
    expect(tables({})).toMatch(/│ 111122223333 │ 2026-04 │ 1,234 │ 1,234,567 │ 0\.10 │ +│ held +│/);
    const unknown = { ...finding, region: null, monthlyCost: null, estimatedSaving: null, currency: null };
    expect(tables({ findings: [unknown] })).toMatch(/│ 999988887777 │ +│ vol-1 +│ +│ +│ +│/);
    expect(tables({ findings: [finding] })).toMatch(/│ eu-west-1 │ vol-1 +│ 1,234\.50 │ +0\.13 │ USD │/);
  });

  it('show the first 25 findings, and say how many more there are', () => {
    const findings = Array.from({ length: 27 }, (_, index) => ({ ...finding, resource: `vol-${index}-` }));
    const text = tables({ findings });
    expect([text.includes('vol-24-'), text.includes('vol-25-')]).toEqual([true, false]);
    expect(text).toContain('Wastage found: 27, largest saving first\n');
    expect(text).toContain('… and 2 more: --json has all of them\n');
    expect(tables({ findings: findings.slice(2) })).not.toContain('more:');
  });

  it.each([60, 119, 150, 1011])('show the end of a resource of %d characters, which tells it apart', (length) => {
    const resource = `${'arn:aws:'.padEnd(length - 9, 'x')}/the-end1`;
    expect(tables({ findings: [{ ...finding, resource }] })).toMatch(/│ …x+\/the-end1 +│/);
  });

  it("let nothing of a report's rows move the cursor", () => {
    const hostile = '\u001b[2J\u0007\n\u202e\u009b';
    const findings = [{ ...finding, resource: hostile, account: hostile, region: hostile, currency: hostile }];
    expect(tables({ findings })).not.toMatch(/[^\P{C}\n]/u);
  });
});
