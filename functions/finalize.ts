import titles from 'checks:titles';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import script from '../sql/analytics_wastage_queries.sql';
import { stagedCopies } from '../src/adapters/s3/stagedCopies.ts';
import { snowflakeNames } from '../src/adapters/snowflake/names.ts';
import { openSnowflakeWarehouse } from '../src/adapters/snowflake/warehouse.ts';
import { analyticsStatements, needsOneSession } from '../src/analytics/script.ts';
import { setSystemTimer } from '../src/base/timer.ts';
import { BucketOwners } from '../src/config/bucketOwners.ts';
import { type FinalizeEnvironment, finalizeVariables, parseEnvironment } from '../src/config/environment.ts';
import { handleTick } from '../src/finalize/handleTick.ts';
import type { FinalizeServices, FinalizeSettings } from '../src/finalize/services.ts';
import type { OutboxPlace } from '../src/outbox/outboxPages.ts';
import { OUTBOX_LIMITS, sendOutbox } from '../src/outbox/sendOutbox.ts';
import { parseTick, type Tick } from '../src/queue/tick.ts';
import type { Report } from '../src/telemetry/events.ts';
import type { Warehouse } from '../src/warehouse/warehouse.ts';
import { type RecordContext, sqsHandler, startTelemetry } from './lambda.ts';
import { notifyThroughOutbox, openLedger, openQueues, openS3 } from './services.ts';
import { openBroker, snowflakeSession } from './servicesWithSecrets.ts';

/** A statement ends before the function's own 15 minutes are over. */
const STATEMENT_SECONDS = 780;
/** So long before its end, an invocation leaves to the next one what runs in the warehouse. */
const YIELD_SECONDS = 90;
/**
 * So long before its end, it gives no more messages to the broker: a batch takes up to half a
 * minute.
 */
const LAST_BATCH_SECONDS = 40;

// At cold start.
const environment = parseEnvironment(finalizeVariables, process.env);
const owners = new BucketOwners(environment.STAGING_BUCKET);
const ledger = openLedger(environment);
const warehouse = openWarehouse(environment);
const broker = openBroker(environment);
const services: Omit<FinalizeServices, 'report'> = {
  ledger,
  warehouse,
  script: warehouse.script,
  store: stagedCopies(openS3((bucket) => owners.ownerOf(bucket))()),
  ...openQueues(environment),
  now: Date.now,
  sleep: (seconds) => setTimeout(seconds * 1000),
  setTimer: setSystemTimer,
  notify: notifyThroughOutbox(ledger, environment),
};
const settings: FinalizeSettings = {
  stage: environment.STAGE,
  stagingBucket: environment.STAGING_BUCKET,
  holder: randomUUID(),
  quietSeconds: environment.QUIET_SECONDS,
  maxWaitSeconds: environment.MAX_WAIT_SECONDS,
  leaseSeconds: environment.LEASE_SECONDS,
  retryBaseSeconds: environment.RETRY_BASE_SECONDS,
  retryMaxSeconds: environment.RETRY_MAX_SECONDS,
  supersededGraceSeconds: environment.SUPERSEDED_GRACE_SECONDS,
  statementsAtOnce: environment.FINALIZE_STATEMENTS,
  partitionSeconds: environment.PARTITION_SECONDS,
  ownerDigests: hasReaders(environment) ? { titles: new Map(Object.entries(titles)) } : undefined,
};

/** Without a broker nobody would read what the warehouse is asked for. */
function hasReaders({ OWNER_DIGESTS, RABBITMQ_SECRET }: FinalizeEnvironment): boolean {
  return OWNER_DIGESTS && RABBITMQ_SECRET !== 'none';
}

/** Where this process's last pass over the outbox ended early. */
let outboxPlace: OutboxPlace | undefined;

/** The stage's warehouse: Snowflake, with the wastage script. */
function openWarehouse(finalizing: FinalizeEnvironment): Warehouse {
  const { OWNER_KEY: ownerKey, ENVIRONMENT_KEY: environmentKey, REQUIRED_TAGS: requiredTags } = finalizing;
  const tagKeys = { ownerKey, environmentKey, requiredTags };
  const { STAGE: stage, SNOWFLAKE_DATABASE: database, SNOWFLAKE_SCHEMA: schema } = finalizing;
  return openSnowflakeWarehouse({
    session: snowflakeSession(finalizing, {
      statementSeconds: STATEMENT_SECONDS,
      // One more than are registered and audited at once: a publish waits for none of them.
      statementsAtOnce: finalizing.FINALIZE_STATEMENTS + 1,
      submittedWarehouse: finalizing.SNOWFLAKE_ANALYTICS_WAREHOUSE,
    }),
    names: snowflakeNames({ database, schema, target: finalizing.WAREHOUSE_TARGET }),
    stage,
    analyticsStatements: (period, payers) => analyticsStatements(script, { period, payers, tagKeys }),
    oneSession: needsOneSession(script),
  });
}

/** What AWS calls: one tick of the finalize queue. */
export const handler = sqsHandler(startTelemetry(environment), { parse: parseTick, work: finalize });

// Per record. What lies in the outbox is sent whatever became of the tick.
async function finalize(tick: Tick, report: Report, about: RecordContext): Promise<void> {
  const { correlationId, context, account } = about;
  owners.runsIn(account);
  const endsAt = Date.now() + context.getRemainingTimeInMillis();
  try {
    const invocation = { correlationId, yieldAt: endsAt - YIELD_SECONDS * 1000 };
    await handleTick({ ...services, report }, settings, tick, invocation);
  } finally {
    const until = endsAt - LAST_BATCH_SECONDS * 1000;
    const sending = { ledger, broker, report, now: Date.now };
    outboxPlace = (await sendOutbox(sending, { ...OUTBOX_LIMITS, until }, outboxPlace)).next;
  }
}
