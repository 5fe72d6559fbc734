import { money, thousands } from './amounts.ts';
import { checksPart, findingParts, type Part, partTexts } from './findingsText.ts';
import type { Outcome } from './outcome.ts';
import type { PartitionOutcome } from './partitionOutcome.ts';
import type { Column } from './table.ts';
import type { MonthTotal } from './totals.ts';

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
const MONTH_COLUMNS: readonly Column[] = [
  { head: 'period' },
  { head: 'payers', right: true },
  { head: 'bill', right: true },
  { head: 'findings', right: true },
  { head: 'saving', right: true },
  { head: '', name: 'currency' },
];
/**
 * What ends a run: partitions, findings, totals, how the checks went, and where to look next. No
 * line of a table is wider than `width`.
 */
export function outcomeText(outcome: Outcome, width: number, shown: Shown): string {
  const { partitions, totals, checks, database } = outcome;
  const parts: Part[] = [
    {
      title: partitions.length === 0 ? 'Partitions: none' : 'Partitions',
      columns: PARTITION_COLUMNS,
      rows: partitions.flatMap(partitionRows),
    },
    ...findingParts(outcome, shown),
    { title: 'By month', columns: MONTH_COLUMNS, rows: totals.months.map(monthRow) },
    ...checksPart(checks),
  ];
  const next = shown.nextCommands.map((command) => `  ${command}\n`).join('');
  return [...partTexts(parts, width), `Database\n  ${database}\nNext\n${next}`].join('\n\n');
}

/** What is not of the outcome, but of whoever asks for it. */
interface Shown {
  /** Groups in place of single findings. */
  readonly grouped: boolean;
  readonly nextCommands: readonly string[];
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

/** An unknown bill is not a bill of zero. */
function bill(cost: number | null): string {
  return cost === null ? 'unknown' : money(cost);
}

function monthRow({ period, payers, cost, findings, estimatedSaving, currency }: MonthTotal): string[] {
  return [period, thousands(payers), bill(cost), thousands(findings), money(estimatedSaving), currency ?? ''];
}

/** `2026-10-05 12:05Z` */
function minute(time: string | null): string {
  return time === null ? '' : `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;
}
