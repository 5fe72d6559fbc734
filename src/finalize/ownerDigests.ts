import type { Message } from '../ledger/message.ts';
import { ownerDigest } from '../outbox/ownerMessages.ts';
import { answersOfEach, type FinalizedPartition, messageOf, type UnknownTotals } from './finalized.ts';
import { type FinalizeServices, type FinalizeSettings, messageContext, type Run } from './services.ts';

/**
 * What other systems hear of partitions that are done: of each one, and, where owners are to hear
 * of their findings, one digest for each of them. A partition whose digests the warehouse cannot
 * give is reported later, as a whole. Throws what ends the run.
 */
export async function messagesOf(
  services: Pick<FinalizeServices, 'warehouse' | 'now'>,
  settings: Pick<FinalizeSettings, 'stage' | 'ownerDigests'>,
  run: Run,
  finalized: readonly FinalizedPartition[],
): Promise<{ readonly messages: readonly Message[]; readonly unknown: readonly UnknownTotals[] }> {
  const context = messageContext(services, settings, run);
  const { ownerDigests } = settings;
  if (!ownerDigests) return { messages: finalized.map((one) => messageOf(context, one)), unknown: [] };
  const { warehouse } = services;
  const payers = finalized.map(({ partition }) => partition.payer);
  const digests = await answersOfEach(warehouse, (...asked) => warehouse.ownerDigests(...asked), run.period, payers);
  const messages: Message[] = [];
  const unknown: UnknownTotals[] = [];
  for (const one of finalized) {
    const { record, partition, published } = one;
    const found = digests.get(partition.payer) ?? 'the warehouse has named no owners';
    if (typeof found === 'string') {
      unknown.push({ record, reason: found });
      continue;
    }
    const { owners, leftOut } = found;
    const is = { publishedEpoch: published.epoch, titles: ownerDigests.titles };
    messages.push(messageOf(context, one, { notified: owners.length, leftOut }));
    messages.push(...owners.map((owner) => ownerDigest(context, partition, owner, is)));
  }
  return { messages, unknown };
}
