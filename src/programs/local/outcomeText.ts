import { money, thousands } from './amounts.ts';
import type { Outcome } from './outcome.ts';
import type { PartitionOutcome } from './partitionOutcome.ts';
import { type Column, fitTables, type TableContent } from './table.ts';
import type { FindingsOfCheck, MonthTotal } from './totals.ts';

/** How many findings a terminal shows; `--json` has all of them. */
const SHOWN_FINDINGS = 25;

const PARTITION_COLUMNS: readonly Column[] = [
  { head: 'payer' },
  { head: 'period' },
  { head: 'files', right: true },
  { head: 'rows', right: true },
  { head: 'cost', right: true },
  { head: '', name: 'currency' },
  { head: 'newest file', detail: 'named' },
  { head: 'state' },
];
const FINDING_COLUMNS: readonly Column[] = [
  { head: 'check' },
  { head: 'payer' },
  { head: 'period' },
  { head: 'account', detail: 'bare' },
  { head: 'region', detail: 'bare' },
  { head: 'resource', detail: 'bare' },
  { head: 'cost', right: true },
  { head: 'saving', right: true },
  { head: '', name: 'currency' },
];
const MONTH_COLUMNS: readonly Column[] = [
  { head: 'period' },
  { head: 'payers', right: true },
  { head: 'bill', right: true },
  { head: 'findings', right: true },
  { head: 'saving', right: true },
  { head: '', name: 'currency' },
];
const CHECK_COLUMNS: readonly Column[] = [
  { head: 'check' },
  { head: 'months', right: true },
  { head: 'findings', right: true },
  { head: 'saving', right: true },
  { head: '', name: 'currency' },
];

/**
 * What ends a run: partitions, findings, totals, and where to look next. No line of a table is
 * wider than `width`.
 */
export function outcomeText(outcome: Outcome, width: number, nextCommands: readonly string[]): string {
  const { partitions, findings, totals, database } = outcome;
  const more = findings.length - SHOWN_FINDINGS;
  const parts = [
    { title: 'Partitions', columns: PARTITION_COLUMNS, rows: partitions.flatMap(partitionRows) },
    {
      title: `Wastage found: ${findings.length}${findings.length > 1 ? ', largest saving first' : ''}`,
      columns: FINDING_COLUMNS,
      rows: findings.slice(0, SHOWN_FINDINGS).map(findingRow),
      end: more > 0 ? `… and ${more} more: --json has all of them` : undefined,
    },
    { title: 'By month', columns: MONTH_COLUMNS, rows: totals.months.map(monthRow) },
    { title: 'By check', columns: CHECK_COLUMNS, rows: overMonths(totals.checks).map(checkRow) },
  ];
  return [
    ...partTexts(parts, width),
    `Database\n  ${database}\nNext\n${nextCommands.map((command) => `  ${command}\n`).join('')}`,
  ].join('\n\n');
}

interface Part extends TableContent {
  readonly title: string;
  /** A line below the table. */
  readonly end?: string | undefined;
}

/**
 * A part without rows is its title alone, if that says anything: a number, or that there is
 * nothing.
 */
function partTexts(parts: readonly Part[], width: number): string[] {
  const filled = parts.filter(({ rows }) => rows.length > 0);
  const tables = fitTables(filled, width);
  const tableOf = new Map(filled.map((part, index) => [part.title, tables[index] ?? '']));
  return parts.flatMap(({ title, end }) => {
    const table = tableOf.get(title);
    if (table !== undefined) return [[title, table, ...(end === undefined ? [] : [end])].join('\n')];
    return title.startsWith('By ') ? [] : [title === 'Partitions' ? 'Partitions: none' : title];
  });
}

/** A check's totals over all months, per currency, largest saving first. */
function overMonths(checks: readonly FindingsOfCheck[]): OverMonths[] {
  const groups = Map.groupBy(checks, ({ check, currency }) => `${check} ${currency ?? ''}`);
  return [...groups.values()]
    .flatMap((ofCheck) => {
      const [first] = ofCheck;
      if (!first) return [];
      const findings = ofCheck.reduce((total, one) => total + one.findings, 0);
      const estimatedSaving = ofCheck.reduce((total, one) => total + one.estimatedSaving, 0);
      return [{ check: first.check, currency: first.currency, months: ofCheck.length, findings, estimatedSaving }];
    })
    .sort((a, b) => b.estimatedSaving - a.estimatedSaving);
}

interface OverMonths extends Omit<FindingsOfCheck, 'period'> {
  readonly months: number;
}

/** A row for each currency; what is said once is not repeated. */
function partitionRows({ payer, period, files, rows, costs, watermark, state }: PartitionOutcome): string[][] {
  const [first, ...others] = costs;
  const start = [payer, period, thousands(files), thousands(rows)];
  return [
    [...start, bill(first ? first.cost : 0), first?.currency ?? '', minute(watermark), state],
    ...others.map(({ cost, currency }) => [payer, period, '', '', bill(cost), currency ?? '', '', '']),
  ];
}

function findingRow(finding: Outcome['findings'][number]): string[] {
  const { check, payer, period, account, region, resource, monthlyCost, estimatedSaving, currency } = finding;
  const amounts = [money(monthlyCost), money(estimatedSaving), currency ?? ''];
  return [check, payer, period, account, region ?? '', short(resource), ...amounts];
}

/** An unknown bill is not a bill of zero. */
function bill(cost: number | null): string {
  return cost === null ? 'unknown' : money(cost);
}

function monthRow({ period, payers, cost, findings, estimatedSaving, currency }: MonthTotal): string[] {
  return [period, thousands(payers), bill(cost), thousands(findings), money(estimatedSaving), currency ?? ''];
}

function checkRow({ check, months, findings, estimatedSaving, currency }: OverMonths): string[] {
  return [check, thousands(months), thousands(findings), money(estimatedSaving), currency ?? ''];
}

/** `2026-10-05 12:05Z` */
function minute(time: string | null): string {
  return time === null ? '' : `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}

/** The end of a resource's ARN identifies it. */
function short(resource: string): string {
  const characters = [...resource];
  return characters.length <= 48 ? resource : `…${characters.slice(-47).join('')}`;
}
