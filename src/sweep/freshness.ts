import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';
import { recentPeriods } from '../billing/period.ts';
import { deliveredAt } from '../ledger/deliveredAt.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';

/** How old what a payer has delivered is. */
interface Freshness {
  readonly payer: Payer;
  /**
   * Hours since its newest complete delivery, to a tenth; {@link NEVER_HOURS} where there never was
   * one.
   */
  readonly hours: number;
  /** Its `deliveredAt`: milliseconds since 1970. Absent where there never was one. */
  readonly lastDelivery?: Moment;
}

/**
 * What a payer without a complete delivery counts: a leap year. A metric needs a number, and an
 * alarm one above its limit.
 */
export const NEVER_HOURS = 8784;

const HOUR_MS = 3_600_000;

/**
 * The freshness of each payer, in their order, from the records of the recent periods: a payer that
 * delivers at all has delivered into these. It is the newest `deliveredAt` of them; what is older
 * counts as never: nobody would call it fresh.
 */
export function freshness(
  payers: Iterable<Payer>,
  records: readonly PartitionRecord[],
  now: Moment,
): readonly Freshness[] {
  const wanted = recentPeriods(now);
  const newest = new Map<Payer, Moment>();
  for (const record of records) {
    const { payer, period } = record.partition;
    const delivered = deliveredAt(record);
    if (delivered === undefined || !wanted.includes(period)) continue;
    newest.set(payer, Math.max(delivered, newest.get(payer) ?? delivered));
  }
  return [...new Set(payers)].map((payer) => {
    const lastDelivery = newest.get(payer);
    if (lastDelivery === undefined) return { payer, hours: NEVER_HOURS };
    return { payer, hours: hoursBetween(lastDelivery, now), lastDelivery };
  });
}

/**
 * As many as wanted, the stalest first. Of two that are equally stale the first stays, so that a
 * metric goes on.
 */
export function stalest<One extends { readonly hours: number }>(all: readonly One[], wanted: 'all' | number): One[] {
  const ordered = all.toSorted((a, b) => b.hours - a.hours);
  return wanted === 'all' ? ordered : ordered.slice(0, wanted);
}

/** Hours to a tenth; none where the clock of another machine is ahead. */
export function hoursBetween(since: Moment, now: Moment): number {
  return Math.round((Math.max(0, now - since) / HOUR_MS) * 10) / 10;
}
