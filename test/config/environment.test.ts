import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  copyVariables,
  EnvironmentInvalid,
  finalizeVariables,
  parseEnvironment,
  reconcileVariables,
  statusVariables,
  sweepVariables,
} from '../../src/config/environment.ts';

const BASE = {
  STAGE: 'dev',
  POWERTOOLS_SERVICE_NAME: 'cur-reactor',
  POWERTOOLS_METRICS_NAMESPACE: 'cur-reactor',
  LEDGER_TABLE: 'cur-reactor-dev-ledger',
  FINALIZE_QUEUE: 'cur-reactor-dev-finalize',
  PAYER_METRICS: '20',
  QUIET_SECONDS: '300',
  MAX_WAIT_SECONDS: '7200',
};
const { FINALIZE_QUEUE: _, ...READING } = BASE;
const STATUS = {
  ...READING,
  QUEUES: 'cur-reactor-prod-copy,cur-reactor-prod-finalize',
  DEAD_LETTER_QUEUES: 'cur-reactor-prod-copy-dlq',
  RELEASE: '0.1.0+4f1c2d3e5a6b',
};
const SWEEP = { ...BASE, STALE_AFTER_HOURS: '36' };
const COPY = {
  ...BASE,
  STAGING_BUCKET: 'cur-reactor-dev-staging',
  COPY_QUEUE: 'cur-reactor-dev-copy',
  MANIFEST_QUEUE: 'cur-reactor-dev-manifest',
  RABBITMQ_SECRET: 'cur-reactor/prod/rabbitmq',
};
const SNOWFLAKE = {
  SNOWFLAKE_SECRET: 'cur-reactor/prod/snowflake',
  SNOWFLAKE_DATABASE: 'CUR_REACTOR',
  SNOWFLAKE_SCHEMA: 'CUR',
  SNOWFLAKE_WAREHOUSE: 'CUR_REACTOR',
  SNOWFLAKE_QUEUE_SECONDS: '600',
  SNOWFLAKE_ROLE: 'CUR_REACTOR',
  SNOWFLAKE_USER: 'CUR_REACTOR_FINALIZE',
};
const FINALIZE = {
  ...COPY,
  ...SNOWFLAKE,
  RABBITMQ_VIRTUAL_HOST: 'cur-reactor-prod',
  SUPERSEDED_GRACE_SECONDS: '86400',
  LEASE_SECONDS: '960',
  RETRY_BASE_SECONDS: '60',
  RETRY_MAX_SECONDS: '3600',
  FINALIZE_STATEMENTS: '8',
  PARTITION_SECONDS: '240',
  SNOWFLAKE_ANALYTICS_WAREHOUSE: 'none',
  WAREHOUSE_TARGET: 'external',
  OWNER_KEY: 'user_owner',
  ENVIRONMENT_KEY: 'user_environment',
  REQUIRED_TAGS: 'user_owner,user_team',
  OWNER_DIGESTS: 'off',
};
const RECONCILE = {
  ...COPY,
  ...SNOWFLAKE,
  SUPERSEDED_GRACE_SECONDS: '86400',
  STALE_AFTER_HOURS: '36',
  RECONCILE_QUEUE: 'cur-reactor-prod-reconcile',
  RECONCILE_CONCURRENCY: '8',
  PAYERS_TABLE: 'aws_az_share.metadata.pro_refresh_config',
};

const FUNCTIONS = [
  { name: 'copy', variables: copyVariables, right: COPY },
  { name: 'finalize', variables: finalizeVariables, right: FINALIZE },
  { name: 'reconcile', variables: reconcileVariables, right: RECONCILE },
  { name: 'sweep', variables: sweepVariables, right: SWEEP },
  { name: 'status', variables: statusVariables, right: STATUS },
];

