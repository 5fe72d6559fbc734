import { type Partition, partitionName } from '../billing/partition.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Message } from '../ledger/message.ts';
import { compose, type MessageContext } from './compose.ts';

/**
 * A content of a data file or manifest that nobody can use, and why. One id per content: another one of the same key is
 * told again.
 */
export function quarantined(
  telling: MessageContext,
  partition: Partition,
  source: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>,
  reason: string,
): Message {
  const { bucket, key } = source;
  return compose(telling, {
    ...partition,
    what: 'quarantined',
    happened: [partitionName(partition), versionIdOf(source)],
    fields: { bucket, key, reason },
  });
}
