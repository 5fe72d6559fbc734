import { setTimeout } from 'node:timers/promises';
import payers from 'payers:configuration';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { tagUnowned } from '../src/adapters/s3/tagUnowned.ts';
import { BucketOwners } from '../src/config/bucketOwners.ts';
import { parseEnvironment, reconcileVariables } from '../src/config/environment.ts';
import { payersTableQuery } from '../src/config/payersTable.ts';
import { parseReconcileMessage, type ReconcileMessage } from '../src/queue/reconcileMessage.ts';
import { reconcile } from '../src/reconcile/reconcile.ts';
import type { ReconcileAnswer } from '../src/reconcile/reconcileAnswer.ts';
import type { ReconcileServices } from '../src/reconcile/services.ts';
import { handleReconcileMessage } from '../src/reconcile/workOnPayer.ts';
import type { Report } from '../src/telemetry/events.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { accountIn, lambdaHandler, type RecordContext, sqsHandler, startTelemetry } from './lambda.ts';
import { notifyThroughOutbox, openLedger, openQueues, openReconcileQueue, openS3 } from './services.ts';
import { snowflakeSession } from './servicesWithSecrets.ts';

/** A table of some hundred rows is read in seconds; a suspended warehouse has to resume first. */
const TABLE_SECONDS = 120;
/**
 * So long before its end, an invocation leaves to a message what it has not listed, or waits no
 * longer: what it has begun of a month, and the answer, take a minute or two.
 */
const YIELD_SECONDS = 150;
/** So few payers need no messages: somebody waits for the answer. */
const INLINE_PAYERS = 8;
/** As the queue's redrive policy has it (resources/queues.yml). */
const MOST_RECEIVES = 5;
/** Lines of the summary in the log, where a line has at most 256 KB. */
const LOGGED_LINES = 200;

// At cold start.
const environment = parseEnvironment(reconcileVariables, process.env);
const owners = new BucketOwners(environment.STAGING_BUCKET);
const s3In = openS3((bucket) => owners.ownerOf(bucket));
const s3 = s3In();
const ledger = openLedger(environment);
const services: Omit<ReconcileServices, 'report'> = {
  store: new S3ObjectStore(s3, { clientIn: s3In }),
  ledger,
  ...openQueues(environment),
  reconcileQueue: openReconcileQueue(environment),
  stagingBucket: environment.STAGING_BUCKET,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  supersededGraceSeconds: environment.SUPERSEDED_GRACE_SECONDS,
  inlinePayers: INLINE_PAYERS,
  concurrency: environment.RECONCILE_CONCURRENCY,
  tagUnowned: (location) => tagUnowned(s3, location),
  staleAfterHours: environment.STALE_AFTER_HOURS,
  stage: environment.STAGE,
  notify: notifyThroughOutbox(ledger, environment),
  learn: (sources) => owners.learn(sources),
  now: Date.now,
  sleep: (seconds) => setTimeout(seconds * 1000),
};
const { PAYERS_TABLE: table } = environment;
const session = snowflakeSession(environment, { statementSeconds: TABLE_SECONDS });
const readTable = table && (async () => (await session()).run(payersTableQuery(table)));
const origins = { fallback: payers, readTable };
const telemetry = startTelemetry(environment);

const whole = lambdaHandler(telemetry, reconcilePayers);
const messages = sqsHandler(telemetry, { parse: parseReconcileMessage, work: reconcilePayer });

/**
 * What AWS calls. By hand or by schedule: the input is as reconcileInput.ts says, the answer the
 * report. By the reconcile queue: one message, for one payer.
 */
export async function handler(input: unknown, context: Context): Promise<ReconcileAnswer | SQSBatchResponse> {
  return isBatch(input) ? messages(input, context) : whole(input, context);
}

function isBatch(input: unknown): input is SQSEvent {
  return typeof input === 'object' && input !== null && 'Records' in input && Array.isArray(input.Records);
}

// Per invocation.
async function reconcilePayers(input: unknown, context: Context): Promise<ReconcileAnswer> {
  const id = context.awsRequestId;
  owners.runsIn(accountIn(context.invokedFunctionArn));
  const report = reportTo(telemetry, { correlation_id: id });
  const answer = await reconcile({ ...services, report }, origins, input, { id, yieldAt: yieldAt(context) });
  logAnswer(answer);
  return answer;
}

// Per record.
async function reconcilePayer(message: ReconcileMessage, report: Report, about: RecordContext): Promise<void> {
  owners.runsIn(about.account);
  const attempt = { yieldAt: yieldAt(about.context), isLast: about.receiveCount >= MOST_RECEIVES };
  await handleReconcileMessage({ ...services, report }, message, attempt);
}

function yieldAt(context: Context): number {
  return Date.now() + context.getRemainingTimeInMillis() - YIELD_SECONDS * 1000;
}

/** Nobody reads the answer of a scheduled invocation: its log has the outline, trouble first. */
function logAnswer(answer: ReconcileAnswer): void {
  const { run, isComplete, done, onItsWay, dryRun, periods, configuration } = answer;
  const { partitions, unreadable, ticks, summary } = answer;
  const counts = { done, onItsWay, partitions: partitions.length, unreadable: unreadable.length, ticks };
  const outline = { run, isComplete, dryRun, periods, configuration, ...counts };
  telemetry.logger.info('reconciled', { ...outline, summary: summary.slice(0, LOGGED_LINES) });
}
