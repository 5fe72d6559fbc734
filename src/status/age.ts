import type { Moment } from '../base/moment.ts';

const HOUR_MS = 3_600_000;

/** A moment as ISO 8601; null where there is none. */
export function timeOf(moment: Moment | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}

/** A moment for reading, to the second: `2026-10-05T12:05:00Z`. */
export function clock(moment: Moment): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`;
}

/** How long ago a moment was, in hours with one digit; null where there is none. */
export function ageHours(moment: Moment | undefined, now: Moment): number | null {
  return moment === undefined ? null : Math.round(((now - moment) / HOUR_MS) * 10) / 10;
}
