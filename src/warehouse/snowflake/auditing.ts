import * as z from 'zod/mini';
import type { Partition } from '../../billing/partition.ts';
import { monthOf, yearOf } from '../../billing/period.ts';
import type { FileAudit, StagedFile } from '../warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import type { Statements } from './session.ts';

const START = 'value:"bill_billing_period_start_date"';

/** The billing period's start as the contract view reads it, so that what is counted is what readers will see. */
export const periodStart = `iff(is_varchar(${START}), nullif(${START}::varchar, '')::timestamp_ntz, ${START}::timestamp_ntz)`;

/**
 * Counts, in one scan of the partition, the rows of each file and those that say they belong to another month.
 *
 * This is where a file that Snowflake can't read is noticed: "if Snowflake encounters an error while scanning a file,
 * the file is skipped and scanning continues on the next file" (its documentation, "Introduction to external tables").
 * The query succeeds then, with fewer rows than the footer promises. What a file's other columns hold is not looked at.
 * Files whose reports say no billing period have no such column; `value:"…"` is NULL there, and counts as no other month.
 */
export async function auditFiles(
  session: Statements,
  names: SnowflakeNames,
  { payer, period }: Partition,
  files: readonly StagedFile[],
): Promise<FileAudit[]> {
  if (files.length === 0) return [];
  const [year, month] = [yearOf(period), monthOf(period)];
  const rows = await session.run(
    `select staged_key, count(*) as row_count,
       count_if(year(period_start) <> ? or month(period_start) <> ?) as other_count
     from (
       select staged_key, ${periodStart} as period_start
       from ${names.externalTable}
       where year = ? and month = ? and payer = ?
     )
     group by staged_key`,
    [year, month, year, month, payer],
  );
  const counts = new Map(
    z
      .array(AuditRow)
      .parse(rows)
      .map((row) => [row.STAGED_KEY, row]),
  );
  return files.map(({ stagedKey }) => {
    const count = counts.get(stagedKey);
    return { stagedKey, rows: count?.ROW_COUNT ?? 0, rowsOfOtherPeriods: count?.OTHER_COUNT ?? 0 };
  });
}

const AuditRow = z.object({
  STAGED_KEY: z.string(),
  ROW_COUNT: z.coerce.number(),
  OTHER_COUNT: z.coerce.number(),
});
