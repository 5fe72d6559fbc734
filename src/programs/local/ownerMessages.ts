import type { DuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import type { Moment } from '../../base/moment.ts';
import type { Message } from '../../ledger/message.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { ownerDigest } from '../../outbox/ownerMessages.ts';
import type { Titles } from './resourceFindings.ts';

export type OwnerMessage = Pick<Message, 'routingKey' | 'body'>;

/**
 * What the owners of findings would get by a broker, where a stage sends them digests: one message
 * each for every month that readers see.
 */
export async function ownerMessages(
  records: readonly PartitionRecord[],
  warehouse: Pick<DuckdbWarehouse, 'ownerDigests'>,
  { titles, at }: { readonly titles: Titles; readonly at: Moment },
): Promise<OwnerMessage[]> {
  const messages: OwnerMessage[] = [];
  for (const [period, ofPeriod] of Map.groupBy(records, ({ partition }) => partition.period)) {
    const payers = ofPeriod.map(({ partition }) => partition.payer);
    const digests = await warehouse.ownerDigests(period, payers);
    for (const { partition, published } of ofPeriod) {
      if (!published) continue;
      for (const digest of digests.get(partition.payer)?.owners ?? []) {
        const is = { publishedEpoch: published.epoch, titles };
        const { routingKey, body } = ownerDigest({ stage: 'local', at }, partition, digest, is);
        messages.push({ routingKey, body });
      }
    }
  }
  return messages;
}
