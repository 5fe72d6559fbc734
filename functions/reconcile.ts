import payers from 'payers:configuration';
import type { Context } from 'aws-lambda';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { createS3Client, S3ObjectStore, tagSuperseded } from '../src/adapters/s3/objectStore.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import { parseEnvironment, reconcileVariables } from '../src/config/environment.ts';
import { payersTableQuery } from '../src/config/payersTable.ts';
import type { ReconcileServices } from '../src/reconcile/reconcile.ts';
import { type ConfiguredReport, reconcileConfigured } from '../src/reconcile/reconcileConfigured.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { lambdaHandler, startTelemetry } from './lambdaHandler.ts';
import { notifyThroughOutbox } from './outbox.ts';
import { snowflakeSession } from './snowflake.ts';

/** A table of some hundred rows is read in seconds; a warehouse that sleeps has to wake up first. */
const TABLE_SECONDS = 120;

// At cold start.
const environment = parseEnvironment(reconcileVariables, process.env);
const s3 = createS3Client();
const sqs = createSqsClient();
const ledger = new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE);
const reconciling: Omit<ReconcileServices, 'sources' | 'place' | 'report'> = {
  store: new S3ObjectStore(s3),
  ledger,
  copyQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.COPY_QUEUE)),
  finalizeQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.FINALIZE_QUEUE)),
  stagingBucket: environment.STAGING_BUCKET,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  supersededGraceSeconds: environment.SUPERSEDED_GRACE_SECONDS,
  concurrency: environment.RECONCILE_CONCURRENCY,
  tagUnowned: (location) => tagSuperseded(s3, location),
  staleAfterHours: environment.STALE_AFTER_HOURS,
  stage: environment.STAGE,
  notify: notifyThroughOutbox(ledger, environment),
  now: Date.now,
};
const { PAYERS_TABLE: table } = environment;
const session = snowflakeSession(environment, TABLE_SECONDS);
const readTable = table && (async () => (await session()).run(payersTableQuery(table)));
const configuring = { fallback: payers, ...(readTable ? { readTable } : {}) };
const telemetry = startTelemetry(environment);

/** What AWS calls, by hand or by schedule: the input that reconcileInput.ts tells, the report as its answer. */
export const handler = lambdaHandler(telemetry, async (input: unknown, { awsRequestId: correlationId }: Context) => {
  const report = reportTo(telemetry, { correlation_id: correlationId });
  const answer = await reconcileConfigured({ ...reconciling, correlationId, report }, configuring, input);
  logAnswer(answer);
  return answer;
});

/** Nobody reads the answer of a scheduled invocation: its log has the outline, trouble first. */
function logAnswer({ dryRun, periods, configuration, partitions, unreadable, ticks, summary }: ConfiguredReport): void {
  const counts = { partitions: partitions.length, unreadable: unreadable.length, ticks };
  telemetry.logger.info('reconciled', { dryRun, periods, configuration, ...counts, summary });
}
