import { failedChecksOf, hasChanges, type PartitionRecord, wantsAnalytics } from './partitionRecord.ts';
import { type Problem, problemOf } from './problems.ts';

/** How long a partition may change before it is finalized. */
export interface Debounce {
  /** Without a change for this long, a partition is due. */
  readonly quietSeconds: number;
  /** A partition that keeps changing is due this long after its first change. */
  readonly maxWaitSeconds: number;
  /**
   * For so long nothing of a delivery may have been written before files that are newer than their
   * manifest are taken for late ones: whatever copies a folder, or writes over an export, pauses
   * between two files. 30 where it is not said.
   */
  readonly stillSeconds?: number;
}

/** What to do with a period now. Moments are milliseconds since 1970. */
export type Decision =
  | { readonly act: 'rest' }
  | { readonly act: 'wait'; readonly until: number }
  | {
      readonly act: 'run';
      /** Partitions whose changes are to be worked into what readers see. */
      readonly publish: readonly PartitionRecord[];
      /** Partitions to run the analytics over, all in one run of the script. */
      readonly analyse: readonly PartitionRecord[];
    };

/** When something is to be done for a partition; undefined while it is clean. */
export function dueAt(record: PartitionRecord, debounce: Debounce): number | undefined {
  const moments = [changesDueAt(record, debounce), analyticsDueAt(record)].filter((at) => at !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/**
 * When a partition's changes are due; undefined while it has none.
 *
 *   failed, and nothing changed since     at the time set for the retry
 *   its newest complete delivery is new   at once
 *   it waits for its first manifest       first change + maximum wait: the manifest says when it is whole
 *   otherwise                             min(last change + quiet period, first change + maximum wait)
 */
export function changesDueAt(record: PartitionRecord, { quietSeconds, maxWaitSeconds }: Debounce): number | undefined {
  if (!hasChanges(record)) return undefined;
  const { completeDelivery, published } = record;
  const failed = failedAsItIs(record);
  if (failed) return failed.retryAt;
  const first = record.firstChangeAt ?? 0;
  if (completeDelivery && completeDelivery.id !== published?.deliveryId) return first;
  const latest = first + maxWaitSeconds * 1000;
  if (record.awaitsManifest && !record.delivery) return latest;
  return Math.min((record.lastChangeAt ?? first) + quietSeconds * 1000, latest);
}

/**
 * When analytics are due over what was published: at once, or at the time of the retry; undefined
 * while they need not run. Checks that have failed need it, too.
 */
function analyticsDueAt(record: PartitionRecord): number | undefined {
  const { retryAt } = problemOf(record, 'analyse') ?? {};
  const failed = failedChecksOf(record);
  if (failed) return retryAt ?? failed.retryAt;
  return wantsAnalytics(record) ? (retryAt ?? record.published?.at) : undefined;
}

/** Since when analytics that are due have waited for their turn. */
export function analyticsWaitSince(record: PartitionRecord): number | undefined {
  return failedChecksOf(record)?.retryAt ?? record.published?.at;
}

/**
 * What was noted further ahead than this was noted before the clock was set back, and has come:
 * nothing waits for an old date. Clocks that run differ by far less.
 */
const CLOCK_TOLERANCE_MS = 60_000;

/** Whether a partition's changes are to be worked in now. */
export function changesAreDue(record: PartitionRecord, now: number, debounce: Debounce): boolean {
  const at = changesDueAt(record, debounce);
  if (at === undefined) return false;
  const notedAt = failedAsItIs(record)?.at ?? record.lastChangeAt ?? record.firstChangeAt;
  return at <= now || (notedAt ?? 0) > now + CLOCK_TOLERANCE_MS;
}

/** Whether analytics are to be run over what was published, now. */
function analyticsAreDue(record: PartitionRecord, now: number): boolean {
  const at = analyticsDueAt(record);
  if (at === undefined) return false;
  const noted = failedChecksOf(record) ? record.analysed : record.published;
  const notedAt = problemOf(record, 'analyse')?.at ?? noted?.at;
  return at <= now || (notedAt ?? 0) > now + CLOCK_TOLERANCE_MS;
}

/** Which of a period's partitions to publish and to analyse now, or when to look again. */
export function decide(records: readonly PartitionRecord[], now: number, debounce: Debounce): Decision {
  const publish = records.filter((record) => changesAreDue(record, now, debounce));
  const analyse = inOneRun(records.filter((record) => analyticsAreDue(record, now)));
  if (publish.length + analyse.length > 0) return { act: 'run', publish, analyse };
  const moments = records.flatMap((record) => dueAt(record, debounce) ?? []);
  return moments.length === 0 ? { act: 'rest' } : { act: 'wait', until: Math.min(...moments) };
}

/** Payers whose analytics keep failing are analysed in at least this many parts. */
const PARTS = 8;

/**
 * Which of the partitions that are due are analysed in one run: all, as a rule. Those whose
 * analytics or checks have failed twice or more are analysed apart from the others, part by part:
 * one payer's data that the script stumbles over must not block the others' findings for good. What
 * is left out stays due, and the next tick takes it up.
 */
function inOneRun(due: readonly PartitionRecord[]): readonly PartitionRecord[] {
  const isStumbling = (record: PartitionRecord) =>
    [problemOf(record, 'analyse'), failedChecksOf(record)].some((failed) => (failed?.attempts ?? 0) > 1);
  const steady = due.filter((record) => !isStumbling(record));
  return steady.length > 0 ? steady : due.slice(0, Math.ceil(due.length / PARTS));
}

/** Why its changes have failed, if nothing has changed since. */
function failedAsItIs(record: PartitionRecord): Problem | undefined {
  const problem = problemOf(record, 'publish');
  return problem?.changes === record.changes ? problem : undefined;
}
