import payers from 'payers:configuration';
import type { Context } from 'aws-lambda';
import { S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { tagUnowned } from '../src/adapters/s3/tagUnowned.ts';
import type { PayerSource } from '../src/billing/source.ts';
import { BucketOwners } from '../src/config/bucketOwners.ts';
import { parseEnvironment, reconcileVariables } from '../src/config/environment.ts';
import { payersTableQuery } from '../src/config/payersTable.ts';
import { type ConfiguredReport, reconcile } from '../src/reconcile/reconcile.ts';
import type { ReconcileServices } from '../src/reconcile/reconcileSources.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { accountIn, lambdaHandler, startTelemetry } from './lambda.ts';
import { notifyThroughOutbox, openLedger, openQueues, openS3 } from './services.ts';
import { snowflakeSession } from './servicesWithSecrets.ts';

/** A table of some hundred rows is read in seconds; a suspended warehouse has to resume first. */
const TABLE_SECONDS = 120;

// At cold start.
const environment = parseEnvironment(reconcileVariables, process.env);
const owners = new BucketOwners(environment.STAGING_BUCKET);
const s3In = openS3((bucket) => owners.ownerOf(bucket));
const s3 = s3In();
const ledger = openLedger(environment);
const services: Omit<ReconcileServices, 'sources' | 'place' | 'report'> = {
  store: new S3ObjectStore(s3, { clientIn: s3In }),
  ledger,
  ...openQueues(environment),
  stagingBucket: environment.STAGING_BUCKET,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  supersededGraceSeconds: environment.SUPERSEDED_GRACE_SECONDS,
  concurrency: environment.RECONCILE_CONCURRENCY,
  tagUnowned: (location) => tagUnowned(s3, location),
  staleAfterHours: environment.STALE_AFTER_HOURS,
  stage: environment.STAGE,
  notify: notifyThroughOutbox(ledger, environment),
  now: Date.now,
};
const { PAYERS_TABLE: table } = environment;
const session = snowflakeSession(environment, { statementSeconds: TABLE_SECONDS });
const readTable = table && (async () => (await session()).run(payersTableQuery(table)));
const origins = { fallback: payers, readTable, learn: (sources: readonly PayerSource[]) => owners.learn(sources) };
const telemetry = startTelemetry(environment);

/**
 * What AWS calls, by hand or by schedule: its input is as reconcileInput.ts says, its answer the
 * report.
 */
export const handler = lambdaHandler(telemetry, reconcilePayers);

// Per invocation.
async function reconcilePayers(input: unknown, context: Context): Promise<ConfiguredReport> {
  const { awsRequestId: correlationId, invokedFunctionArn } = context;
  owners.runsIn(accountIn(invokedFunctionArn));
  const report = reportTo(telemetry, { correlation_id: correlationId });
  const answer = await reconcile({ ...services, correlationId, report }, origins, input);
  logAnswer(answer);
  return answer;
}

/** Nobody reads the answer of a scheduled invocation: its log has the outline, trouble first. */
function logAnswer({ dryRun, periods, configuration, partitions, unreadable, ticks, summary }: ConfiguredReport): void {
  const counts = { partitions: partitions.length, unreadable: unreadable.length, ticks };
  telemetry.logger.info('reconciled', { dryRun, periods, configuration, ...counts, summary });
}