describe.each(FUNCTIONS)('the environment of $name', ({ variables, right }) => {
  it('is read without what other functions need', () => {
    const everything = { ...FINALIZE, ...RECONCILE, ...STATUS, PATH: '/bin' };
    expect(Object.keys(parseEnvironment(variables, everything)).sort()).toEqual(Object.keys(right).sort());
    expect(parseEnvironment(variables, right)).toMatchObject({ QUIET_SECONDS: 300, MAX_WAIT_SECONDS: 7200 });
  });

  it('names every variable that is not set, and no other', () => {
    fc.assert(
      fc.property(fc.subarray(Object.keys(right), { minLength: 1 }), (missing) => {
        const rest = Object.fromEntries(Object.entries(right).filter(([name]) => !missing.includes(name)));
        const message = refusal(variables, rest);
        const named = [...message.matchAll(/(\w+) is not set/g)].map(([, name]) => name);
        expect(named.sort()).toEqual([...missing].sort());
      }),
    );
  });

  it.each(Object.keys(right))('refuses an empty %s', (name) => {
    expect(refusal(variables, { ...right, [name]: '' })).toMatch(new RegExp(`${name} must be .*, got ""`));
  });
});

describe('the environment', () => {
  it('takes whole seconds only', () => {
    const texts = fc.string().filter((text) => !/^\d{1,9}$/.test(text));
    fc.assert(
      fc.property(texts, (text) => {
        expect(refusal(copyVariables, { ...COPY, QUIET_SECONDS: text })).toContain(
          'QUIET_SECONDS must be a whole number',
        );
      }),
    );
  });

  it('splits lists of queues', () => {
    expect(parseEnvironment(statusVariables, STATUS).QUEUES).toEqual([
      'cur-reactor-prod-copy',
      'cur-reactor-prod-finalize',
    ]);
    expect(refusal(statusVariables, { ...STATUS, QUEUES: 'a,,b' })).toContain('QUEUES must be names of queues');
  });

  it('reads the keys of tags, and takes no others', () => {
    expect(parseEnvironment(finalizeVariables, FINALIZE).REQUIRED_TAGS).toEqual(['user_owner', 'user_team']);
    expect(refusal(finalizeVariables, { ...FINALIZE, REQUIRED_TAGS: 'a,a' })).toContain('1 to 20 different keys');
    expect(refusal(finalizeVariables, { ...FINALIZE, OWNER_KEY: 'a\\b' })).toContain(
      'OWNER_KEY must be the key of a tag',
    );
  });

  it('reads whether owners get digests', () => {
    expect(parseEnvironment(finalizeVariables, FINALIZE).OWNER_DIGESTS).toBe(false);
    expect(parseEnvironment(finalizeVariables, { ...FINALIZE, OWNER_DIGESTS: 'on' }).OWNER_DIGESTS).toBe(true);
    expect(refusal(finalizeVariables, { ...FINALIZE, OWNER_DIGESTS: 'true' })).toContain(
      'OWNER_DIGESTS must be on or off',
    );
  });

  it('has no warehouse of the script’s own where it says none', () => {
    const { SNOWFLAKE_ANALYTICS_WAREHOUSE: none } = parseEnvironment(finalizeVariables, FINALIZE);
    expect(none).toBeUndefined();
    const own = { ...FINALIZE, SNOWFLAKE_ANALYTICS_WAREHOUSE: 'CUR_ANALYTICS' };
    expect(parseEnvironment(finalizeVariables, own).SNOWFLAKE_ANALYTICS_WAREHOUSE).toBe('CUR_ANALYTICS');
  });

  it('names all that is wrong at once, with the values', () => {
    const message = refusal(finalizeVariables, {
      ...FINALIZE,
      STAGING_BUCKET: 's3://staging',
      COPY_QUEUE: 'https://sqs/copy',
      LEASE_SECONDS: '0',
      QUIET_SECONDS: '7201',
    });
    expect(message).toContain('STAGING_BUCKET must be the name of a bucket, got "s3://staging"');
    expect(message).toContain(
      'COPY_QUEUE must be the name of a queue (letters, digits, - and _), got "https://sqs/copy"',
    );
    expect(message).toContain('LEASE_SECONDS must be a whole number of seconds, 1 or more, got "0"');
    expect(message).toContain('QUIET_SECONDS must not be above MAX_WAIT_SECONDS, got "7201" and "7200"');
  });

  it('escapes what would move a cursor', () => {
    expect(refusal(sweepVariables, { ...SWEEP, STAGE: 'dev\u001b[2J\u202e' })).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

function refusal(variables: Parameters<typeof parseEnvironment>[0], environment: Record<string, string>): string {
  try {
    parseEnvironment(variables, environment);
  } catch (error) {
    if (error instanceof EnvironmentInvalid) return error.message;
    throw error;
  }
  throw new Error('the environment was taken');
}
