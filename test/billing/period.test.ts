import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addMonths,
  monthOf,
  parsePeriod,
  periodAt,
  periodOf,
  recentPeriods,
  yearOf,
} from '../../src/billing/period.ts';

const anyPeriod = fc
  .tuple(fc.integer({ min: 2000, max: 2099 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => parsePeriod(`${year}-${String(month).padStart(2, '0')}`));

describe('a period', () => {
  test.each(['2026-13', '2026-00', '2026-1', '1999-12', '2100-01', '2026-10 ', '', '2026-10\n', '202610'])(
    'is refused, with its value, when it is %j',
    (text) => {
      expect(() => parsePeriod(text)).toThrow(RangeError);
      expect(() => parsePeriod(text)).toThrow(JSON.stringify(text));
    },
  );

  test('has the year and the month that its text says', () => {
    expect(yearOf(parsePeriod('2026-09'))).toBe(2026);
    expect(monthOf(parsePeriod('2026-09'))).toBe(9);
  });

  test('of a month that does not exist is undefined', () => {
    expect(periodOf(2026, 13)).toBeUndefined();
    expect(periodOf(2026, 0)).toBeUndefined();
    expect(periodOf(2026, 1.5)).toBeUndefined();
    expect(periodOf(26, 1)).toBeUndefined();
  });

  test('of its own year and month is itself', () => {
    fc.assert(fc.property(anyPeriod, (period) => periodOf(yearOf(period), monthOf(period)) === period));
  });

  test('is cut by UTC months: the last millisecond belongs to the old one', () => {
    expect(periodAt(Date.UTC(2026, 9, 1) - 1)).toBe('2026-09');
    expect(periodAt(Date.UTC(2026, 9, 1))).toBe('2026-10');
  });

  test('moves over the turn of the year in both directions', () => {
    expect(addMonths(parsePeriod('2026-12'), 1)).toBe('2027-01');
    expect(addMonths(parsePeriod('2026-01'), -1)).toBe('2025-12');
    expect(addMonths(parsePeriod('2026-05'), 0)).toBe('2026-05');
  });

  test('is recent when it is the month of a moment or the one before', () => {
    expect(recentPeriods(Date.UTC(2026, 9, 31, 23, 59))).toEqual(['2026-09', '2026-10']);
    expect(recentPeriods(Date.UTC(2027, 0, 1))).toEqual(['2026-12', '2027-01']);
  });

  test('moved forth and back is the same', () => {
    const months = fc.integer({ min: -24, max: 24 });
    const middle = anyPeriod.filter((period) => yearOf(period) > 2002 && yearOf(period) < 2097);
    fc.assert(fc.property(middle, months, (period, by) => addMonths(addMonths(period, by), -by) === period));
  });
});
