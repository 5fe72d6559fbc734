import * as z from 'zod/mini';
import { quoteText } from '../../adapters/snowflake/quote.ts';
import { printable } from '../../base/printable.ts';
import { type RunStatement, SetupFailed } from './runStatement.ts';

/** What Snowflake reads the staging bucket with. */
export interface BucketAccess {
  readonly integration: string;
  /** Of the whole bucket, with a slash at its end. */
  readonly bucketUrl: string;
  /** What looks a published file up. */
  readonly warehouse: string;
  /** The table of published files. */
  readonly currentFiles: string;
}

/** Stands for a file where none is published yet. Nobody is payer 0. */
const NO_FILE = 'year=2000/month=01/payer-000000000000/none.parquet';

const WHAT_TO_DO = `Three things can be the matter:
  - the stage is not deployed yet, so that neither the bucket nor the role is there: npx sls deploy
  - the role trusts somebody else: snowflakeUserArn and snowflakeExternalId in serverless.yml must be the values of
    STORAGE_AWS_IAM_USER_ARN and STORAGE_AWS_EXTERNAL_ID above; put them there and deploy
  - the role is new, and not known everywhere for a minute
Then run the setup again.`;

/**
 * The check as statements, in the order in which {@link checkBucket} runs them, with a made-up
 * file.
 */
export function bucketCheckSql(access: BucketAccess): string {
  return [...lookUpSql(access), validateSql(access, 'list', NO_FILE), validateSql(access, 'read', NO_FILE)]
    .map((statement) => `${statement};\n`)
    .join('\n');
}

/**
 * Looks whether Snowflake can list the staging bucket, and read a file in it: the newest published
 * one. Where there is none, a made-up one is asked for, and only being refused counts as failure.
 * Without this the setup would be done and nobody had looked into the bucket: an external table
 * over files that cannot be read is empty, and no error. Throws SetupFailed, which says what to do.
 */
export async function checkBucket(
  access: BucketAccess,
  run: RunStatement,
  report: (line: string) => void,
): Promise<void> {
  let rows: Awaited<ReturnType<RunStatement>> = [];
  for (const statement of lookUpSql(access)) rows = await run(statement);
  const [row] = rows;
  const published = typeof row?.STAGED_KEY === 'string' ? row.STAGED_KEY : undefined;
  const listed = answerOf(await run(validateSql(access, 'list', published ?? NO_FILE)));
  if (!listed.isSuccess) throw refused(access, 'list the staging bucket', listed);
  report(`staging bucket: Snowflake lists ${access.bucketUrl}`);
  const read = answerOf(await run(validateSql(access, 'read', published ?? NO_FILE)));
  if (read.isSuccess) report('staging bucket: Snowflake reads files in it');
  else if (published !== undefined) throw refused(access, `read ${published} in the staging bucket`, read);
  else if (isDenied(read)) throw refused(access, 'read files in the staging bucket', read);
  else report('staging bucket: no file is published yet; run the setup again later to see that files can be read');
}

/**
 * A session may have no warehouse: it signed in before there was one, or by a role that may not use
 * it.
 */
function lookUpSql({ warehouse, currentFiles }: BucketAccess): string[] {
  return [
    'use role accountadmin',
    `use warehouse ${warehouse}`,
    `select staged_key as STAGED_KEY from ${currentFiles} order by published_at desc limit 1`,
  ];
}

/** SQL reference, "SYSTEM$VALIDATE_STORAGE_INTEGRATION": the file's name without its folder. */
function validateSql({ integration, bucketUrl }: BucketAccess, action: 'list' | 'read', key: string): string {
  const cut = key.lastIndexOf('/') + 1;
  const folder = action === 'list' ? bucketUrl : `${bucketUrl}${key.slice(0, cut)}`;
  const texts = [integration, folder, key.slice(cut), action].map(quoteText);
  return `select system$validate_storage_integration(${texts.join(', ')}) as ANSWER`;
}

interface CheckAnswer {
  readonly isSuccess: boolean;
  /** What Snowflake says of each action, or the whole answer where it cannot be read. */
  readonly text: string;
}

const Action = z.object({ status: z.string(), message: z.optional(z.string()) });
const Answer = z.object({
  status: z.string(),
  message: z.optional(z.string()),
  actions: z.optional(z.record(z.string(), Action)),
});

function answerOf([row]: readonly Readonly<Record<string, unknown>>[]): CheckAnswer {
  const text = String(row?.ANSWER);
  const parsed = Answer.safeParse(documentOf(text));
  // Whatever is no clear yes is none.
  if (!parsed.success) return { isSuccess: false, text: printable(text) };
  const { status, message = status, actions = {} } = parsed.data;
  const reasons = Object.values(actions).flatMap((action) => action.message ?? []);
  return { isSuccess: status === 'success', text: printable([...reasons, message].join(' ')) };
}

function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * S3 answers 404 for an object that is not there, to whoever may list the bucket; 403 without the
 * right to read (API reference, GetObject). STS refuses a role in the same words.
 */
function isDenied({ text }: CheckAnswer): boolean {
  return /\b403\b|access ?denied|not authorized|forbidden/i.test(text);
}

function refused({ bucketUrl }: BucketAccess, what: string, { text }: CheckAnswer): SetupFailed {
  return new SetupFailed(`Snowflake cannot ${what}, ${bucketUrl}: ${text}\n${WHAT_TO_DO}`);
}
