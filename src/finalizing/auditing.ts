import { counted } from '../billing/counted.ts';
import type { Partition } from '../billing/partition.ts';
import { partitionName } from '../billing/partition.ts';
import type { FileAudit, FileStatus, StagedFile } from '../warehouse/warehouse.ts';

/** Why a partition's files must not be published: the first disagreement found, and how many there are. */
export function registrationProblem(partition: Partition, statuses: readonly FileStatus[]): string | undefined {
  const failed = statuses.filter((status) => status.status === 'failed');
  const [first] = failed;
  if (!first) return undefined;
  return `${partitionName(partition)}: ${first.stagedKey} was not registered: ${first.reason}${more(failed.length)}`;
}

/**
 * Holds what the warehouse reads against what the files promise: the rows of every file, and the billing month of every
 * row. A warehouse may skip what it cannot read without a word; this is where it is noticed.
 */
export function auditProblem(
  partition: Partition,
  files: readonly StagedFile[],
  audits: readonly FileAudit[],
): string | undefined {
  const byKey = new Map(audits.map((audit) => [audit.stagedKey, audit]));
  const disagreements = files.flatMap(({ stagedKey, rows }) => {
    const audit = byKey.get(stagedKey);
    if (!audit || audit.rows !== rows) {
      return `${stagedKey} has ${counted(rows, 'row')} by its footer and ${audit?.rows ?? 0} in the warehouse`;
    }
    if (audit.rowsOfOtherPeriods > 0) {
      return `${stagedKey} has ${audit.rowsOfOtherPeriods} of ${counted(rows, 'row')} billed in another month`;
    }
    return [];
  });
  const [first] = disagreements;
  return first && `${partitionName(partition)}: ${first}${more(disagreements.length)}`;
}

function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : '';
}
