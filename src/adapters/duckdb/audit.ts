import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { COST_BOUND } from '../../warehouse/costs.ts';
import { decimalSumSql } from '../../warehouse/currencyCosts.ts';
import { fileAudits } from '../../warehouse/fileAudits.ts';
import type { FileAudit, StagedFile } from '../../warehouse/warehouse.ts';
import { partitionValues } from './partitionValues.ts';

/**
 * Counts, in one scan of the partition, the rows of each file, those that say they belong to
 * another month, and what is known of their cost; and adds the cost up, per currency, but for split
 * cost, which is not billed.
 */
export async function auditFiles(
  connection: DuckDBConnection,
  partition: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  const reader = await connection.runAndReadAll(
    `select
       staged_key,
       line_item_currency_code as currency,
       count(*) as row_count,
       count(*) filter (
         where year(bill_billing_period_start_date) <> $year or month(bill_billing_period_start_date) <> $month
       ) as other_count,
       count(line_item_unblended_cost) as cost_count,
       -- not "at or above": whatever is compared with NaN, that is NaN
       count(*) filter (where not abs(line_item_unblended_cost) < ${COST_BOUND}) as impossible_count,
       ${decimalSumSql(billedCost)} as cost_sum
     from cur_external
     where payer = $payer and year = $year and month = $month
       and staged_key in (select unnest($keys))
     group by all`,
    { ...partitionValues(partition), keys: listValue(files.map(({ stagedKey }) => stagedKey)) },
    { keys: LIST(VARCHAR) },
  );
  return fileAudits(
    files,
    z
      .array(AuditRow)
      .parse(reader.getRowObjectsJS())
      .map((row) => ({
        stagedKey: row.staged_key,
        currency: row.currency,
        rows: row.row_count,
        rowsOfOtherPeriods: row.other_count,
        rowsWithCost: row.cost_count,
        rowsOfImpossibleCost: row.impossible_count,
        cost: row.cost_sum,
      })),
  );
}

const CountOfRows = z.bigint().transform(Number);
const AuditRow = z.object({
  staged_key: z.string(),
  currency: z.string().nullable(),
  row_count: CountOfRows,
  other_count: CountOfRows,
  cost_count: CountOfRows,
  impossible_count: CountOfRows,
  cost_sum: z.string().nullable(),
});
