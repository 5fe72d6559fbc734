import { describe, expect, it } from 'vitest';
import { type BucketAccess, bucketCheckSql, checkBucket } from '../../../src/programs/setup/bucketCheck.ts';
import { type RunStatement, SetupFailed } from '../../../src/programs/setup/runStatement.ts';
import { parseSnowflake } from '../../adapters/snowflake/snowflakeGrammar.ts';

const ACCESS: BucketAccess = {
  integration: 'CUR_STAGING',
  bucketUrl: 's3://cur-staging/',
  warehouse: 'CUR_WH',
  currentFiles: 'CUR.CUR.CUR_CURRENT_FILES',
};
const PUBLISHED = 'year=2026/month=10/payer-111122223333/report-00001.0123.parquet';
const SUCCESS = { status: 'success', actions: { READ: { status: 'success' } } };
/** As the reference of SYSTEM$VALIDATE_STORAGE_INTEGRATION shows failures. */
const failing = (action: string, message: string) => ({
  status: 'failure',
  actions: { [action]: { message, status: 'failure' } },
  message: 'Some of the integration checks failed.',
});
const DENIED = 'Access Denied (Status Code: 403; Error Code: AccessDenied)';

interface World {
  readonly published?: string;
  readonly list?: unknown;
  readonly read?: unknown;
}

/** Checks a bucket that answers so; what was reported, and which statements were sent. */
async function checking({ published, list = SUCCESS, read = SUCCESS }: World) {
  const reported: string[] = [];
  const sent: string[] = [];
  const answer = (value: unknown) => [{ ANSWER: typeof value === 'string' ? value : JSON.stringify(value) }];
  const run: RunStatement = async (sql) => {
    sent.push(sql);
    if (sql.includes("'list'")) return answer(list);
    if (sql.includes("'read'")) return answer(read);
    return sql.startsWith('select staged_key') && published !== undefined ? [{ STAGED_KEY: published }] : [];
  };
  const error = await checkBucket(ACCESS, run, (line) => reported.push(line)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { reported, sent, error, message: error instanceof Error ? error.message : undefined };
}

describe('the check of the staging bucket', () => {
  it('lists the bucket, then reads the newest published file in its folder', async () => {
    const { reported, sent, error } = await checking({ published: PUBLISHED });
    expect(error).toBeUndefined();
    expect(sent.slice(-2)).toEqual([
      `select system$validate_storage_integration('CUR_STAGING', 's3://cur-staging/', 'report-00001.0123.parquet', 'list') as ANSWER`,
      `select system$validate_storage_integration('CUR_STAGING', 's3://cur-staging/year=2026/month=10/payer-111122223333/', 'report-00001.0123.parquet', 'read') as ANSWER`,
    ]);
    expect(reported).toEqual([
      'staging bucket: Snowflake lists s3://cur-staging/',
      'staging bucket: Snowflake reads files in it',
    ]);
  });

  it('fails when the bucket cannot be listed, says why and what to do, and asks no further', async () => {
    const { error, message, sent } = await checking({ list: failing('LIST', 'Error assuming AWS_ROLE') });
    expect(error).toBeInstanceOf(SetupFailed);
    expect(message).toContain('cannot list the staging bucket, s3://cur-staging/: Error assuming AWS_ROLE');
    expect(message).toContain('snowflakeUserArn and snowflakeExternalId in serverless.yml must be the values of');
    expect(sent.filter((sql) => sql.includes("'read'"))).toEqual([]);
  });

  it('fails when a published file cannot be read, whatever the reason', async () => {
    for (const reason of [DENIED, 'The specified key does not exist. (Status Code: 404; Error Code: NoSuchKey)']) {
      const { message } = await checking({ published: PUBLISHED, read: failing('READ', reason) });
      expect(message).toContain(`cannot read ${PUBLISHED} in the staging bucket`);
      expect(message).toContain(reason);
    }
  });

  it('passes while no file is published and a made-up one is not found, and says that reading is not proved', async () => {
    const { error, reported } = await checking({ read: failing('READ', 'The file does not exist (404)') });
    expect(error).toBeUndefined();
    expect(reported.at(-1)).toContain('no file is published yet');
  });

  it('fails while no file is published and reading is denied', async () => {
    const { message } = await checking({ read: failing('READ', DENIED) });
    expect(message).toContain(`cannot read files in the staging bucket, s3://cur-staging/: ${DENIED}`);
  });

  it.each(['', 'null', 'yes', '{"status": 1}', '{"status": "SUCCESS?"}'])('takes %j for no success', async (list) => {
    expect((await checking({ list })).error).toBeInstanceOf(SetupFailed);
  });

  it('is Snowflake SQL', async () => {
    expect(await parseSnowflake(bucketCheckSql(ACCESS))).toHaveLength(5);
  });
});
