import { compareText } from '../billing/version.ts';
import { changesDueAt, type Debounce } from '../ledger/decide.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { problemOf } from '../ledger/problems.ts';

/**
 * In which order partitions are published: those that were due first, first; but after all others
 * those that failed the last time, for they may use up their whole budget again.
 */
export function workOrder(records: readonly PartitionRecord[], debounce: Debounce): readonly PartitionRecord[] {
  const keyed = records.map((record) => ({
    record,
    hasFailed: problemOf(record, 'publish') !== undefined,
    dueAt: changesDueAt(record, debounce) ?? 0,
  }));
  keyed.sort(
    (a, b) =>
      Number(a.hasFailed) - Number(b.hasFailed) ||
      a.dueAt - b.dueAt ||
      compareText(a.record.partition.payer, b.record.partition.payer),
  );
  return keyed.map(({ record }) => record);
}
