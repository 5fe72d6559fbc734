import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import type { Partition } from '../../billing/partition.ts';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { type Period, periodOf } from '../../billing/period.ts';
import { compareText } from '../../billing/version.ts';
import { billedCost } from '../../warehouse/computedColumns.ts';
import { amountOf, sumSql } from '../../warehouse/costs.ts';

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

/** Wastage, as a row of `cur_findings` says it. Costs are per month, in `currency`. */
export interface WastageFinding {
  readonly check: string;
  readonly payer: Payer;
  readonly period: Period;
  /** Empty when the finding is about no single account, or no single resource. */
  readonly account: string;
  readonly region: string | null;
  readonly resource: string;
  readonly monthlyCost: number | null;
  readonly estimatedSaving: number | null;
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

/**
 * The findings, largest estimated saving first. Amounts have twelve digits: beyond those, a sum of
 * doubles depends on the order in which the rows happened to come. One that is not a finite number
 * is unknown.
 */
export async function findings(connection: DuckDBConnection): Promise<WastageFinding[]> {
  const reader = await connection.runAndReadAll(
    `select check_name, payer, year, month, account, region, resource, monthly_cost, estimated_saving, currency
     from cur_findings`,
  );
  return z
    .array(FindingRow)
    .parse(reader.getRowObjectsJS())
    .map((row) => ({
      check: row.check_name,
      payer: row.payer,
      period: knownPeriod(row.year, row.month),
      account: row.account,
      region: row.region,
      resource: row.resource,
      monthlyCost: withoutNoise(row.monthly_cost),
      estimatedSaving: withoutNoise(row.estimated_saving),
      currency: row.currency,
    }))
    .sort(bySaving);
}

function bySaving(a: WastageFinding, b: WastageFinding): number {
  const bySize = descending(a.estimatedSaving, b.estimatedSaving) || descending(a.monthlyCost, b.monthlyCost);
  return bySize || compareText(findingName(a), findingName(b));
}

function descending(a: number | null, b: number | null): number {
  if (a === b) return 0;
  return (b ?? Number.NEGATIVE_INFINITY) > (a ?? Number.NEGATIVE_INFINITY) ? 1 : -1;
}

/** The grain of a finding, as one string. */
function findingName({ period, payer, check, account, resource, currency }: WastageFinding): string {
  return [period, payer, check, account, resource, currency ?? ''].join('\0');
}

function withoutNoise(amount: number | null): number | null {
  return amount === null ? null : Number(amount.toPrecision(12));
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
const FindingRow = z.object({
  check_name: z.string(),
  payer: SomePayer,
  year: z.number(),
  month: z.number(),
  account: z.string(),
  region: z.string().nullable(),
  resource: z.string(),
  monthly_cost: SomeAmount,
  estimated_saving: SomeAmount,
  currency: z.string().nullable(),
});

function knownPeriod(year: number, month: number): Period {
  const period = periodOf(year, month);
  if (period === undefined) throw new RangeError(`the warehouse names a month that does not exist: ${year}-${month}`);
  return period;
}
