import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';
import {
  CHECK_RUNS_SQL,
  type CheckRun,
  FINDINGS_SQL,
  knownPeriod,
  parseCheckRuns,
  parseFindings,
  type WastageFinding,
} from './findings.ts';

/** One published partition, per currency of its line items. */
export interface PartitionSummary {
  readonly payer: Payer;
  readonly period: Period;
  readonly files: number;
  readonly rows: number;
  /**
   * The sum of the unblended cost, without split cost, in `currency`; null when there are rows and
   * none says its cost.
   */
  readonly cost: number | null;
  /** Null when nothing says a currency: a partition without rows, for example. */
  readonly currency: string | null;
}

/** What readers see, by period, then payer. */
export async function summary(connection: DuckDBConnection): Promise<PartitionSummary[]> {
  const reader = await connection.runAndReadAll(
    `with line_items as (
       select payer, year, month, currency, count(*) as rows, ${sumSql('billed_cost')} as cost
       from (select *, line_item_currency_code as currency, ${billedCost} as billed_cost from cur_line_items)
       group by all
     ),
     files as (
       select payer, year, month, count(*) as files
       from cur_current_files
       group by all
     )
     select payer, year, month, coalesce(files, 0) as files, coalesce(rows, 0) as rows,
       if(rows is null, 0, cost) as cost, currency
     from cur_publications
     left join files using (payer, year, month)
     left join line_items using (payer, year, month)
     order by year, month, payer, currency`,
  );
  return z
    .array(SummaryRow)
    .parse(reader.getRowObjectsJS())
    .map(({ year, month, ...row }) => ({ ...row, period: knownPeriod(year, month) }));
}

/** The partitions that readers see, with rows or without: no line item is read for them. */
export async function publishedPartitions(connection: DuckDBConnection): Promise<Partition[]> {
  const reader = await connection.runAndReadAll('select payer, year, month from cur_publications');
  return z
    .array(PublicationRow)
    .parse(reader.getRowObjectsJS())
    .map(({ payer, year, month }) => ({ payer, period: knownPeriod(year, month) }));
}

/** What the analytics found, largest estimated saving first. */
export async function findings(connection: DuckDBConnection): Promise<WastageFinding[]> {
  return parseFindings((await connection.runAndReadAll(FINDINGS_SQL)).getRowObjectsJS());
}

/** How each check went, by check, payer and period. */
export async function checkRuns(connection: DuckDBConnection): Promise<CheckRun[]> {
  return parseCheckRuns((await connection.runAndReadAll(CHECK_RUNS_SQL)).getRowObjectsJS());
}

const SomePayer = z.string().transform(parsePayer);
const SomeAmount = z.unknown().transform(amountOf);
const SomeCount = z.bigint().transform(Number);
const PublicationRow = z.object({ payer: SomePayer, year: z.number(), month: z.number() });
const SummaryRow = z.object({
  payer: SomePayer,
  year: z.number(),
  month: z.number(),
  files: SomeCount,
  rows: SomeCount,
  cost: SomeAmount,
  currency: z.string().nullable(),
});
