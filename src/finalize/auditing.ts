import { counted } from '../base/counted.ts';
import { quoteValue } from '../base/printable.ts';
import type { Partition } from '../billing/partition.ts';
import { partitionName } from '../billing/partition.ts';
import { COST_BOUND } from '../warehouse/costs.ts';
import type { FileAudit, FileStatus, StagedFile } from '../warehouse/warehouse.ts';

/**
 * Why a partition's files must not be published: the first disagreement found, and how many there
 * are.
 */
export function registrationProblem(
  partition: Partition,
  files: readonly StagedFile[],
  statuses: readonly FileStatus[],
): string | undefined {
  const failed = statuses.filter((status) => status.status === 'failed');
  const [first] = failed;
  if (!first) return undefined;
  const name = nameOf(files.find(({ stagedKey }) => stagedKey === first.stagedKey) ?? first);
  return `${partitionName(partition)}: ${name} was not registered: ${first.reason}${more(failed.length)}`;
}

/**
 * Holds what the warehouse reads against what the files promise: the rows of every file, the
 * billing month of every row, and a cost that can be added up. A warehouse may skip what it cannot
 * read without a word; this is where it is noticed. A file of rows without any cost is refused as
 * well: shown, it would be a bill of zero.
 */
export function auditProblem(
  partition: Partition,
  files: readonly StagedFile[],
  audits: readonly FileAudit[],
): string | undefined {
  const byKey = new Map(audits.map((audit) => [audit.stagedKey, audit]));
  const disagreements = files.flatMap((file) => {
    const { rows } = file;
    const name = nameOf(file);
    const audit = byKey.get(file.stagedKey);
    if (audit?.reason !== undefined) return `${name} cannot be read: ${audit.reason}`;
    if (!audit || audit.rows !== rows) {
      return `${name} has ${counted(rows, 'row')} by its footer and ${audit?.rows ?? 0} in the warehouse`;
    }
    if (audit.rowsOfOtherPeriods > 0) {
      return `${name} has ${audit.rowsOfOtherPeriods} of ${counted(rows, 'row')} billed in another month`;
    }
    if (audit.rowsOfImpossibleCost > 0) {
      const count = `${audit.rowsOfImpossibleCost} of ${rows} rows`;
      return `${name} has ${count} whose line_item_unblended_cost is no number between -${BOUND} and ${BOUND}`;
    }
    if (rows > 0 && audit.rowsWithCost === 0) {
      return `${name} has a line_item_unblended_cost in 0 of ${rows} rows`;
    }
    return [];
  });
  const [first] = disagreements;
  return first && `${partitionName(partition)}: ${first}${more(disagreements.length)}`;
}

/** The source's own name, by which people know a file, and that of its copy. */
function nameOf({ stagedKey, sourceKey }: Pick<StagedFile, 'stagedKey' | 'sourceKey'>): string {
  return sourceKey === undefined ? stagedKey : `${quoteValue(sourceKey)} (staged as ${stagedKey})`;
}

const BOUND = COST_BOUND.toExponential().replace('+', '');

function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : '';
}
