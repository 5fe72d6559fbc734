import * as z from 'zod/mini';
import { areRequiredTags, isTagKey, REQUIRED_TAGS, splitTagKeys, TAG_KEY } from '../analytics/tagKeys.ts';
import { quoteValue } from '../base/printable.ts';
import { wrongFields } from '../base/wrongFields.ts';
import type { PayerMetrics } from '../telemetry/metricCatalogue.ts';
import type { PayersTable } from './payersTable.ts';

/**
 * A function was deployed with a wrong environment. Consequence: it stops at its cold start, with
 * an alarm; messages are kept.
 */
export class EnvironmentInvalid extends Error {
  override readonly name = 'EnvironmentInvalid';
}

const text = (pattern: RegExp, what: string) => z.string().check(z.regex(pattern, `must be ${what}`));
const wholeNumber = (least: number, what: string) =>
  z.pipe(
    z.string().check(z.refine((digits) => /^\d{1,9}$/.test(digits) && Number(digits) >= least, `must be ${what}`)),
    z.transform(Number),
  );
const seconds = (least: number) => wholeNumber(least, `a whole number of seconds, ${least} or more`);

// Names as AWS takes them: AWS::SQS::Queue, AWS::DynamoDB::Table, Amazon S3 bucket naming rules,
// CloudWatch namespaces.
const queueName = text(/^[A-Za-z0-9_-]{1,80}$/, 'the name of a queue (letters, digits, - and _)');
const queueNames = z.pipe(
  text(/^[A-Za-z0-9_-]{1,80}(,[A-Za-z0-9_-]{1,80})*$/, 'names of queues with commas between them'),
  z.transform((names) => names.split(',')),
);
const telemetry = {
  STAGE: text(/^[A-Za-z0-9-]{1,32}$/, 'the name of a stage (letters, digits and -)'),
  POWERTOOLS_SERVICE_NAME: text(/^\S{1,255}$/, 'the name of the service'),
  PAYER_METRICS: z.pipe(
    z.string().check(z.refine((text) => /^(all|\d{1,4})$/.test(text), 'must be all, or a whole number of payers')),
    z.transform((text): PayerMetrics => (text === 'all' ? text : Number(text))),
  ),
  POWERTOOLS_METRICS_NAMESPACE: text(/^[A-Za-z0-9._/#:-]{1,255}$/, 'a CloudWatch namespace'),
};
const ledger = { LEDGER_TABLE: text(/^[A-Za-z0-9_.-]{3,255}$/, 'the name of a DynamoDB table') };
const stagingBucket = { STAGING_BUCKET: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket') };
const copyQueue = { COPY_QUEUE: queueName, MANIFEST_QUEUE: queueName };
const finalizeQueue = { FINALIZE_QUEUE: queueName };
const debounce = { QUIET_SECONDS: seconds(0), MAX_WAIT_SECONDS: seconds(0) };
const grace = { SUPERSEDED_GRACE_SECONDS: seconds(0) };
const staleness = { STALE_AFTER_HOURS: wholeNumber(1, 'a whole number of hours, 1 or more') };
const runs = {
  LEASE_SECONDS: seconds(1),
  RETRY_BASE_SECONDS: seconds(1),
  RETRY_MAX_SECONDS: seconds(1),
  FINALIZE_STATEMENTS: wholeNumber(1, 'a whole number of statements, 1 or more'),
  PARTITION_SECONDS: seconds(1),
  WAREHOUSE_TARGET: z.enum(['external', 'table'], 'must be external or table'),
};

// AWS Secrets Manager User Guide, CreateSecret; Snowflake documentation, Identifier requirements.
const secretName = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const snowflakeName = text(/^[A-Za-z_][A-Za-z0-9_$]{0,254}$/, 'the name of an object in Snowflake');
const snowflake = {
  SNOWFLAKE_SECRET: text(secretName, 'the name of a secret'),
  SNOWFLAKE_DATABASE: snowflakeName,
  SNOWFLAKE_SCHEMA: snowflakeName,
  SNOWFLAKE_WAREHOUSE: snowflakeName,
  SNOWFLAKE_QUEUE_SECONDS: seconds(0),
  SNOWFLAKE_ROLE: snowflakeName,
  SNOWFLAKE_USER: snowflakeName,
};

/** The script's own warehouse; undefined where it has none. */
const analytics = {
  SNOWFLAKE_ANALYTICS_WAREHOUSE: z.pipe(
    snowflakeName,
    z.transform((name): string | undefined => (name === 'none' ? undefined : name)),
  ),
};

const tagKey = z.string().check(z.refine(isTagKey, `must be ${TAG_KEY}`));
/** By which keys of tags the script finds owners, environments and what is not tagged. */
const tagKeys = {
  OWNER_KEY: tagKey,
  ENVIRONMENT_KEY: tagKey,
  REQUIRED_TAGS: z.pipe(
    z.string().check(z.refine((keys) => areRequiredTags(splitTagKeys(keys)), `must be ${REQUIRED_TAGS}`)),
    z.transform(splitTagKeys),
  ),
};

const digests = {
  OWNER_DIGESTS: z.pipe(
    z.enum(['on', 'off'], 'must be on or off'),
    z.transform((word) => word === 'on'),
  ),
};

/**
 * Whoever puts messages into the outbox has to know whether there is a broker; whoever sends them,
 * where they go on it.
 */
const notifying = { RABBITMQ_SECRET: text(secretName, 'the name of a secret, or none') };
const sending = { ...notifying, RABBITMQ_VIRTUAL_HOST: text(/^\S{1,255}$/, 'the name of a virtual host') };

const TABLE = /^[A-Za-z_][A-Za-z0-9_$]{0,254}(\.[A-Za-z_][A-Za-z0-9_$]{0,254}){2}$/;
const payersTable = z.pipe(
  z.string().check(z.refine((name) => name === 'none' || TABLE.test(name), 'must be database.schema.table, or none')),
  z.transform((name): PayersTable | undefined => {
    const [database, schema, table] = name.split('.');
    return database && schema && table ? { database, schema, table } : undefined;
  }),
);

/** What each function reads of its environment, and nothing else of it. */
export const copyVariables = z.object({
  ...telemetry,
  ...ledger,
  ...stagingBucket,
  ...copyQueue,
  ...finalizeQueue,
  ...debounce,
  ...notifying,
});
export const finalizeVariables = z.object({
  ...copyVariables.shape,
  ...grace,
  ...runs,
  ...snowflake,
  ...analytics,
  ...tagKeys,
  ...digests,
  ...sending,
});
export const reconcileVariables = z.object({
  ...copyVariables.shape,
  ...grace,
  ...staleness,
  ...snowflake,
  RECONCILE_QUEUE: queueName,
  RECONCILE_CONCURRENCY: wholeNumber(1, 'a whole number of payers, 1 or more'),
  PAYERS_TABLE: payersTable,
});
export const sweepVariables = z.object({ ...telemetry, ...ledger, ...finalizeQueue, ...debounce, ...staleness });
export const statusVariables = z.object({
  ...telemetry,
  ...ledger,
  ...debounce,
  QUEUES: queueNames,
  DEAD_LETTER_QUEUES: queueNames,
  RELEASE: text(/^[\w.+-]{1,100}$/, 'the name of a release'),
});

export type FinalizeEnvironment = z.output<typeof finalizeVariables>;

/** What logs and metrics need; the rest of it is Powertools' own. */
export type TelemetryEnvironment = Pick<FinalizeEnvironment, 'STAGE' | 'PAYER_METRICS'>;

/** What a session with Snowflake needs. */
export type SnowflakeEnvironment = Pick<FinalizeEnvironment, 'STAGE' | keyof typeof snowflake>;

/** Of each pair, the first must not be above the second. */
const ORDERED = [
  ['QUIET_SECONDS', 'MAX_WAIT_SECONDS'],
  ['RETRY_BASE_SECONDS', 'RETRY_MAX_SECONDS'],
] as const;

/**
 * Reads the variables that a function needs: numbers become numbers, others are left out.
 * Throws EnvironmentInvalid, whose message names every missing or wrong variable and its value.
 */
export function parseEnvironment<Variables extends z.ZodMiniObject>(
  variables: Variables,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Variables> {
  const parsed = variables.safeParse(environment);
  const wrong = wrongFields(parsed.error?.issues ?? [], environment, { whole: 'it', missing: 'is not set' });
  for (const [less, more] of ORDERED) {
    if (!(less in variables.shape) || !(Number(environment[less]) > Number(environment[more]))) continue;
    wrong.push(
      `${less} must not be above ${more}, got ${quoteValue(environment[less])} and ${quoteValue(environment[more])}`,
    );
  }
  if (!parsed.success || wrong.length > 0) throw new EnvironmentInvalid(`wrong environment: ${wrong.join('; ')}`);
  return parsed.data;
}
