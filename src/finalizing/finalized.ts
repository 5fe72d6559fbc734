import type { Partition } from '../billing/partition.ts';
import type { AnalyticsRecord } from '../ledger/analyticsRecord.ts';
import type { PartitionRecord, Published } from '../ledger/partitionRecord.ts';
import type { ReactorEvent } from '../notify/events.ts';
import type { Message } from '../notify/message.ts';
import type { Telling } from '../notify/messages/compose.ts';
import { finalized } from '../notify/messages/finalizing.ts';
import type { PartitionTotals } from '../warehouse/warehouse.ts';
import type { Finalizing, Run } from './finalizing.ts';

/** A partition of which everything is done: published, and analysed since. */
export interface FinalizedPartition {
  readonly partition: Partition;
  readonly published: Published;
  readonly totals: PartitionTotals;
  /** When its delivery was written at the source: milliseconds since 1970. */
  readonly deliveredAt: number;
}

/** The partitions that a run of the analytics has finalized: not those that were published anew meanwhile. */
export async function finalizedBy(
  { ledger, warehouse }: Finalizing,
  { period }: Run,
  { members }: AnalyticsRecord,
): Promise<readonly FinalizedPartition[]> {
  const epochs = new Map(members.map(({ payer, publishedEpoch }) => [payer, publishedEpoch]));
  const records = (await ledger.partitions(period)).filter(
    ({ partition, published }) => published && published.epoch === epochs.get(partition.payer),
  );
  const totals = await warehouse.totals(
    period,
    records.map(({ partition }) => partition.payer),
  );
  return records.flatMap((record) => {
    const { partition, published } = record;
    const total = totals.get(partition.payer);
    return published && total
      ? [{ partition, published, totals: total, deliveredAt: deliveredAt(record, published) }]
      : [];
  });
}

/** What other systems hear of it. */
export function messageOf(telling: Telling, { partition, published, totals }: FinalizedPartition): Message {
  const { epoch, files, rows, deliveryId, asOf = 0 } = published;
  return finalized(telling, partition, { ...totals, publishedEpoch: epoch, files, rows, deliveryId, asOf });
}

/** What logs and metrics say of it. Amounts of several currencies are not added: then the saving is that of the first. */
export function eventOf(
  { partition, published, totals, deliveredAt: at }: FinalizedPartition,
  now: number,
): Omit<Extract<ReactorEvent, { what: 'partition-finalized' }>, 'what'> {
  const { files, rows } = published;
  const findings = totals.findings.reduce((sum, { count }) => sum + count, 0);
  const currencies = new Set(totals.findings.map(({ currency }) => currency));
  const [currency = null] = currencies;
  const estimatedSaving = totals.findings.reduce(
    (sum, found) => (found.currency === currency ? sum + found.estimatedSaving : sum),
    0,
  );
  const deliveryLagSeconds = Math.max(0, (now - at) / 1000);
  const named = currency !== null && currencies.size === 1 ? { currency } : {};
  return { partition, files, rows, findings, estimatedSaving, deliveryLagSeconds, ...named };
}

/** When the manifest of what was published was written, else its newest file. */
function deliveredAt({ completeDelivery }: PartitionRecord, { deliveryId, asOf = 0 }: Published): number {
  return completeDelivery && completeDelivery.id === deliveryId ? completeDelivery.manifest.lastModified : asOf;
}
