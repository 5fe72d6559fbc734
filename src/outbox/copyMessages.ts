import { type Partition, partitionName } from '../billing/partition.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Message } from '../ledger/message.ts';
import { compose, type MessageContext } from './compose.ts';

/**
 * A data file's or manifest's content that cannot be used, and why. One id per content: another one
 * of the same key is reported again.
 */
export function quarantined(
  context: MessageContext,
  partition: Partition,
  source: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>,
  reason: string,
): Message {
  const { bucket, key } = source;
  return compose(context, {
    ...partition,
    what: 'quarantined',
    happened: [partitionName(partition), versionIdOf(source)],
    fields: { bucket, key, reason },
  });
}
