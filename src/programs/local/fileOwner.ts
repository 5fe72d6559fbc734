import type { Partition } from '../../billing/partition.ts';
import { type Payer, parsePayer } from '../../billing/payer.ts';
import { type Period, parsePeriod } from '../../billing/period.ts';
import type { FileFacts, RowGroup } from './fileFacts.ts';

/** What the person said about a folder; where they said nothing, the files' rows decide. */
export interface Stated {
  readonly payer?: Payer | undefined;
  readonly period?: Period | undefined;
  /** Which report is the bill, where a month has several. */
  readonly report?: string | undefined;
}

/** What was looked for, or why it is not known. */
export type Found<Value> = { readonly found: Value } | { readonly reason: string };

/** Whose a file is: what the person said, else the one 12-digit payer in its rows. */
export function payerOf(stated: Stated, facts: FileFacts): Found<Payer> {
  if (stated.payer) return { found: stated.payer };
  if (facts.is !== 'report') return { reason: whyNoReport(facts) };
  const counts = countBy(facts.groups, ({ payer }) => payer);
  const [first, second] = counts.keys();
  const column = 'bill_payer_account_id';
  if (first === undefined) return { reason: `its rows have no ${column}; name the payer with --payer ID` };
  if (second !== undefined) {
    return { reason: `its rows are of several payers: ${listed(counts)}; name whose bill they are with --payer ID` };
  }
  return parsed(() => parsePayer(first), `${column}: `, '; name the payer with --payer ID');
}

/**
 * Which month a file is of: the one in its rows, which is the one that the person said, if they
 * did.
 */
export function periodOfFile(stated: Stated, facts: FileFacts): Found<Period> {
  if (facts.is !== 'report') return stated.period ? { found: stated.period } : { reason: whyNoReport(facts) };
  const counts = countBy(facts.groups, ({ period }) => period);
  const [first, second] = counts.keys();
  const { period } = stated;
  const others = [...counts].filter(([month]) => month !== period);
  if (period && others.length > 0) {
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const other = others.reduce((sum, [, count]) => sum + count, 0);
    return {
      reason: `--period says ${period}, and ${other} of its ${rows} rows are of other months: ${listed(counts)}`,
    };
  }
  if (period) return { found: period };
  const column = 'bill_billing_period_start_date';
  if (first === undefined) return { reason: `its rows have no ${column}; name the month with --period YYYY-MM` };
  if (second !== undefined) return { reason: severalMonths(counts) };
  return parsed(() => parsePeriod(first), `${column}: `, '; name the month with --period YYYY-MM');
}

/** The partition of a loose file. */
export function partitionOfFile(stated: Stated, facts: FileFacts): Found<Partition> {
  const payer = payerOf(stated, facts);
  if ('reason' in payer) return payer;
  const period = periodOfFile(stated, facts);
  return 'reason' in period ? period : { found: { payer: payer.found, period: period.found } };
}

/** Why a file cannot say whose it is. */
export function whyNoReport(facts: Exclude<FileFacts, { is: 'report' }>): string {
  return facts.is === 'empty' ? 'it has no rows' : facts.reason;
}

/** A file is one month's. What helps is said as a command that works, of DuckDB's own program. */
function severalMonths(counts: ReadonlyMap<string, number>): string {
  const [month] = counts.keys();
  return (
    `its rows are of several months: ${listed(counts)}; write one file a month, with DuckDB: ` +
    `copy (from 'FILE' where strftime(bill_billing_period_start_date, '%Y-%m') = '${month}') to '${month}.parquet'`
  );
}

function countBy(groups: readonly RowGroup[], value: (group: RowGroup) => string | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const group of groups) {
    const name = value(group);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + group.rows);
  }
  return counts;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, rows]) => `${name} (${rows} rows)`).join(', ');
}

function parsed<Value>(parse: () => Value, before: string, after: string): Found<Value> {
  try {
    return { found: parse() };
  } catch (error) {
    return { reason: `${before}${error instanceof Error ? error.message : String(error)}${after}` };
  }
}
