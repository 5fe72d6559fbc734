import * as z from 'zod';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { type Period, periodOf } from '../../billing/period.ts';
import { compareText } from '../../billing/version.ts';
import { amountOf } from '../../warehouse/costs.ts';

/**
 * What one check found on one resource in one month: a row of `cur_findings`, whose columns
 * sql/findings_table.sql explains. Amounts are in `currency`.
 */
export interface WastageFinding {
  readonly check: string;
  readonly payer: Payer;
  readonly payerName: string | null;
  readonly period: Period;
  /** Empty when the finding is about no single account, or no single resource. */
  readonly account: string;
  readonly accountName: string | null;
  readonly region: string | null;
  readonly service: string | null;
  readonly resource: string;
  readonly currency: string | null;
  readonly monthlyCost: number | null;
  /** What may be added up; null where no saving can be said. */
  readonly estimatedSaving: number | null;
  readonly wholeMonthSaving: number | null;
  /** What it would save beside that, if `alternativeTo` were not done. */
  readonly alternativeSaving: number | null;
  readonly alternativeTo: string | null;
  readonly confidence: string | null;
  readonly evidence: string | null;
  readonly owner: string | null;
  /** JSON text. */
  readonly tags: string | null;
  /** Days are `YYYY-MM-DD`. */
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /** ISO 8601. */
  readonly foundAt: string | null;
}

/** How a check went over one payer's month: a row of `cur_check_runs`. */
export interface CheckRun {
  readonly check: string;
  readonly payer: Payer;
  readonly period: Period;
  readonly status: string;
  readonly findings: number;
  /** How long its statement took, for all payers of the run. */
  readonly seconds: number | null;
  readonly reason: string | null;
}

/** Its rows are what {@link parseFindings} takes; whatever reads them, from JSON as well. */
export const FINDINGS_SQL = `select check_name, payer, payer_name, year, month, account, account_name, region, service,
    resource, currency, monthly_cost, estimated_saving, whole_month_saving, alternative_saving, alternative_to,
    confidence, evidence, owner, tags, cast(first_day as varchar) as first_day, cast(last_day as varchar) as last_day,
    strftime(found_at, '%Y-%m-%dT%H:%M:%S.%gZ') as found_at
  from cur_findings`;

/** Its rows are what {@link parseCheckRuns} takes. */
export const CHECK_RUNS_SQL =
  'select check_name, payer, year, month, status, findings, seconds, reason from cur_check_runs';

/**
 * The findings, largest estimated saving first. Amounts have twelve digits: beyond those, a sum of
 * doubles depends on the order in which the rows happened to come. One that is not a finite number
 * is unknown.
 */
export function parseFindings(rows: unknown): WastageFinding[] {
  return z
    .array(FindingRow)
    .parse(rows)
    .map((row) => ({
      check: row.check_name,
      payer: row.payer,
      payerName: row.payer_name,
      period: knownPeriod(row.year, row.month),
      account: row.account,
      accountName: row.account_name,
      region: row.region,
      service: row.service,
      resource: row.resource,
      currency: row.currency,
      monthlyCost: row.monthly_cost,
      estimatedSaving: row.estimated_saving,
      wholeMonthSaving: row.whole_month_saving,
      alternativeSaving: row.alternative_saving,
      alternativeTo: row.alternative_to,
      confidence: row.confidence,
      evidence: row.evidence,
      owner: row.owner,
      tags: row.tags,
      firstDay: row.first_day,
      lastDay: row.last_day,
      foundAt: row.found_at,
    }))
    .sort(bySaving);
}

/** How the checks went, by check, payer and period. */
export function parseCheckRuns(rows: unknown): CheckRun[] {
  return z
    .array(CheckRunRow)
    .parse(rows)
    .map(({ check_name: check, year, month, ...row }) => ({ check, ...row, period: knownPeriod(year, month) }))
    .sort((a, b) => compareText(runName(a), runName(b)));
}

function bySaving(a: WastageFinding, b: WastageFinding): number {
  const bySize = descending(a.estimatedSaving, b.estimatedSaving) || descending(a.monthlyCost, b.monthlyCost);
  return bySize || compareText(findingName(a), findingName(b));
}

/** Compares amounts: the largest first, unknown ones last. */
export function descending(a: number | null, b: number | null): number {
  if (a === b) return 0;
  return (b ?? Number.NEGATIVE_INFINITY) > (a ?? Number.NEGATIVE_INFINITY) ? 1 : -1;
}

/** The grain of a finding, as one string. */
function findingName({ period, payer, check, account, resource, currency }: WastageFinding): string {
  return [period, payer, check, account, resource, currency ?? ''].join('\0');
}

function runName({ check, payer, period }: CheckRun): string {
  return [check, payer, period].join('\0');
}

/** An amount of money with as many digits as mean something. */
export function withoutNoise(amount: number | null): number | null {
  return amount === null ? null : Number(amount.toPrecision(12));
}

export function knownPeriod(year: number, month: number): Period {
  const period = periodOf(year, month);
  if (period === undefined) throw new RangeError(`the warehouse names a month that does not exist: ${year}-${month}`);
  return period;
}

const SomePayer = z.string().transform(parsePayer);
const SomeAmount = z.unknown().transform((value) => withoutNoise(amountOf(value)));
const SomeText = z.string().nullable();
const Placed = { check_name: z.string(), payer: SomePayer, year: z.number(), month: z.number() };
const FindingRow = z.object({
  ...Placed,
  payer_name: SomeText,
  account: z.string(),
  account_name: SomeText,
  region: SomeText,
  service: SomeText,
  resource: z.string(),
  currency: SomeText,
  monthly_cost: SomeAmount,
  estimated_saving: SomeAmount,
  whole_month_saving: SomeAmount,
  alternative_saving: SomeAmount,
  alternative_to: SomeText,
  confidence: SomeText,
  evidence: SomeText,
  owner: SomeText,
  tags: SomeText,
  first_day: SomeText,
  last_day: SomeText,
  found_at: SomeText,
});
const CheckRunRow = z.object({
  ...Placed,
  status: z.string(),
  findings: z.number(),
  seconds: SomeAmount,
  reason: SomeText,
});
