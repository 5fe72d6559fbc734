import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePeriod } from '../../src/billing/period.ts';
import { billState } from '../../src/status/billState.ts';

const OCTOBER = parsePeriod('2026-10');
const november = (day: number, hour = 0) => Date.UTC(2026, 10, day, hour);

describe('the bill of a month', () => {
  it.each([
    ['while the month lasts', november(0, 12), november(0, 12), 'provisional'],
    ['while AWS still restates it', november(14, 23), november(14, 20), 'provisional'],
    ['from the 15th of the next month on', november(15), november(14, 20), 'final'],
    ['when its newest delivery came with the invoices', november(20), november(3), 'final'],
    ['when deliveries stopped before the invoices', november(20), november(2, 23), 'provisional'],
    ['when nothing has arrived', november(20), undefined, 'provisional'],
  ])('says %s', (_when, now, content, expected) => {
    expect(billState(OCTOBER, content, now)).toBe(expected);
  });

  it('counts across the end of a year', () => {
    expect(billState(parsePeriod('2026-12'), Date.UTC(2027, 0, 10), Date.UTC(2027, 0, 15))).toBe('final');
    expect(billState(parsePeriod('2026-12'), Date.UTC(2027, 0, 10), Date.UTC(2027, 0, 15) - 1)).toBe('provisional');
  });

  it('once final stays final, however time goes on and whatever comes later', () => {
    const later = fc.nat(400 * 86_400_000);
    fc.assert(
      fc.property(later, later, (more, newer) => {
        expect(billState(OCTOBER, november(3) + newer, november(15) + more)).toBe('final');
      }),
    );
  });
});
