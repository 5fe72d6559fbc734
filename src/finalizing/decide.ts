import { isDirty, type PartitionRecord } from '../ledger/partitionRecord.ts';

/** How long a partition may change before it is finalized. */
export interface Debounce {
  /** Without a change for this long, a partition is due. */
  readonly quietSeconds: number;
  /** A partition that keeps changing is due this long after its first change. */
  readonly maxWaitSeconds: number;
}

/** What to do with a period now. Moments are milliseconds since 1970. */
export type Decision =
  | { readonly act: 'rest' }
  | { readonly act: 'wait'; readonly until: number }
  | { readonly act: 'run'; readonly partitions: readonly PartitionRecord[] };

/**
 * When a partition is due; undefined while it is clean.
 *
 *   failed, and nothing changed since     at the time set for the retry
 *   its newest complete delivery is new   at once
 *   it waits for its first manifest       first change + maximum wait: the manifest says when it is whole
 *   otherwise                             min(last change + quiet period, first change + maximum wait)
 */
export function dueAt(record: PartitionRecord, { quietSeconds, maxWaitSeconds }: Debounce): number | undefined {
  if (!isDirty(record)) return undefined;
  if (record.problem && record.problem.changes === record.changes) return record.problem.retryAt;
  const first = record.firstChangeAt ?? 0;
  const { completeDelivery, published } = record;
  if (completeDelivery && completeDelivery.id !== published?.deliveryId) return first;
  const latest = first + maxWaitSeconds * 1000;
  if (record.awaitsManifest && !record.delivery) return latest;
  return Math.min((record.lastChangeAt ?? first) + quietSeconds * 1000, latest);
}

/** Which of a period's partitions to finalize now, or when to look again. */
export function decide(records: readonly PartitionRecord[], now: number, debounce: Debounce): Decision {
  const due = records.map((record) => ({ record, at: dueAt(record, debounce) }));
  const ready = due.filter(({ at }) => at !== undefined && at <= now).map(({ record }) => record);
  if (ready.length > 0) return { act: 'run', partitions: ready };
  const moments = due.flatMap(({ at }) => at ?? []);
  return moments.length === 0 ? { act: 'rest' } : { act: 'wait', until: Math.min(...moments) };
}
