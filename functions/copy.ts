import payers from 'payers:configuration';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { createS3Client, S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import { parseObjectCreated } from '../src/billing/objectCreated.ts';
import { copyVariables, parseEnvironment } from '../src/config/environment.ts';
import { PayersInUse } from '../src/config/payersInUse.ts';
import { handleObjectCreated } from '../src/copy/handleObjectCreated.ts';
import type { CopyServices } from '../src/copy/services.ts';
import type { Report } from '../src/telemetry/events.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { startTelemetry } from './lambdaHandler.ts';
import { notifyThroughOutbox } from './outbox.ts';
import { type Circumstances, sqsHandler } from './sqsHandler.ts';

// At cold start.
const environment = parseEnvironment(copyVariables, process.env);
const sqs = createSqsClient();
const ledger = new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE);
const staging: Omit<CopyServices, 'place' | 'report'> = {
  store: new S3ObjectStore(createS3Client()),
  ledger,
  copyQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.COPY_QUEUE)),
  finalizeQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.FINALIZE_QUEUE)),
  stagingBucket: environment.STAGING_BUCKET,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  notify: notifyThroughOutbox(ledger, environment),
  stage: environment.STAGE,
  now: Date.now,
};

const payersInUse = new PayersInUse({ stored: () => ledger.configuration(), fallback: payers, now: Date.now });

/** What AWS calls: a batch of the copy queue, "Object Created" events as bodies. */
export const handler = sqsHandler(startTelemetry(environment), { check: parseObjectCreated, work: copyObject });

// Per record.
async function copyObject(body: unknown, report: Report, { correlationId }: Circumstances): Promise<void> {
  const place = await payersInUse.placeFor(parseObjectCreated(body), report);
  await handleObjectCreated({ ...staging, place, report, correlationId }, body);
}
