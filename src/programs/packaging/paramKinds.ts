import * as z from 'zod/mini';
import { areRequiredTags, isTagKey, REQUIRED_TAGS, splitTagKeys, TAG_KEY } from '../../analytics/tagKeys.ts';
import { parseIdentifier } from '../../warehouse/identifier.ts';
import { scheduleProblem } from './schedule.ts';

/** What values of params may be, each with the words that refuse others: "must be …". */

// CloudWatch Logs API Reference, PutRetentionPolicy.
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
// Powertools for AWS Lambda (TypeScript), Logger, "Log levels".
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'] as const;
// Amazon CloudWatch API Reference, PutMetricAlarm: actions of one state.
export const MAX_TOPICS = 5;
export const DAY_SECONDS = 86_400;
/**
 * The alarm "A payer has no complete delivery" takes a sweep that is silent for two periods of a
 * quarter of an hour for a failure.
 */
export const MAX_SWEEP_MINUTES = 15;

export const text = (pattern: RegExp, what: string) =>
  z.string(`must be ${what}`).check(z.regex(pattern, `must be ${what}`));

/** A number of serverless.yml, or the text that `--param` makes of it. */
export const number = (isAllowed: (value: number) => boolean, what: string) =>
  z.pipe(
    z
      .union([z.number(), z.string()], `must be ${what}`)
      .check(z.refine((value) => /^\d{1,9}$/.test(String(value)) && isAllowed(Number(value)), `must be ${what}`)),
    z.transform(Number),
  );
export const wholeNumber = (least: number, most: number, unit: string) =>
  number((value) => value >= least && value <= most, `a whole number of ${unit} from ${least} to ${most}`);
export const seconds = (most: number) => wholeNumber(0, most, 'seconds');

// AWS Lambda Developer Guide, Lambda quotas.
export const memoryMb = wholeNumber(128, 10_240, 'MB');
// AWS Lambda Developer Guide, "Configuring maximum concurrency for Amazon SQS event sources".
export const queueConcurrency = wholeNumber(2, 1000, 'invocations');

export const schedule = z.string('must be a schedule').check(
  z.refine((expression) => scheduleProblem(expression) === undefined, {
    error: ({ input }) => scheduleProblem(String(input)),
  }),
);

// AWS Secrets Manager API Reference, CreateSecret.
export const secretName = (what: string) => text(/^[A-Za-z0-9/_+=.@-]{1,512}$/, what);

const isIdentifier = (name: string) => {
  try {
    return parseIdentifier('name', name) !== '';
  } catch {
    return false;
  }
};
const identifier = 'letters, digits, _ and $, no digit first';
export const snowflakeName = z
  .string(`must be a name in Snowflake that needs no quotes (${identifier})`)
  .check(z.refine(isIdentifier, `must be a name in Snowflake that needs no quotes (${identifier})`));
// SQL reference, CREATE WAREHOUSE.
const WAREHOUSE_SIZES = ['xsmall', 'small', 'medium', 'large', 'xlarge', 'xxlarge', 'xxxlarge', 'x4large'] as const;
export const warehouseSize = z.enum(WAREHOUSE_SIZES, `must be one of ${WAREHOUSE_SIZES.join(', ')}`);
export const isTable = (name: string) => name.split('.').length === 3 && name.split('.').every(isIdentifier);

export const tagKey = z.string(`must be ${TAG_KEY}`).check(z.refine(isTagKey, `must be ${TAG_KEY}`));
export const tagKeyList = z
  .string(`must be ${REQUIRED_TAGS}`)
  .check(z.refine((keys) => areRequiredTags(splitTagKeys(keys)), `must be ${REQUIRED_TAGS}`));

// Amazon S3 User Guide, General purpose bucket naming rules.
export const bucketName = text(
  /^(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)(?!.*(-s3alias|--ols-s3|\.mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'the name of a bucket: 3 to 63 lower-case letters, digits, hyphens and dots, as S3 allows them',
);

export const topicArn = text(
  /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
  'the ARN of an SNS topic, such as arn:aws:sns:us-east-1:999988887777:on-call',
);

export const kmsKey = text(
  /^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'empty, or the ARN of a KMS key, not of an alias',
);
export const idsOf = (kind: string, what: string) =>
  z.array(
    text(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `${what}, such as ${kind}-0123456789abcdef0`),
    `must be a list of ids of ${what}s (in serverless.yml: --param cannot hold a list)`,
  );
