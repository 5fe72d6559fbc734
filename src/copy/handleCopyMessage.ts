import type { Placement } from '../billing/placement.ts';
import type { CopyMessage } from '../queue/copyMessage.ts';
import { receiveManifest } from './receiveManifest.ts';
import type { CopyServices } from './services.ts';
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
 */
export async function handleCopyMessage(
  services: CopyServices,
  message: CopyMessage,
  placement: Placement,
): Promise<void> {
  const { bucket, key } = message;
  if (placement.is === 'data') await stageObject(services, placement, message);
  else if (placement.is === 'manifest') await receiveManifest(services, placement, message);
  else if (placement.is === 'ignored')
    services.report({ what: 'object-ignored', bucket, key, reason: placement.reason });
  else services.report({ what: 'source-unknown', bucket, key });
}
