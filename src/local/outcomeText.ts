import { money, thousands } from './amounts.ts';
import type { Outcome, PartitionOutcome } from './outcome.ts';
import { type Column, fitTables } from './table.ts';
import type { CheckTotal, MonthTotal } from './totals.ts';

/** How many findings a terminal shows; `--json` has all of them. */
const SHOWN_FINDINGS = 25;

const PARTITION_COLUMNS: readonly Column[] = [
  { head: 'payer' },
  { head: 'period' },
  { head: 'files', right: true },
  { head: 'rows', right: true },
  { head: 'cost', right: true },
  { head: '', name: 'currency' },
  { head: 'newest file', detail: true },
  { head: 'state' },
];
const FINDING_COLUMNS: readonly Column[] = [
  { head: 'check' },
  { head: 'payer' },
  { head: 'period' },
  { head: 'account', detail: true },
  { head: 'region', detail: true },
  { head: 'resource', detail: true },
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

/** What ends a run: partitions, findings, totals, and where to look next. No line of a table is wider than `width`. */
export function outcomeText(outcome: Outcome, width: number, nextCommands: readonly string[]): string {
  const { partitions, findings, totals, database } = outcome;
  const [partitionTable = '', findingTable = '', monthTable = '', checkTable = ''] = fitTables(
    [
      { columns: PARTITION_COLUMNS, rows: partitions.flatMap(partitionRows) },
      { columns: FINDING_COLUMNS, rows: findings.slice(0, SHOWN_FINDINGS).map(findingRow) },
      { columns: MONTH_COLUMNS, rows: totals.months.map(monthRow) },
      { columns: CHECK_COLUMNS, rows: overMonths(totals.checks).map(checkRow) },
    ],
    width,
  );
  const more = findings.length - SHOWN_FINDINGS;
  return [
    'Partitions',
    partitionTable,
    '',
    `Wastage found: ${findings.length}, largest saving first`,
    findingTable,
    ...(more > 0 ? [`… and ${more} more: --json has all of them`] : []),
    '',
    'By month',
    monthTable,
    '',
    'By check',
    checkTable,
    '',
    'Database',
    `  ${database}`,
    'Next',
    ...nextCommands.map((command) => `  ${command}`),
    '',
  ].join('\n');
}

/** A check's totals over all months, per currency, largest saving first. */
function overMonths(checks: readonly CheckTotal[]): OverMonths[] {
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

interface OverMonths extends Omit<CheckTotal, 'period'> {
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

/** A bill that nobody knows is not one of nothing. */
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

/** The end of a resource's ARN tells it apart. */
function short(resource: string): string {
  const characters = [...resource];
  return characters.length <= 48 ? resource : `…${characters.slice(-47).join('')}`;
}
