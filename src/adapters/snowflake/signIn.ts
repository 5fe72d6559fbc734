import { randomUUID } from 'node:crypto';
import { withDeadline } from '../../base/deadline.ts';
import { type Connection, type ConnectionPlace, connect } from './connection.ts';
import type { SnowflakeCredentials } from './credentials.ts';
import { failureOf } from './failures.ts';

/**
 * What is set in a session once it is signed in. Everything is: the account's defaults may change.
 */
export interface SessionParameters {
  /** The tag of statements that have none of their own. */
  readonly queryTag: string;
  /** After this time Snowflake ends a statement by itself, a submitted one too. */
  readonly statementTimeoutSeconds: number;
  /** How long a statement waits for another transaction's lock. */
  readonly lockTimeoutSeconds: number;
  /**
   * How long a statement waits for a place in its warehouse; undefined and 0: whatever it takes.
   */
  readonly queueTimeoutSeconds?: number | undefined;
}

/**
 * Makes the function that signs in, and sets the session's parameters. Credentials are read when
 * they are first needed and remembered. When Snowflake refuses them they are read again, and tried
 * once more if they have changed: somebody rotated them. Throws what reading throws, and
 * SnowflakeFailure.
 */
export function createSignIn(
  read: () => Promise<SnowflakeCredentials>,
  seconds: number,
): (place: ConnectionPlace, parameters: SessionParameters) => Promise<Connection> {
  let remembered: SnowflakeCredentials | undefined;

  async function open(
    credentials: SnowflakeCredentials,
    place: ConnectionPlace,
    parameters: SessionParameters,
  ): Promise<Connection> {
    try {
      return await withDeadline({ what: 'signing in', seconds }, async (signal) => {
        const connection = await connect(credentials, place, signal);
        try {
          await connection.execute(alterSession(parameters, place), [], randomUUID(), signal);
          return connection;
        } catch (error) {
          await connection.close();
          throw error;
        }
      });
    } catch (error) {
      throw failureOf(error);
    }
  }

  return async (place, parameters) => {
    const credentials = remembered ?? (await read());
    try {
      const connection = await open(credentials, place, parameters);
      remembered = credentials;
      return connection;
    } catch (error) {
      if (failureOf(error).kind !== 'auth') throw error;
      const rotated = await read();
      if (JSON.stringify(rotated) === JSON.stringify(credentials)) throw error;
      const connection = await open(rotated, place, parameters);
      remembered = rotated;
      return connection;
    }
  };
}

/**
 * The time zone of the reactor's own statements: 14 hours ahead of UTC. None of them depends on it;
 * the audit counts rows of another month if one does. What is submitted is the customer's script,
 * for which the current day is UTC's.
 */
const FAR_TIME_ZONE = 'Pacific/Kiritimati';

/**
 * A client that is gone must not keep a transaction and its locks: its statements are aborted, but
 * for those that were submitted to run on (Snowflake documentation, ABORT_DETACHED_QUERY).
 */
function alterSession(parameters: SessionParameters, { whenClosed }: ConnectionPlace): string {
  const { queryTag, statementTimeoutSeconds, lockTimeoutSeconds, queueTimeoutSeconds = 0 } = parameters;
  return [
    'alter session set',
    `ABORT_DETACHED_QUERY = ${whenClosed === 'sessionEnds'}`,
    'AUTOCOMMIT = true',
    `LOCK_TIMEOUT = ${lockTimeoutSeconds}`,
    `QUERY_TAG = '${queryTag.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    `STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = ${queueTimeoutSeconds}`,
    `STATEMENT_TIMEOUT_IN_SECONDS = ${statementTimeoutSeconds}`,
    "TIMESTAMP_INPUT_FORMAT = 'AUTO'",
    "TIMESTAMP_TYPE_MAPPING = 'TIMESTAMP_NTZ'",
    `TIMEZONE = '${whenClosed === 'sessionEnds' ? FAR_TIME_ZONE : 'UTC'}'`,
    // An audit proves what can be read now, not what could be a day ago.
    'USE_CACHED_RESULT = false',
  ].join(' ');
}
