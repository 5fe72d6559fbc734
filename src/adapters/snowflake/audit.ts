import * as z from 'zod/mini';
import type { Partition } from '../../billing/partition.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { COST_BOUND } from '../../warehouse/costs.ts';
import { decimalSumSql } from '../../warehouse/currencyCosts.ts';
import { fileAudits } from '../../warehouse/fileAudits.ts';
import type { FileAudit, StagedFile } from '../../warehouse/warehouse.ts';
import type { SnowflakeRow } from './connection.ts';
import type { SnowflakeNames } from './names.ts';
import { ofMonth } from './ofMonth.ts';
import { type ByValue, isByValue, readSql, tryNumberSql, valueSql } from './readColumn.ts';
import type { Statements } from './statements.ts';

export const COST = 'line_item_unblended_cost';
export const CURRENCY = 'line_item_currency_code';
export const OPERATION = 'line_item_operation';
export const PARENT = 'split_line_item_parent_resource_id';
export const START = 'bill_billing_period_start_date';

/** How the external table is read. */
interface Reading {
  readonly names: SnowflakeNames;
  readonly byValue: ByValue;
}

/**
 * Counts, in one scan of the partition, the rows of each file, those that say they belong to
 * another month, and what is known of their cost; and adds the cost up, per currency, but for split
 * cost, which is not billed. It reads as the contract view does, so that what is counted is what
 * readers will see, and in a session whose time zone is far from UTC (signIn.ts): were anything
 * read on the session's clock, rows of another month would show it.
 *
 * This is where a file that Snowflake can't read is noticed: "if Snowflake encounters an error
 * while scanning a file, the file is skipped and scanning continues on the next file" (its
 * documentation, "Introduction to external tables"). The query succeeds then, with fewer rows than
 * the footer promises. What a file's other columns hold is not looked at. Files whose reports say
 * no billing period have no such column; it is NULL there, and counts as no other month. A cost is
 * counted as impossible unless it is below the bound: of NaN too, which Snowflake orders above
 * every number (SQL reference, "Numeric data types", special values), and of text that is not a
 * number.
 */
export async function auditFiles(
  session: Statements,
  { names, byValue }: Reading,
  { payer, period }: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  if (files.length === 0) return [];
  const columns = {
    stagedKey: 'staged_key',
    currency: readSql(CURRENCY, byValue),
    periodStart: readSql(START, byValue),
    costText: costTextSql(byValue),
    cost: tryNumberSql(COST, byValue),
    operation: readSql(OPERATION, byValue),
    parent: readSql(PARENT, byValue),
  };
  const source = `${names.externalTable} where ${ofMonth(period, [payer])}`;
  return auditsOf(files, await session.run(auditSql(columns, period, source)));
}

/** SQL for what an audit looks at in each row. */
export interface AuditedColumns {
  readonly stagedKey: string;
  readonly currency: string;
  /** A TIMESTAMP_NTZ on UTC's clock. */
  readonly periodStart: string;
  /** Not NULL where a row has a cost at all, be it one that is no number. */
  readonly costText: string;
  /** NULL where it is no number. */
  readonly cost: string;
  /** Of these two, NULL for an empty text, it is known which rows are split cost. */
  readonly operation: string;
  readonly parent: string;
}

/**
 * The statement that counts, per file and currency, what {@link auditsOf} reads of it. `source` is
 * what stands behind FROM.
 */
export function auditSql(columns: AuditedColumns, period: Period, source: string): string {
  const { stagedKey, currency, periodStart, costText, cost, operation, parent } = columns;
  return `select staged_key, currency, count(*) as row_count,
       count_if(year(period_start) <> ${yearOf(period)} or month(period_start) <> ${monthOf(period)}) as other_count,
       count(cost_text) as cost_count,
       count_if(cost_text is not null and not coalesce(abs(${COST}) < ${COST_BOUND}, false)) as impossible_count,
       ${decimalSumSql(billedCost)} as cost_sum
     from (
       select ${stagedKey} as staged_key, ${currency} as currency, ${periodStart} as period_start,
         ${costText} as cost_text, ${cost} as ${COST}, ${operation} as ${OPERATION}, ${parent} as ${PARENT}
       from ${source}
     )
     group by staged_key, currency`;
}

/** The audits of these files: a file without a row has zero rows. */
export function auditsOf(files: readonly StagedFile[], rows: readonly SnowflakeRow[]): FileAudit[] {
  return fileAudits(
    files,
    z
      .array(AuditRow)
      .parse(rows)
      .map((row) => ({
        stagedKey: row.STAGED_KEY,
        currency: row.CURRENCY,
        rows: row.ROW_COUNT,
        rowsOfOtherPeriods: row.OTHER_COUNT,
        rowsWithCost: row.COST_COUNT,
        rowsOfImpossibleCost: row.IMPOSSIBLE_COUNT,
        cost: row.COST_SUM,
      })),
  );
}

/** Not NULL where a row has a cost at all, be it one that is no number. */
function costTextSql(byValue: ByValue): string {
  return isByValue(byValue, COST) ? `nullif(${valueSql(COST)}::varchar, '')` : COST;
}

const AuditRow = z.object({
  STAGED_KEY: z.string(),
  CURRENCY: z.nullable(z.string()),
  ROW_COUNT: z.coerce.number(),
  OTHER_COUNT: z.coerce.number(),
  COST_COUNT: z.coerce.number(),
  IMPOSSIBLE_COUNT: z.coerce.number(),
  COST_SUM: z.nullable(z.string()),
});
