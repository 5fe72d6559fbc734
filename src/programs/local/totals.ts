import type { WastageFinding } from '../../adapters/duckdb/findings.ts';
import type { PartitionOutcome } from './partitionOutcome.ts';
import { countedFindings } from './resourceFindings.ts';

/** What all partitions come to, per currency: amounts of two currencies are never added. */
export interface Totals {
  /** One entry per month and currency, oldest month first. */
  readonly months: readonly MonthTotal[];
  /** One entry per check, month and currency, largest saving first. */
  readonly checks: readonly FindingsOfCheck[];
}

export interface MonthTotal {
  readonly period: string;
  readonly currency: string | null;
  /** How many payers' months are in it. */
  readonly payers: number;
  /** Null where a part of it is unknown. */
  readonly cost: number | null;
  readonly findings: number;
  readonly estimatedSaving: number;
}

export interface FindingsOfCheck {
  readonly check: string;
  readonly period: string;
  readonly currency: string | null;
  readonly findings: number;
  readonly estimatedSaving: number;
}

type Findings = readonly WastageFinding[];

/** Findings that count are in it, alternatives of theirs are not. */
export function totalsByCurrency(partitions: readonly PartitionOutcome[], findings: Findings): Totals {
  const counted = countedFindings(findings);
  return { months: monthTotals(partitions, counted), checks: checkTotals(counted) };
}

function monthTotals(partitions: readonly PartitionOutcome[], findings: Findings): MonthTotal[] {
  const bills = partitions.flatMap(({ period, costs }) => costs.map((cost) => ({ period, ...cost })));
  const billsOf = Map.groupBy(bills, nameOf);
  const findingsOf = Map.groupBy(findings, nameOf);
  const names = new Map(
    [...bills, ...findings].map(({ period, currency }) => [nameOf({ period, currency }), { period, currency }]),
  );
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, month]) => {
      const ofBill = billsOf.get(name) ?? [];
      const found = findingsOf.get(name) ?? [];
      return {
        ...month,
        payers: ofBill.length,
        cost: sumOfKnown(ofBill.map(({ cost }) => cost)),
        ...countAndSaving(found),
      };
    });
}

function checkTotals(findings: Findings): FindingsOfCheck[] {
  const groups = Map.groupBy(findings, (finding) => `${nameOf(finding)} ${finding.check}`);
  return [...groups.values()]
    .flatMap((found) => {
      const [first] = found;
      if (!first) return [];
      const { check, period, currency } = first;
      return [{ check, period, currency, ...countAndSaving(found) }];
    })
    .sort(
      (a, b) =>
        b.estimatedSaving - a.estimatedSaving || (`${a.check} ${nameOf(a)}` < `${b.check} ${nameOf(b)}` ? -1 : 1),
    );
}

function countAndSaving(found: Findings): { readonly findings: number; readonly estimatedSaving: number } {
  return { findings: found.length, estimatedSaving: sum(found.map(({ estimatedSaving }) => estimatedSaving ?? 0)) };
}

function nameOf({ period, currency }: { readonly period: string; readonly currency: string | null }): string {
  return `${period} ${currency ?? ''}`;
}

function sumOfKnown(amounts: readonly (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === amounts.length ? sum(known) : null;
}

/**
 * With twelve digits, as single amounts are printed: beyond those, a sum of doubles depends on the
 * order.
 */
function sum(amounts: readonly number[]): number {
  return Number(amounts.reduce((total, amount) => total + amount, 0).toPrecision(12));
}
