import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import type { FileFacts } from '../../../src/programs/local/fileFacts.ts';
import { partitionOfFile, payerOf, periodOfFile } from '../../../src/programs/local/fileOwner.ts';

type Group = readonly [payer: string | null, period: string | null, rows?: number];

function report(...groups: readonly Group[]): FileFacts {
  return {
    is: 'report',
    columns: [],
    sizeBytes: 100,
    groups: groups.map(([payer, period, rows = 1]) => ({ payer, period, rows })),
  };
}

const [ALPHA, BETA] = ['111122223333', '222233334444'];
const FACTS = report([ALPHA, '2026-04']);
const CUT_OFF: FileFacts = { is: 'unreadable', reason: 'cut off' };

describe('whose a file is', () => {
  it('is what its rows say when the person says nothing', () => {
    expect(partitionOfFile({}, FACTS)).toEqual({ found: { payer: ALPHA, period: '2026-04' } });
    expect(partitionOfFile({}, report([null, '2026-04'], [ALPHA, null]))).toEqual({
      found: { payer: ALPHA, period: '2026-04' },
    });
  });

  it('is what the person says, whatever payers its rows name, and even if it cannot be read', () => {
    const said = { payer: parsePayer('999988887777'), period: parsePeriod('2026-04') };
    expect(payerOf(said, report([ALPHA, '2026-04'], [BETA, '2026-04']))).toEqual({ found: said.payer });
    expect(partitionOfFile(said, FACTS)).toEqual({ found: said });
    expect(partitionOfFile(said, CUT_OFF)).toEqual({ found: said });
  });

  it('takes the month from the rows when the person only says the payer, also without a column for the payer', () => {
    const said = { payer: parsePayer('999988887777') };
    expect(partitionOfFile(said, report([null, '2026-04']))).toEqual({ found: { ...said, period: '2026-04' } });
  });

  it('takes the month that the person says where the rows have none', () => {
    const said = { period: parsePeriod('2026-04') };
    expect(periodOfFile(said, report([ALPHA, null]))).toEqual({ found: '2026-04' });
  });
});

describe('a month that the person says and the rows do not', () => {
  it('is refused with both, and how many rows say which', () => {
    const facts = report([ALPHA, '2026-05', 3], [BETA, '2026-05', 4], [ALPHA, '2026-04', 2]);
    expect(periodOfFile({ period: parsePeriod('2026-04') }, facts)).toEqual({
      reason: '--period says 2026-04, and 7 of its 9 rows are of other months: 2026-05 (7 rows), 2026-04 (2 rows)',
    });
  });
});

describe('what is not known', () => {
  const several = (column: string) => new RegExp(`^its rows are of several ${column}: `);

  it.each([
    [report([null, '2026-04']), 'its rows have no bill_payer_account_id; name the payer with --payer ID'],
    [report([ALPHA, null]), 'its rows have no bill_billing_period_start_date; name the month with --period YYYY-MM'],
    [
      report([ALPHA, '2026-04', 3], [BETA, '2026-04', 2]),
      `its rows are of several payers: ${ALPHA} (3 rows), ${BETA} (2 rows); name whose bill they are with --payer ID`,
    ],
    [CUT_OFF, 'cut off'],
    [{ is: 'empty' }, 'it has no rows'],
    [{ is: 'not-bill', reason: 'a FOCUS export' }, 'a FOCUS export'],
  ] as const)('is said with the column, its values and the option that helps', (facts, reason) => {
    expect(partitionOfFile({}, facts)).toEqual({ reason });
  });

  it('of several months comes with the statement that parts them, for each month the same', () => {
    const answer = partitionOfFile({}, report([ALPHA, '2026-04', 3], [ALPHA, '2026-05', 4]));
    expect(answer).toEqual({ reason: expect.stringMatching(several('months')) });
    expect(answer).toEqual({
      reason:
        'its rows are of several months: 2026-04 (3 rows), 2026-05 (4 rows); write one file a month, with DuckDB: ' +
        "copy (from 'FILE' where strftime(bill_billing_period_start_date, '%Y-%m') = '2026-04') to '2026-04.parquet'",
    });
  });

  it.each([
    [report(['1234567890', '2026-04']), /^bill_payer_account_id: .*"1234567890"; name the payer with --payer ID$/],
    [report([ALPHA, '1970-01']), /^bill_billing_period_start_date: .*"1970-01"; name the month with --period YYYY-MM$/],
  ])('is said with the value that is none', (facts, reason) => {
    expect(partitionOfFile({}, facts)).toEqual({ reason: expect.stringMatching(reason) });
  });
});
