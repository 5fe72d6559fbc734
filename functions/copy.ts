import payers from 'payers:configuration';
import { createS3Client } from '../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { copyVariables, parseEnvironment } from '../src/config/environment.ts';
import { PayersInUse } from '../src/config/payersInUse.ts';
import { handleCopyMessage } from '../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../src/copy/services.ts';
import { type CopyMessage, parseCopyMessage } from '../src/queue/copyMessage.ts';
import type { Report } from '../src/telemetry/events.ts';
import { type RecordContext, sqsHandler, startTelemetry } from './lambda.ts';
import { notifyThroughOutbox, openLedger, openQueues } from './services.ts';

// At cold start.
const environment = parseEnvironment(copyVariables, process.env);
const ledger = openLedger(environment);
const services: Omit<CopyServices, 'place' | 'report'> = {
  store: new S3ObjectStore(createS3Client()),
  ledger,
  ...openQueues(environment),
  stagingBucket: environment.STAGING_BUCKET,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  notify: notifyThroughOutbox(ledger, environment),
  stage: environment.STAGE,
  now: Date.now,
};
const payersInUse = new PayersInUse({ stored: () => ledger.configuration(), fallback: payers, now: Date.now });

/**
 * What AWS calls: a batch of the copy queue, S3's "Object Created" events and the reactor's own
 * requests as bodies.
 */
export const handler = sqsHandler(startTelemetry(environment), { parse: parseCopyMessage, work: copyObject });

// Per record.
async function copyObject(message: CopyMessage, report: Report, { correlationId }: RecordContext): Promise<void> {
  const { place, placement } = await payersInUse.placed(message, report);
  await handleCopyMessage({ ...services, place, report, correlationId }, message, placement);
}
