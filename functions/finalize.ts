import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { createS3Client, S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import { finalizeVariables, parseEnvironment } from '../src/config/environment.ts';
import { handleTick } from '../src/finalize/handleTick.ts';
import type { FinalizeServices } from '../src/finalize/services.ts';
import { OUTBOX_LIMITS, sendOutbox } from '../src/outbox/sendOutbox.ts';
import { parseTick } from '../src/queue/tick.ts';
import type { Report } from '../src/telemetry/events.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { startTelemetry } from './lambdaHandler.ts';
import { notifyThroughOutbox } from './outbox.ts';
import { rabbitmqBroker } from './rabbitmq.ts';
import { type Circumstances, sqsHandler } from './sqsHandler.ts';
import { openWarehouse } from './warehouse.ts';

/** So long before its end, an invocation leaves to the next one what runs in the warehouse. */
const HAND_ON_SECONDS = 90;
/** So long before its end, it gives no more messages to the broker: a batch takes up to half a minute. */
const LAST_BATCH_SECONDS = 40;

// At cold start.
const environment = parseEnvironment(finalizeVariables, process.env);
const sqs = createSqsClient();
const ledger = new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE);
const warehouse = openWarehouse(environment);
const broker = rabbitmqBroker(environment);
const finalizing: Omit<FinalizeServices, 'report' | 'yieldAt'> = {
  ledger,
  warehouse,
  script: warehouse.script,
  store: new S3ObjectStore(createS3Client()),
  copyQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.COPY_QUEUE)),
  finalizeQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.FINALIZE_QUEUE)),
  stagingBucket: environment.STAGING_BUCKET,
  settings: {
    quietSeconds: environment.QUIET_SECONDS,
    maxWaitSeconds: environment.MAX_WAIT_SECONDS,
    leaseSeconds: environment.LEASE_SECONDS,
    retryBaseSeconds: environment.RETRY_BASE_SECONDS,
    retryMaxSeconds: environment.RETRY_MAX_SECONDS,
    supersededGraceSeconds: environment.SUPERSEDED_GRACE_SECONDS,
  },
  now: Date.now,
  sleep: (seconds) => setTimeout(seconds * 1000),
  notify: notifyThroughOutbox(ledger, environment),
  stage: environment.STAGE,
  holder: randomUUID(),
};

/** What AWS calls: one tick of the finalize queue. */
export const handler = sqsHandler(startTelemetry(environment), { check: parseTick, work: finalize });

// Per record. What lies in the outbox is sent whatever became of the tick.
async function finalize(body: unknown, report: Report, { correlationId, context }: Circumstances): Promise<void> {
  const endsAt = Date.now() + context.getRemainingTimeInMillis();
  try {
    await handleTick({ ...finalizing, report, correlationId, yieldAt: endsAt - HAND_ON_SECONDS * 1000 }, body);
  } finally {
    const until = endsAt - LAST_BATCH_SECONDS * 1000;
    await sendOutbox({ ledger, broker, report, now: Date.now }, { ...OUTBOX_LIMITS, until });
  }
}
