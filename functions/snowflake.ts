import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readSnowflakeSecret, type SnowflakeCredentials } from '../src/adapters/snowflake/credentials.ts';
import { keepSession, openSession, type Session } from '../src/adapters/snowflake/session.ts';
import { withDeadline } from '../src/base/deadline.ts';
import type { SnowflakeEnvironment } from '../src/config/environment.ts';
import { SHORT_CALLS } from './clients.ts';

/** Who waits for another run's lock does so for a minute. */
const LOCK_TIMEOUT_SECONDS = 60;
const SECRET_SECONDS = 10;

/**
 * The stage's session with Snowflake. Nothing is connected before it is first asked for; it is kept for the invocations
 * that follow, and its credentials are read again when they are refused: whoever rotates them changes the secret alone.
 * A statement is given up after `statementSeconds`, on this side and on Snowflake's; a submitted query runs on for hours.
 */
export function snowflakeSession(environment: SnowflakeEnvironment, statementSeconds: number): () => Promise<Session> {
  const { STAGE, SNOWFLAKE_DATABASE: database, SNOWFLAKE_SCHEMA: schema, SNOWFLAKE_WAREHOUSE: warehouse } = environment;
  return keepSession(() =>
    openSession({
      readCredentials: () => readCredentials(environment),
      database,
      schema,
      warehouse,
      application: 'cur_reactor',
      queryTag: `reactor:${STAGE}`,
      statementTimeoutSeconds: statementSeconds,
      lockTimeoutSeconds: LOCK_TIMEOUT_SECONDS,
      deadlines: { statementSeconds },
    }),
  );
}

async function readCredentials({
  SNOWFLAKE_SECRET,
  SNOWFLAKE_ROLE,
}: SnowflakeEnvironment): Promise<SnowflakeCredentials> {
  const client = new SecretsManagerClient(SHORT_CALLS);
  try {
    const { SecretString } = await withDeadline(
      { what: 'reading the Snowflake secret', seconds: SECRET_SECONDS },
      (abortSignal) => client.send(new GetSecretValueCommand({ SecretId: SNOWFLAKE_SECRET }), { abortSignal }),
    );
    return { role: SNOWFLAKE_ROLE, ...readSnowflakeSecret(SecretString ?? '') };
  } finally {
    client.destroy();
  }
}
