import Table from 'cli-table3';
import { type Partition, partitionName } from '../billing/partition.ts';
import { printable } from '../billing/printable.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { type PartitionState, stateOf } from '../ledger/partitionState.ts';
import type { DuckdbWarehouse } from '../warehouse/duckdb/warehouse.ts';

/** What `--json` prints. Amounts are in the bill's currency; `watermark` is an ISO 8601 time. */
export interface Outcome {
  readonly partitions: readonly PartitionOutcome[];
  readonly findings: Awaited<ReturnType<DuckdbWarehouse['findings']>>;
  readonly events: Record<string, number>;
  readonly elapsedSeconds: number;
}

export interface PartitionOutcome {
  readonly payer: string;
  readonly period: string;
  readonly files: number;
  readonly rows: number;
  readonly cost: number;
  /** The newest source LastModified staged; null when nothing was. */
  readonly watermark: string | null;
  readonly state: PartitionState;
}

/** One entry per partition that the ledger knows, by payer and period. */
export async function partitionOutcomes(ledger: Ledger, warehouse: DuckdbWarehouse): Promise<PartitionOutcome[]> {
  const summaries = Map.groupBy(await warehouse.summary(), partitionName);
  const outcomes: PartitionOutcome[] = [];
  for (const record of await allPartitions(ledger)) {
    const [first, ...others] = summaries.get(partitionName(record.partition)) ?? [];
    outcomes.push({
      ...record.partition,
      files: record.published?.files ?? 0,
      rows: others.reduce((sum, { rows }) => sum + rows, first?.rows ?? 0),
      cost: others.reduce((sum, { cost }) => sum + (cost ?? 0), first?.cost ?? 0),
      watermark: record.watermark === undefined ? null : new Date(record.watermark).toISOString(),
      state: stateOf(record).state,
    });
  }
  return outcomes;
}

/** The records of all partitions, by payer and period. */
export async function allPartitions(ledger: Ledger): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)));
  const order = ({ payer, period }: Partition) => `${payer} ${period}`;
  return records.sort((a, b) => (order(a.partition) < order(b.partition) ? -1 : 1));
}

/** How many findings a terminal shows; `--json` has all of them. */
const SHOWN_FINDINGS = 25;

/** The two tables that end a run. */
export function outcomeTables({ partitions, findings }: Outcome): string {
  const partitionTable = newTable(['payer', 'period', 'files', 'rows', 'cost', 'watermark', 'state'], [2, 3, 4]);
  for (const { payer, period, files, rows, cost, watermark, state } of partitions) {
    partitionTable.push([payer, period, count(files), count(rows), money(cost), watermark ?? '', state]);
  }
  const columns = ['check', 'payer', 'period', 'account', 'region', 'resource', 'cost', 'saving', ''];
  const findingTable = newTable(columns, [6, 7]);
  for (const finding of findings.slice(0, SHOWN_FINDINGS)) {
    const { check, payer, period, account, region, resource, monthlyCost, estimatedSaving, currency } = finding;
    const amounts = [money(monthlyCost), money(estimatedSaving), printable(currency ?? '')];
    findingTable.push([check, payer, period, printable(account), printable(region ?? ''), short(resource), ...amounts]);
  }
  const more = findings.length - SHOWN_FINDINGS;
  return [
    'Partitions',
    partitionTable.toString(),
    `Wastage found: ${findings.length}, largest saving first`,
    findingTable.toString(),
    ...(more > 0 ? [`… and ${more} more: --json has all of them`] : []),
    '',
  ].join('\n');
}

function newTable(head: string[], right: readonly number[]): InstanceType<typeof Table> {
  const colAligns = head.map((_, index) => (right.includes(index) ? 'right' : 'left'));
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function money(value: number | null): string {
  return value === null ? '' : value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** The end of a resource's ARN tells it apart; control characters never reach the terminal. */
function short(resource: string): string {
  const text = printable(resource);
  return text.length <= 48 ? text : `…${text.slice(-47)}`;
}
