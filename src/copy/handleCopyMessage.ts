import type { Placement } from '../billing/placement.ts';
import type { CopyMessage } from '../queue/copyMessage.ts';
import { receiveManifest } from './receiveManifest.ts';
import { type CopyServices, isWithinLimit } from './services.ts';
import { stageObject } from './stageObject.ts';

/**
 * The copy workflow: one message of the copy queue, and what its object is. When it returns, the
 * ledger knows what the message said and the message may be acknowledged; when it throws, the
 * message must not be acknowledged.
 *
 *   a data file             staged, or quarantined
 *   a manifest              its delivery is recorded, what is missing requested
 *   no report               dropped, with its reason
 *   no configured payer     dropped with a metric: reconcile finds the object once there is one
 *   too many of a payer     dropped with a metric: reconcile finds the object in a later hour
 *   another account's event  dropped with a metric: a bucket of that name is not the payer's
 */
export async function handleCopyMessage(
  services: CopyServices,
  message: CopyMessage,
  placement: Placement,
): Promise<void> {
  const { bucket, key } = message;
  const foreign = foreignAccount(services, message);
  if (foreign !== undefined) services.report({ what: 'event-foreign', bucket, key, account: foreign });
  else if (await isHeldBack(services, placement, message)) {
    services.report({ what: 'object-held-back', bucket, key });
  } else if (placement.is === 'data') await stageObject(services, placement, message);
  else if (placement.is === 'manifest') await receiveManifest(services, placement, message);
  else if (placement.is === 'ignored')
    services.report({ what: 'object-ignored', bucket, key, reason: placement.reason });
  else services.report({ what: 'source-unknown', bucket, key });
}

/**
 * Whether its payer has sent too much in this hour already. What the reactor asks of itself because
 * of an earlier message is not counted again.
 */
async function isHeldBack(services: CopyServices, placement: Placement, { kind }: CopyMessage): Promise<boolean> {
  const isCounted = placement.is === 'data' || placement.is === 'manifest';
  if (!isCounted || kind === 'second-look' || kind === 'restore-copy') return false;
  return !(await isWithinLimit(services, placement.partition.payer, placement.is === 'data' ? 'files' : 'manifests'));
}

/** The account that an event comes from, where the bucket must belong to another one. */
function foreignAccount({ ownerOf }: CopyServices, message: CopyMessage): string | undefined {
  const owner = ownerOf?.(message.bucket);
  if (message.kind !== 'object-created' || owner === undefined) return undefined;
  return message.account === owner ? undefined : message.account;
}
