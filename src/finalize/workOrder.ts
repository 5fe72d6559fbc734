import { compareText } from '../billing/version.ts';
import { changesDueAt, type Debounce } from '../ledger/decide.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { problemOf } from '../ledger/problems.ts';

/**
 * In which order a run publishes partitions: those that were due first, first; after them those
 * that failed the last time; and then, shortest slice first, those that have used up a slice. Of
 * these at most `overranAtMost`: once they are done the run ends, and the next one begins with
 * whatever has become due meanwhile. So nobody waits for them longer than for one slice.
 */
export function workOrder(
  records: readonly PartitionRecord[],
  debounce: Debounce,
  overranAtMost: number,
): readonly PartitionRecord[] {
  const keyed = records.map((record) => ({
    record,
    sliceSeconds: record.sliceSeconds ?? 0,
    hasFailed: problemOf(record, 'publish') !== undefined,
    dueAt: changesDueAt(record, debounce) ?? 0,
  }));
  keyed.sort(
    (a, b) =>
      a.sliceSeconds - b.sliceSeconds ||
      Number(a.hasFailed) - Number(b.hasFailed) ||
      a.dueAt - b.dueAt ||
      compareText(a.record.partition.payer, b.record.partition.payer),
  );
  const inTime = keyed.filter(({ sliceSeconds }) => sliceSeconds === 0).length;
  return keyed.slice(0, inTime + overranAtMost).map(({ record }) => record);
}
