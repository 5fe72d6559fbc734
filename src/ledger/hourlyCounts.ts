import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';

/** What is counted of each payer, hour by hour. */
export type Counted = (typeof COUNTED)[number];
export const COUNTED = ['files', 'manifests', 'quarantine-messages'] as const;

/** How much came of each payer in this hour, over all processes. Only its limits depend on it. */
export interface HourlyCounts {
  /**
   * Counts `by` more and answers the sum of the hour (hours since 1970). A count of an hour that is
   * over is lost.
   */
  add(payer: Payer, what: Counted, hour: number, by: number): Promise<number>;
  /** What was counted of some payers in an hour; what was not counted is left out. */
  sums(payers: readonly Payer[], hour: number): Promise<HourlyCount[]>;
}

export interface HourlyCount {
  readonly payer: Payer;
  readonly what: Counted;
  readonly count: number;
}

const HOUR_MS = 3_600_000;

/** The hour of a moment, in hours since 1970. */
export function hourOf(now: Moment): number {
  return Math.floor(now / HOUR_MS);
}

/** When an hour ends: milliseconds since 1970. */
export function hourEnd(hour: number): Moment {
  return (hour + 1) * HOUR_MS;
}
