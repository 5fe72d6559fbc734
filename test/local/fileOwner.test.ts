import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { partitionOfFile, payerOf, periodOfFile } from '../../src/local/fileOwner.ts';

const FACTS = { payers: ['111122223333'], periods: ['2026-04'] };

describe('whose a file is', () => {
  it('is what its rows say when the person says nothing', () => {
    expect(partitionOfFile({}, FACTS)).toEqual({ found: { payer: '111122223333', period: '2026-04' } });
  });

  it('is what the person says, whatever its rows say and even if they cannot be read', () => {
    const told = { payer: parsePayer('999988887777'), period: parsePeriod('2020-01') };
    expect(payerOf(told, FACTS)).toEqual({ found: '999988887777' });
    expect(periodOfFile(told, FACTS)).toEqual({ found: '2020-01' });
    expect(partitionOfFile(told, 'no Parquet file')).toEqual({ found: told });
  });

  it('takes the month from the rows when the person only says the payer', () => {
    const told = { payer: parsePayer('999988887777') };
    expect(partitionOfFile(told, FACTS)).toEqual({ found: { payer: '999988887777', period: '2026-04' } });
  });
});

describe('what cannot be told', () => {
  it.each([
    [{ ...FACTS, payers: [] }, 'its rows have no bill_payer_account_id; say it with --payer ID'],
    [{ ...FACTS, periods: [] }, 'its rows have no bill_billing_period_start_date; say it with --period YYYY-MM'],
    [
      { ...FACTS, payers: ['111122223333', '222233334444'] },
      'its rows have several bill_payer_account_id: 111122223333, 222233334444; say it with --payer ID',
    ],
    [
      { ...FACTS, periods: ['2026-04', '2026-05'] },
      'its rows have several bill_billing_period_start_date: 2026-04, 2026-05; say it with --period YYYY-MM',
    ],
    ['cut off', 'its rows cannot be read (cut off); say it with --payer ID'],
  ])('is told with the column, its values and the option that helps', (facts, reason) => {
    expect(partitionOfFile({}, facts)).toEqual({ reason });
  });

  it.each([
    [{ ...FACTS, payers: ['1234567890'] }, /^bill_payer_account_id: .*"1234567890"; say it with --payer ID$/],
    [{ ...FACTS, periods: ['1970-01'] }, /^bill_billing_period_start_date: .*"1970-01"; say it with --period YYYY-MM$/],
  ])('is told with the value that is none', (facts, reason) => {
    expect(partitionOfFile({}, facts)).toEqual({ reason: expect.stringMatching(reason) });
  });
});
