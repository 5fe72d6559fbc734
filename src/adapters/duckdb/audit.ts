import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { COST_BOUND } from '../../warehouse/costs.ts';
import type { FileAudit, StagedFile } from '../../warehouse/warehouse.ts';
import { partitionValues } from './partitionValues.ts';

/**
 * Counts, in one scan of the partition, the rows of each file, those that say they belong to
 * another month, and what is known of their cost.
 */
export async function auditFiles(
  connection: DuckDBConnection,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  const reader = await connection.runAndReadAll(
    `select
       staged_key,
       count(*) as row_count,
       count(*) filter (
         where year(bill_billing_period_start_date) <> $year or month(bill_billing_period_start_date) <> $month
       ) as other_count,
       count(line_item_unblended_cost) as cost_count,
       -- not "at or above": whatever is compared with NaN, that is NaN
       count(*) filter (where not abs(line_item_unblended_cost) < ${COST_BOUND}) as impossible_count
     from cur_external
     where payer = $payer and year = $year and month = $month
       and staged_key in (select unnest($keys))
     group by staged_key`,
    { ...partitionValues(partition), keys: listValue(files.map(({ stagedKey }) => stagedKey)) },
    { keys: LIST(VARCHAR) },
  );
  const counts = new Map(
    z
      .array(AuditRow)
      .parse(reader.getRowObjectsJS())
      .map((row) => [row.staged_key, row]),
  );
  return files.map(({ stagedKey }) => {
    const count = counts.get(stagedKey);
    return {
      stagedKey,
      rows: count?.row_count ?? 0,
      rowsOfOtherPeriods: count?.other_count ?? 0,
      rowsWithCost: count?.cost_count ?? 0,
      rowsOfImpossibleCost: count?.impossible_count ?? 0,
    };
  });
}

const CountOfRows = z.bigint().transform(Number);
const AuditRow = z.object({
  staged_key: z.string(),
  row_count: CountOfRows,
  other_count: CountOfRows,
  cost_count: CountOfRows,
  impossible_count: CountOfRows,
});
