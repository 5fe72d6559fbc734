import { parseObjectCreated } from '../billing/objectCreated.ts';
import { receiveManifest } from './receiveManifest.ts';
import type { CopyServices } from './services.ts';
import { stageObject } from './stageObject.ts';

/**
 * The copy workflow: one message of the copy queue, an "Object Created" event. When it returns, the ledger knows what
 * the message said and the message may be acknowledged; when it throws, the message must be kept.
 *
 *   a data file             staged, or quarantined
 *   a manifest              its delivery is recorded, what is missing requested
 *   no report               dropped, with its reason
 *   no configured payer     dropped with a metric: reconcile finds the object once there is one
 *   no such event           throws MalformedEvent: it ends in the dead-letter queue, with an alarm
 */
export async function handleObjectCreated(staging: CopyServices, body: unknown): Promise<void> {
  const event = parseObjectCreated(body);
  const { bucket, key } = event;
  const place = staging.place(bucket, key);
  if (place.is === 'data') await stageObject(staging, place, event);
  else if (place.is === 'manifest') await receiveManifest(staging, place, event);
  else if (place.is === 'ignored') staging.report({ what: 'object-ignored', bucket, key, reason: place.reason });
  else staging.report({ what: 'source-unknown', bucket, key });
}
