import type { Moment } from '../base/moment.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import { deliveredAt } from '../ledger/deliveredAt.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Message } from '../ledger/message.ts';
import { type PartitionRecord, type Published, wantsAnalytics } from '../ledger/partitionRecord.ts';
import type { Fields, MessageContext } from '../outbox/compose.ts';
import { finalized } from '../outbox/finalizeMessages.ts';
import type { ReactorEvent } from '../telemetry/events.ts';
import type { PartitionTotals, Warehouse } from '../warehouse/warehouse.ts';
import { endsRun, type Run } from './services.ts';

/** What it takes to find out what a partition comes to. */
type Totalling = Pick<Warehouse, 'totals' | 'published'>;

/** Asks one thing of some payers' month. */
type Asking<Answer> = (period: Period, payers: readonly Payer[]) => Promise<ReadonlyMap<Payer, Answer>>;

/** A partition of which everything is done: published, and analysed since. */
export interface FinalizedPartition {
  readonly partition: Partition;
  readonly published: Published;
  readonly totals: PartitionTotals;
  /** The month's `deliveredAt`; undefined where that is not what was published. */
  readonly deliveredAt: Moment | undefined;
  /** Before the run: whether others have heard of this publication, and what had failed of it. */
  readonly record: PartitionRecord;
}

/** A partition of which cannot be reported what was found, and why. */
export interface UnknownTotals {
  readonly record: PartitionRecord;
  readonly reason: string;
}

/**
 * The partitions that a run of the analytics has finalized: not those that were published anew
 * meanwhile, nor those of which that is written down. One whose totals the warehouse cannot
 * compute does not hold the others back. Throws what ends the run, and the warehouse's error when
 * it fails altogether.
 */
export async function finalizedBy(
  { ledger, warehouse }: { readonly ledger: Pick<Ledger, 'partitions'>; readonly warehouse: Totalling },
  { period }: Pick<Run, 'period'>,
  { members, run: number }: Pick<AnalyticsRecord, 'members' | 'run'>,
): Promise<{ readonly finalized: readonly FinalizedPartition[]; readonly unknown: readonly UnknownTotals[] }> {
  const epochs = new Map(members.map(({ payer, publishedEpoch }) => [payer, publishedEpoch]));
  const records = (await ledger.partitions(period)).filter(
    (record) => record.published?.epoch === epochs.get(record.partition.payer) && !isAnalysedBy(record, number),
  );
  const payers = records.map(({ partition }) => partition.payer);
  const totals = await answersOfEach(warehouse, (...asked) => warehouse.totals(...asked), period, payers);
  const finalized: FinalizedPartition[] = [];
  const unknown: UnknownTotals[] = [];
  for (const record of records) {
    const { partition, published } = record;
    const total = totals.get(partition.payer) ?? 'the warehouse has reported no totals';
    if (typeof total === 'string') unknown.push({ record, reason: total });
    else if (published) {
      const at = deliveryOfPublished(record, published);
      finalized.push({ partition, published, totals: total, deliveredAt: at, record });
    }
  }
  return { finalized, unknown };
}

/** Whether it is written down that a run, or a later one, has analysed what is published. */
export function isAnalysedBy(record: PartitionRecord, run: number): boolean {
  return !wantsAnalytics(record) && (record.analysed?.epoch ?? 0) >= run;
}

/**
 * What is asked, for each payer's month, or why there is no answer. When one statement over all of
 * them fails, halves are asked until the one that fails stands alone. If the warehouse answers
 * another question about it, the trouble is its own.
 */
export async function answersOfEach<Answer>(
  warehouse: Pick<Warehouse, 'published'>,
  ask: Asking<Answer>,
  period: Period,
  payers: readonly Payer[],
): Promise<ReadonlyMap<Payer, Answer | string>> {
  try {
    return await ask(period, payers);
  } catch (error) {
    if (endsRun(error)) throw error;
    const [payer] = payers;
    if (payer === undefined) throw error;
    if (payers.length === 1) {
      await warehouse.published(period, payers);
      return new Map([[payer, error instanceof Error ? error.message : String(error)]]);
    }
    const middle = Math.ceil(payers.length / 2);
    const first = await answersOfEach(warehouse, ask, period, payers.slice(0, middle));
    return new Map([...first, ...(await answersOfEach(warehouse, ask, period, payers.slice(middle)))]);
  }
}

/** Whether it is finalized for the first time since it was published: others hear of it once. */
export function isFirst({ record }: FinalizedPartition): boolean {
  return wantsAnalytics(record);
}

/** What other systems hear of it; with the owners of what was found, if they hear of it. */
export function messageOf(
  context: MessageContext,
  { partition, published, totals }: FinalizedPartition,
  owners?: Fields<'finalized'>['owners'],
): Message {
  const { epoch, files, rows, deliveryId, asOf = 0 } = published;
  return finalized(context, partition, { ...totals, publishedEpoch: epoch, files, rows, deliveryId, asOf, owners });
}

/** What logs and metrics say of it. Amounts of two currencies are never added. */
export function eventOf(
  { partition, published, totals, deliveredAt: at }: Omit<FinalizedPartition, 'record'>,
  now: number,
): Omit<Extract<ReactorEvent, { what: 'partition-finalized' }>, 'what'> {
  const { files, rows } = published;
  const byCurrency = Map.groupBy(totals.findings, ({ currency }) => currency);
  const savings = [...byCurrency].map(([currency, found]) => ({
    currency,
    estimatedSaving: found.reduce((sum, { estimatedSaving }) => sum + estimatedSaving, 0),
  }));
  const findings = totals.findings.reduce((sum, { count }) => sum + count, 0);
  const deliveryLagSeconds = at === undefined ? undefined : Math.max(0, (now - at) / 1000);
  return { partition, files, rows, findings, savings, deliveryLagSeconds };
}

/**
 * The month's `deliveredAt`, if that is what was published: a newer delivery may have come
 * meanwhile.
 */
function deliveryOfPublished(record: PartitionRecord, { deliveryId, asOf }: Published): Moment | undefined {
  const { completeDelivery, watermark } = record;
  const isNewest = completeDelivery ? completeDelivery.id === deliveryId : asOf === watermark;
  return isNewest ? deliveredAt(record) : undefined;
}
