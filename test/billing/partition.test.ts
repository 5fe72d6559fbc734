import { expect, test } from 'vitest';
import { partitionName, partitionPrefix } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

const partition = { payer: parsePayer('111122223333'), period: parsePeriod('2026-03') };

test('a partition is named by its period, then its payer', () => {
  expect(partitionName(partition)).toBe('2026-03/111122223333');
});

test('the staged prefix has two digits for the month and ends in a slash, so that one payer is no prefix of another', () => {
  expect(partitionPrefix(partition)).toBe('year=2026/month=03/payer-111122223333/');
});
