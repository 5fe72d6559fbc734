import type { Moment } from '../base/moment.ts';
import type { Period } from '../billing/period.ts';

export interface PeriodRecord {
  readonly period: Period;
  readonly epoch: number;
  readonly lease?: { readonly holder: string; readonly until: Moment } | undefined;
  readonly nextTickAt?: Moment | undefined;
}

export type LeaseAnswer =
  | { readonly taken: true; readonly epoch: number }
  | { readonly taken: false; readonly heldUntil: Moment };

/** Clocks of machines that share a ledger may differ by so much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Up to which moment a lease may still be held, for whoever asks at `now` for one until `until`.
 * Leases are taken for equal lengths: one that would outlast a lease taken now was taken before the
 * clock was set back, and holds nobody off. Its holder, should it live, is overtaken, as one is
 * whose lease has run out.
 */
export function latestEnd(now: Moment, until: Moment): Moment {
  return Math.max(until, now) + CLOCK_TOLERANCE_MS;
}

/**
 * Whether a lease that ends at `heldUntil` excludes whoever asks at `now` for one until `until`.
 */
export function isHeld(heldUntil: Moment, now: Moment, until: Moment): boolean {
  return heldUntil > now && heldUntil <= latestEnd(now, until);
}
