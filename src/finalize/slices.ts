import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { FinalizeTimings } from './services.ts';

/**
 * How long a try at a partition may take, as in a multilevel feedback queue: a short slice first,
 * and a longer one after those that have not had their turn, up to the whole budget. Nobody can see
 * whether a statement is long or will never end: so the ones that hang cost the others a short
 * slice, and the long ones get the time that they need. The ledger keeps the slice, so it outlasts
 * the run.
 */

/**
 * The first slice is this part of the budget: 30 of prod's 240 s, four times what a payer's month
 * takes there. With a third of 2,000 payers hanging, that delays the others by 45 minutes.
 */
const FIRST_PART = 1 / 8;
/** 30, 90, 240 s: at most two tries are cut off, after 120 s together; doubling would cost 210. */
const GROWTH = 3;

type Budget = Pick<FinalizeTimings, 'partitionSeconds'>;

/** What the next try may take; undefined where there is no budget. */
export function sliceOf({ sliceSeconds }: PartitionRecord, { partitionSeconds }: Budget): number | undefined {
  if (partitionSeconds === undefined) return undefined;
  return Math.min(sliceSeconds ?? partitionSeconds * FIRST_PART, partitionSeconds);
}

/** The slice after one that was used up; undefined when that was the whole budget. */
export function longerSlice(seconds: number, { partitionSeconds = 0 }: Budget): number | undefined {
  return seconds < partitionSeconds ? Math.min(seconds * GROWTH, partitionSeconds) : undefined;
}

/** Whether a month that was given longer slices would have done with the first one. */
export function isQuickAgain(
  { sliceSeconds }: PartitionRecord,
  tookSeconds: number,
  { partitionSeconds = 0 }: Budget,
): boolean {
  return sliceSeconds !== undefined && tookSeconds <= partitionSeconds * FIRST_PART;
}
