import { randomUUID } from 'node:crypto';
import { DynamodbLedger } from '../src/aws/dynamodbLedger.ts';
import { createS3Client, S3ObjectStore } from '../src/aws/s3ObjectStore.ts';
import { queueUrlOf, SqsQueue } from '../src/aws/sqsQueue.ts';
import { finalizeVariables, parseEnvironment } from '../src/config/environment.ts';
import type { Finalizing } from '../src/finalizing/finalizing.ts';
import { handleTick } from '../src/finalizing/handleTick.ts';
import { parseTick } from '../src/finalizing/tick.ts';
import type { Report } from '../src/notify/events.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { startTelemetry } from './lambdaHandler.ts';
import { sqsHandler } from './sqsHandler.ts';
import { openWarehouse } from './warehouse.ts';

// At cold start.
const environment = parseEnvironment(finalizeVariables, process.env);
const sqs = createSqsClient();
const finalizing: Omit<Finalizing, 'report'> = {
  warehouse: openWarehouse(environment),
  store: new S3ObjectStore(createS3Client()),
  ledger: new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE),
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
  holder: randomUUID(),
};

/** What AWS calls: one tick of the finalize queue. */
export const handler = sqsHandler(startTelemetry(environment.STAGE), { check: parseTick, work: finalize });

// Per record.
async function finalize(body: unknown, report: Report): Promise<void> {
  await handleTick({ ...finalizing, report }, body);
}
