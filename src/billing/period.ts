/**
 * A billing month, `YYYY-MM`. Only {@link parsePeriod} and the functions here make one, so a
 * `Period` is always valid.
 */
export type Period = string & { readonly period: unique symbol };

const PERIOD = /^(20\d{2})-(0[1-9]|1[0-2])$/;

/** Reads `YYYY-MM` (years 2000 to 2099). Throws a RangeError that names the value. */
export function parsePeriod(text: string): Period {
  if (!PERIOD.test(text)) {
    throw new RangeError(`period must be YYYY-MM with a year from 2000 to 2099, got ${JSON.stringify(text)}`);
  }
  return text as Period;
}

/** The period of a year and a month (1 to 12), or undefined when there is no such month. */
export function periodOf(year: number, month: number): Period | undefined {
  const text = `${year}-${String(month).padStart(2, '0')}`;
  return PERIOD.test(text) ? (text as Period) : undefined;
}

/**
 * The period that an instant (milliseconds since 1970, UTC) lies in: bills are cut by UTC months.
 */
export function periodAt(epochMs: number): Period {
  return parsePeriod(new Date(epochMs).toISOString().slice(0, 7));
}

export function yearOf(period: Period): number {
  return Number(period.slice(0, 4));
}

/** The month, 1 to 12. */
export function monthOf(period: Period): number {
  return Number(period.slice(5));
}

/**
 * The month of an instant (milliseconds since 1970, UTC) and the one before, oldest first: those
 * that AWS still writes.
 */
export function recentPeriods(epochMs: number): readonly Period[] {
  const current = periodAt(epochMs);
  return [addMonths(current, -1), current];
}

/** The period `months` later; a negative number goes back. */
export function addMonths(period: Period, months: number): Period {
  return periodAt(Date.UTC(yearOf(period), monthOf(period) - 1 + months, 1));
}
