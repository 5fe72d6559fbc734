import { describe, expect, it } from 'vitest';
import { auditProblem, registrationProblem } from '../../src/finalize/auditing.ts';
import type { FileAudit } from '../../src/warehouse/warehouse.ts';
import { ALPHA } from '../ledger/records.ts';

const file = (stagedKey: string, rows: number) => ({ stagedKey, rows, sizeBytes: 1, columns: [] });
const audit = (stagedKey: string, rows: number, counts: Partial<FileAudit> = {}): FileAudit => ({
  stagedKey,
  rows,
  rowsOfOtherPeriods: 0,
  rowsWithCost: rows,
  rowsOfImpossibleCost: 0,
  costs: [],
  ...counts,
});

describe('a registration', () => {
  it('in which every file was taken is no problem', () => {
    expect(registrationProblem(ALPHA, [], [{ stagedKey: 'a', status: 'registered' }])).toBeUndefined();
    expect(registrationProblem(ALPHA, [], [])).toBeUndefined();
  });

  it('in which files failed names the partition, the first file and its reason, and how many more', () => {
    const failed = (stagedKey: string) => ({ stagedKey, status: 'failed', reason: 'not found' }) as const;
    expect(registrationProblem(ALPHA, [], [{ stagedKey: 'a', status: 'registered' }, failed('b')])).toBe(
      '2026-04/111111111111: b was not registered: not found',
    );
    expect(registrationProblem(ALPHA, [], [failed('b'), failed('c'), failed('d')])).toBe(
      '2026-04/111111111111: b was not registered: not found (and 2 more)',
    );
  });
});

describe('a file that is no good', () => {
  it('is named with why it cannot be read, where the warehouse says so', () => {
    const unread = audit('a', 0, { reason: 'not a Parquet file' });
    expect(auditProblem(ALPHA, [file('a', 10)], [unread])).toBe(
      '2026-04/111111111111: a cannot be read: not a Parquet file',
    );
  });

  it('is named as its source names it, quoted, and as its copy is named', () => {
    const named = { ...file('a', 10), sourceKey: 'a folder/\u001b[31m.parquet' };
    const name = '"a folder/\\u001b[31m.parquet" (staged as a)';
    expect(registrationProblem(ALPHA, [named], [{ stagedKey: 'a', status: 'failed', reason: 'not found' }])).toBe(
      `2026-04/111111111111: ${name} was not registered: not found`,
    );
    expect(auditProblem(ALPHA, [named], [audit('a', 9)])).toBe(
      `2026-04/111111111111: ${name} has 10 rows by its footer and 9 in the warehouse`,
    );
  });
});

describe('an audit', () => {
  const files = [file('a', 10), file('b', 0), file('c', 5)];

  it('in which every number agrees is no problem, in whatever order it comes', () => {
    expect(auditProblem(ALPHA, files, [audit('c', 5), audit('a', 10), audit('b', 0)])).toBeUndefined();
    expect(auditProblem(ALPHA, [], [])).toBeUndefined();
    expect(auditProblem(ALPHA, [file('a', 10)], [audit('a', 10, { rowsWithCost: 1 })])).toBeUndefined();
  });

  it.each([
    ['fewer rows', audit('a', 9), 'a has 10 rows by its footer and 9 in the warehouse'],
    ['more rows', audit('a', 20), 'a has 10 rows by its footer and 20 in the warehouse'],
    ['rows of another month', audit('a', 10, { rowsOfOtherPeriods: 3 }), 'a has 3 of 10 rows billed in another month'],
    [
      'costs that cannot be added up',
      audit('a', 10, { rowsOfImpossibleCost: 2 }),
      'a has 2 of 10 rows whose line_item_unblended_cost is no number between -1e12 and 1e12',
    ],
    ['no cost at all', audit('a', 10, { rowsWithCost: 0 }), 'a has a line_item_unblended_cost in 0 of 10 rows'],
  ])('that finds %s names the partition, the file and both numbers', (_, wrong, message) => {
    const audits = [wrong, audit('b', 0), audit('c', 5)];
    expect(auditProblem(ALPHA, files, audits)).toBe(`2026-04/111111111111: ${message}`);
  });

  it('that says nothing of a file counts no rows in it, and is a problem even when there should be none', () => {
    expect(auditProblem(ALPHA, files, [audit('b', 0), audit('c', 5)])).toContain('a has 10 rows by its footer and 0');
    expect(auditProblem(ALPHA, [file('b', 0)], [])).toContain('b has 0 rows');
  });

  it('with several disagreements names the first and how many more', () => {
    expect(auditProblem(ALPHA, files, [audit('a', 1), audit('b', 0), audit('c', 1)])).toBe(
      '2026-04/111111111111: a has 10 rows by its footer and 1 in the warehouse (and 1 more)',
    );
  });
});
