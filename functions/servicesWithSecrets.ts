import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { openRabbitmqBroker } from '../src/adapters/rabbitmq/rabbitmqBroker.ts';
import { type BrokerCredentials, readBrokerSecret } from '../src/adapters/rabbitmq/secret.ts';
import { readSnowflakeSecret, type SnowflakeCredentials } from '../src/adapters/snowflake/credentials.ts';
import { keepSession, openSession, type Session } from '../src/adapters/snowflake/session.ts';
import { withDeadline } from '../src/base/deadline.ts';
import type { SnowflakeEnvironment } from '../src/config/environment.ts';
import type { Broker } from '../src/outbox/broker.ts';
import { SHORT_CALLS } from './services.ts';

/**
 * What finalize and reconcile sign in to with a secret. It is apart from services.ts because the
 * schemas of the secrets are built when their files are imported: a bundler has to keep them, and
 * copy, sweep and status would carry them.
 */

/** Who waits for another run's lock does so for a minute. */
const LOCK_TIMEOUT_SECONDS = 60;
const SECRET_SECONDS = 10;

/** Where the broker's secret is, and what is the stage's own on it. */
interface BrokerEnvironment {
  /** The name of a secret, or `none`. */
  readonly RABBITMQ_SECRET: string;
  readonly RABBITMQ_VIRTUAL_HOST: string;
}

/**
 * The stage's broker; undefined where it has none. Nothing is read or connected before the first
 * message. The secret is read once, and again when the broker refuses it: whoever rotates it
 * changes the secret alone.
 */
export function openBroker({ RABBITMQ_SECRET, RABBITMQ_VIRTUAL_HOST }: BrokerEnvironment): Broker | undefined {
  if (RABBITMQ_SECRET === 'none') return undefined;
  return openRabbitmqBroker({
    readCredentials: (signal) => readBrokerCredentials(RABBITMQ_SECRET, signal),
    virtualHost: RABBITMQ_VIRTUAL_HOST,
  });
}

async function readBrokerCredentials(secretId: string, abortSignal: AbortSignal): Promise<BrokerCredentials> {
  return readBrokerSecret(await readSecret(secretId, abortSignal));
}

interface SnowflakeWork {
  readonly statementSeconds: number;
  readonly statementsAtOnce?: number | undefined;
  /** What runs submitted queries, where it is not the stage's warehouse. */
  readonly submittedWarehouse?: string | undefined;
}

/**
 * The stage's session with Snowflake. Nothing is connected before it is first asked for; it is kept
 * for the invocations that follow, and its credentials are read again when they are refused:
 * whoever rotates them changes the secret alone. A statement is given up after `statementSeconds`,
 * on this side and on Snowflake's; a submitted query runs on for hours.
 */
export function snowflakeSession(
  environment: SnowflakeEnvironment,
  { statementSeconds, statementsAtOnce, submittedWarehouse }: SnowflakeWork,
): () => Promise<Session> {
  const { STAGE, SNOWFLAKE_DATABASE: database, SNOWFLAKE_SCHEMA: schema, SNOWFLAKE_WAREHOUSE: warehouse } = environment;
  return keepSession(() =>
    openSession({
      readCredentials: () => readSnowflakeCredentials(environment),
      database,
      schema,
      warehouse,
      application: 'cur_reactor',
      queryTag: `reactor:${STAGE}`,
      statementTimeoutSeconds: statementSeconds,
      lockTimeoutSeconds: LOCK_TIMEOUT_SECONDS,
      queueTimeoutSeconds: environment.SNOWFLAKE_QUEUE_SECONDS,
      submitted: { warehouse: submittedWarehouse },
      deadlines: { statementSeconds },
      statementsAtOnce,
    }),
  );
}

async function readSnowflakeCredentials({
  SNOWFLAKE_SECRET,
  SNOWFLAKE_ROLE,
  SNOWFLAKE_USER,
}: SnowflakeEnvironment): Promise<SnowflakeCredentials> {
  const secret = await withDeadline({ what: 'reading the Snowflake secret', seconds: SECRET_SECONDS }, (abortSignal) =>
    readSecret(SNOWFLAKE_SECRET, abortSignal),
  );
  return { role: SNOWFLAKE_ROLE, ...readSnowflakeSecret(secret, SNOWFLAKE_USER) };
}

async function readSecret(secretId: string, abortSignal: AbortSignal): Promise<string> {
  const client = new SecretsManagerClient(SHORT_CALLS);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal });
    return SecretString ?? '';
  } finally {
    client.destroy();
  }
}
