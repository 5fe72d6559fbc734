import type { DuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { stateOf } from '../../ledger/partitionState.ts';
import { type CheckSummary, checkSummary } from './checkSummary.ts';
import { type Choice, chosen, type Listing, listingOf } from './listing.ts';
import type { OwnerMessage } from './ownerMessages.ts';
import type { PartitionOutcome } from './partitionOutcome.ts';
import type { Titles } from './resourceFindings.ts';
import { type Totals, totalsByCurrency } from './totals.ts';

/**
 * What `--json` prints. Two currencies are never added, anywhere in it; `watermark` is an ISO 8601
 * time.
 */
export interface Outcome extends Listing {
  readonly partitions: readonly PartitionOutcome[];
  readonly totals: Totals;
  readonly checks: CheckSummary;
  /** What owners would hear, where findings are grouped by them. */
  readonly ownerMessages?: readonly OwnerMessage[] | undefined;
  /** The path of the DuckDB database. */
  readonly database: string;
  readonly events: Record<string, number>;
  readonly elapsedSeconds: number;
}

/** How everything in a state stands: what the end of a run shows. */
export async function outcomeOfRun(
  ledger: Ledger,
  warehouse: Pick<DuckdbWarehouse, 'summary' | 'findings' | 'checkRuns'>,
  choice: Choice,
  titles: Titles,
): Promise<Omit<Outcome, 'database' | 'events' | 'elapsedSeconds'>> {
  const partitions = await partitionOutcomes(ledger, warehouse);
  const findings = chosen(await warehouse.findings(), choice);
  const runs = chosen(await warehouse.checkRuns(), choice);
  const totals = totalsByCurrency(partitionsOf(partitions, choice), findings);
  return { partitions, ...listingOf(findings, choice, titles), totals, checks: checkSummary(runs) };
}

/** Of the payer and month that are asked for. */
export function partitionsOf<One extends { readonly payer: string; readonly period: string }>(
  partitions: readonly One[],
  { payer, period }: Choice,
): One[] {
  return partitions.filter(
    (one) => (payer === undefined || one.payer === payer) && (period === undefined || one.period === period),
  );
}

/** One entry per partition that the ledger knows, by payer and period. */
async function partitionOutcomes(
  ledger: Ledger,
  warehouse: Pick<DuckdbWarehouse, 'summary'>,
): Promise<PartitionOutcome[]> {
  const summaries = Map.groupBy(await warehouse.summary(), partitionName);
  return (await allPartitions(ledger)).map((record) => {
    const ofPartition = summaries.get(partitionName(record.partition)) ?? [];
    return {
      ...record.partition,
      files: record.published?.files ?? 0,
      rows: ofPartition.reduce((sum, { rows }) => sum + rows, 0),
      costs: ofPartition.flatMap(({ currency, cost, rows }) => (rows > 0 ? [{ currency, cost }] : [])),
      watermark: record.watermark === undefined ? null : new Date(record.watermark).toISOString(),
      state: stateOf(record).state,
    };
  });
}

/** The records of all partitions, by payer and period. */
export async function allPartitions(ledger: Ledger): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)));
  const order = ({ payer, period }: Partition) => `${payer} ${period}`;
  return records.sort((a, b) => (order(a.partition) < order(b.partition) ? -1 : 1));
}
