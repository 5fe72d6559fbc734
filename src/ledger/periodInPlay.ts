import type { Moment } from '../base/moment.ts';
import type { Period } from '../billing/period.ts';

/** A period in which something was recorded, and when it was put into play last. */
export interface PeriodInPlay {
  readonly period: Period;
  readonly touchedAt: Moment;
}

/** Longer than anything that has put a period into play may take until it is recorded: an hour. */
export const IN_PLAY_MS = 3_600_000;
