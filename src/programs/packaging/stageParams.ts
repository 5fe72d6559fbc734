import * as z from 'zod/mini';
import { wrongFields } from '../../base/wrongFields.ts';
import {
  bucketName,
  DAY_SECONDS,
  idsOf,
  isTable,
  kmsKey,
  LOG_LEVELS,
  MAX_SWEEP_MINUTES,
  MAX_TOPICS,
  memoryMb,
  number,
  queueConcurrency,
  RETENTION_DAYS,
  schedule,
  seconds,
  secretName,
  snowflakeName,
  tagKey,
  tagKeyList,
  text,
  topicArn,
  warehouseSize,
  wholeNumber,
} from './paramKinds.ts';
import { rateMinutes } from './schedule.ts';
import { clashesOf } from './stageClashes.ts';

/**
 * The params of serverless.yml: every decision that a stage may take differently. Units stand in
 * the names. Their comments are the meanings in resources/CONFIGURATION.md, word for word: a test
 * compares both.
 */
const stageParams = z.strictObject({
  /** Where the stage is deployed: the code of an AWS region. */
  region: text(/^(?!us-iso|eu-iso)[a-z]{2,4}(-[a-z]+)+-\d$/, 'the code of an AWS region, such as us-east-1'),
  /**
   * The bucket for the copies of the payers' files. Bucket names are globally unique: choose one of
   * your own.
   */
  stagingBucket: bucketName,
  /** The payers file, as a path from the project's folder. */
  payersFile: text(/^\S/, 'the path of a file'),
  /**
   * The AWS organization whose accounts may send events, such as o-a1b2c3d4e5. Empty: the accounts
   * in the payers file, one by one.
   */
  organizationId: text(/^$|^o-[a-z0-9]{10,32}$/, 'empty, or o- and 10 to 32 letters or digits'),
  /**
   * What the roles may read. exact: the payers' prefixes, while IAM has room for them, then the
   * organization or the accounts. organization: always the organization, so that a payer that only
   * the payers table has needs no deployment.
   */
  payerAccess: z.enum(['exact', 'organization'], 'must be exact or organization'),

  /**
   * The debounce: a period is finalized this long after its last change. At most a day, because AWS
   * delivers at least daily.
   */
  quietSeconds: seconds(DAY_SECONDS),
  /**
   * The debounce's limit: a period is finalized no later than this after its first change. Not
   * below quietSeconds.
   */
  maxWaitSeconds: seconds(DAY_SECONDS),
  /**
   * How long readers may go on scanning files that a publish has replaced, before these are
   * deleted. At most 30 days.
   */
  supersededGraceSeconds: seconds(30 * DAY_SECONDS),

  /** Memory of the copy function. Lambda allots processor time in proportion. */
  copyMemoryMb: memoryMb,
  /** Memory of the manifest function, which holds one manifest and the listing of its files. */
  manifestMemoryMb: memoryMb,
  /** Memory of the finalize function. */
  finalizeMemoryMb: memoryMb,
  /** Memory of the reconcile function, which answers with the report on all payers. */
  reconcileMemoryMb: memoryMb,
  /** Invocations of copy at once, each with up to 10 files. */
  copyConcurrency: queueConcurrency,
  /** Invocations of manifest at once, each with one manifest. */
  manifestConcurrency: queueConcurrency,
  /** Invocations of finalize at once, each with one month. */
  finalizeConcurrency: queueConcurrency,
  /**
   * Payers that one invocation of finalize registers and audits at once: as many statements run in
   * Snowflake, for each month.
   */
  finalizeStatements: wholeNumber(1, 32, 'statements'),
  /**
   * How long a payer's month may take to be registered and audited. Its first try gets an eighth of
   * it, and what is cancelled then gets more after the others; one that uses up all of it has
   * failed, and is tried again.
   */
  partitionSeconds: wholeNumber(120, 600, 'seconds'),
  /** Payers that reconcile works on at once. */
  reconcileConcurrency: queueConcurrency,

  /**
   * A payer without a complete delivery for this long is stale: an alarm and a message. At most two
   * months: reconcile looks no further back.
   */
  staleAfterHours: wholeNumber(1, 1464, 'hours'),

  /**
   * When files have been staged for this long and no reader sees them: an alarm. Longer than
   * maxWaitSeconds.
   */
  notVisibleAfterHours: wholeNumber(1, 168, 'hours'),

  /** When reconcile runs, in UTC: rate(…) or cron(…), as EventBridge Scheduler defines them. */
  reconcileSchedule: schedule,
  /**
   * When the sweep runs, in UTC. At least every 15 minutes, or the alarm of stale payers never
   * clears.
   */
  sweepSchedule: schedule.check(
    z.refine(
      (expression) => (rateMinutes(expression) ?? 1) <= MAX_SWEEP_MINUTES,
      `must be at least every ${MAX_SWEEP_MINUTES} minutes: an alarm takes longer silence for a failure`,
    ),
  ),

  /** Log lines below this level are not written. */
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
  /** How long the functions' logs are kept. */
  logRetentionDays: number(
    (days) => RETENTION_DAYS.includes(days),
    `a number of days that CloudWatch Logs knows (${RETENTION_DAYS.join(', ')})`,
  ),
  /**
   * Payers with metrics of their own: the stalest so many, with their FreshnessHours; or all payers
   * with all metrics, which costs 1 to 5 dollars a month for each. The logs have every payer.
   */
  payerMetrics: z
    .union([z.number(), z.string()], 'must be all, or a whole number of payers from 0 to 1000')
    .check(
      z.refine(
        (value) => value === 'all' || (/^\d{1,4}$/.test(String(value)) && Number(value) <= 1000),
        'must be all, or a whole number of payers from 0 to 1000',
      ),
    ),
  /**
   * The SNS topics that alarms notify, as ARNs, at most 5, in the stage's region. Without any,
   * alarms only change their state.
   */
  alarmTopics: z
    .array(topicArn, 'must be a list of ARNs of SNS topics (in serverless.yml: --param cannot hold a list)')
    .check(z.refine((topics) => topics.length <= MAX_TOPICS, `must be at most ${MAX_TOPICS} topics`)),
  /** Whether the ledger's table refuses to be deleted. */
  ledgerDeletionProtection: z.union([z.boolean(), z.literal(['true', 'false'])], 'must be true or false'),

  /** The secret in Secrets Manager with Snowflake's credentials. */
  snowflakeSecret: secretName('the name of a secret in Secrets Manager, not its ARN'),
  /** The database that holds everything of the stage except the payers table. */
  snowflakeDatabase: snowflakeName,
  /** The schema in it. */
  snowflakeSchema: snowflakeName,
  /** Snowflake's virtual warehouse, which runs the statements. */
  snowflakeWarehouse: snowflakeName,
  /** Its size when the setup creates it. One that is there keeps its own: alter warehouse. */
  snowflakeWarehouseSize: warehouseSize,
  /**
   * The virtual warehouse that runs the analytics script. none: snowflakeWarehouse runs it, too.
   */
  snowflakeAnalyticsWarehouse: snowflakeName,
  /** The same of the warehouse that runs the analytics script, where it has one of its own. */
  snowflakeAnalyticsWarehouseSize: warehouseSize,
  /**
   * Credits a month, after which a resource monitor suspends both warehouses; at four fifths of
   * them it notifies. 0: the setup makes no monitor, and leaves one that is there.
   */
  snowflakeMonthlyCredits: wholeNumber(0, 1_000_000, 'credits'),
  /**
   * How long a statement may wait for a place in the warehouse, before it counts as failed. 0: as
   * long as it may take, which always holds for the steps of the analytics script.
   */
  snowflakeQueueSeconds: seconds(DAY_SECONDS),
  /** The reactor's role in Snowflake. The readers' role has the same name with _READER appended. */
  snowflakeRole: snowflakeName,
  /**
   * Where readers' line items are. external: in the staged files, under an external table. table:
   * in a native table, which each publish loads.
   */
  warehouseTarget: z.enum(['external', 'table'], 'must be external or table'),
  /**
   * The tag key or cost category whose value is the owner of a finding, as the reports name it.
   * Without a value, the owner is the account.
   */
  ownerKey: tagKey,
  /** The same whose value says what a resource is for: production, test, and so on. */
  environmentKey: tagKey,
  /** The tag keys that every resource has to have. */
  requiredTags: tagKeyList,
  /**
   * on: each owner of findings gets a message with every month that is published and analysed, up
   * to 200 for a payer's month. off: nobody does.
   */
  ownerDigests: z.enum(['on', 'off'], "must be 'on' or 'off', in quotes"),
  /**
   * The table that payers are configured in, such as aws_az_share.metadata.pro_refresh_config.
   * none: only the payers file counts.
   */
  payersTable: z
    .string('must be database.schema.table, or none')
    .check(z.refine((name) => name === 'none' || isTable(name), 'must be database.schema.table, or none')),
  /**
   * Who may assume the role that reads the staging bucket for Snowflake, as desc integration
   * reports it.
   */
  snowflakeUserArn: text(
    /^arn:(aws[a-z-]*|\$\{AWS::Partition\}):iam::(\d{12}|\$\{AWS::AccountId\}):(root|(user|role)\/[\w+=,.@/-]{1,512})$/,
    'the ARN of an IAM user, as desc integration answers it',
  ),
  /**
   * The external id that goes with it, as desc integration reports it; or one of your own, before
   * Snowflake's setup is first run. In quotes, or YAML makes a number of it.
   */
  snowflakeExternalId: text(
    // AWS IAM User Guide, IAM and AWS STS quotas: an external id.
    /^[\w+=,.@:/-]{2,1224}$/,
    'an external id in quotes, as desc integration answers it',
  ),
  /**
   * The secret in Secrets Manager with the broker's credentials. none: there is no broker, and no
   * messages are published.
   */
  rabbitmqSecret: secretName('the name of a secret in Secrets Manager, not its ARN; or none'),
  /** The virtual host on the broker that the exchange is in. */
  rabbitmqVirtualHost: text(
    // AMQP 0-9-1: a path is at most 255 bytes.
    /^[\x21-\x7e]{1,255}$/,
    'the name of a virtual host: up to 255 printable characters, no space',
  ),

  /** The path of all roles of the stage. Payers' stacks and Snowflake's setup name roles by it. */
  rolePath: text(
    /^\/$|^\/([\w+=,.@-]{1,64}\/){1,6}$/,
    'a path that begins and ends with a slash, such as /reactor/; / is none',
  ),
  /** The ARN of the policy that bounds what any role of the stage may do. */
  permissionsBoundary: text(
    /^$|^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/,
    'empty, or the ARN of a managed policy',
  ),
  /**
   * The subnets in which finalize and reconcile run. They need a way to the internet and to AWS.
   */
  vpcSubnets: idsOf('subnet', 'subnet'),
  /** The security groups of finalize and reconcile there. */
  vpcSecurityGroups: idsOf('sg', 'security group'),
  /** The KMS key that encrypts the staging bucket. Empty: S3's own. */
  bucketKey: kmsKey,
  /** The KMS key that encrypts the ledger's table. Empty: DynamoDB's own. */
  ledgerKey: kmsKey,
  /** The KMS key that encrypts the queues. Empty: SQS's own. */
  queuesKey: kmsKey,
  /** The KMS key that encrypts the two secrets. Empty: Secrets Manager's own. */
  secretsKey: kmsKey,
  /** The KMS key that encrypts the functions' logs. Empty: CloudWatch Logs' own. */
  logsKey: kmsKey,
});

export type StageParams = z.output<typeof stageParams>;
/** The names of all params. */
export const PARAM_NAMES: readonly string[] = Object.keys(stageParams.shape);

/**
 * Reads the params of a stage, resolved. `wrong` has a sentence for each that is wrong, missing or
 * unknown.
 */
export function parseStageParams(
  given: Readonly<Record<string, unknown>>,
): { readonly params: StageParams; readonly wrong: readonly [] } | { readonly wrong: readonly string[] } {
  const parsed = stageParams.safeParse(given);
  const wording = { whole: 'params', unknown: 'is an unknown param' };
  const wrong = wrongFields(parsed.error?.issues ?? [], given, wording);
  const clashes = clashesOf(given, new Set(parsed.error?.issues.map(({ path }) => path[0])));
  if (!parsed.success || clashes.length > 0) return { wrong: [...wrong, ...clashes] };
  return { params: parsed.data, wrong: [] };
}
