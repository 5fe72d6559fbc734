import { randomUUID } from 'node:crypto';
import type { KeptConnection } from '../../base/keptConnection.ts';
import { quoteValue } from '../../base/printable.ts';
import type { Connection, SnowflakeRow } from './connection.ts';
import { failureOf, SnowflakeFailure, wasAnswered } from './failures.ts';
import type { Persist } from './persistence.ts';
import type { QueryStatus } from './queryStatus.ts';

const QUERY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Queries that nobody waits for, of whichever session. What is not the id of a query throws a
 * RangeError.
 */
interface Queries {
  submit(sql: string, queryTag: string, head?: readonly string[]): Promise<string>;
  status(queryId: string): Promise<QueryStatus>;
  result(queryId: string): Promise<SnowflakeRow[]>;
}

/**
 * Asks over one connection, and submits each query over one that `connect` makes for it, which is
 * closed then; the query and its session go on (session.ts says why).
 */
export function createQueries(
  persist: Persist,
  asking: KeptConnection<Connection>,
  connect: () => KeptConnection<Connection>,
  deadlines: { readonly submitSeconds: number; readonly statusSeconds: number },
): Queries {
  const { submitSeconds, statusSeconds } = deadlines;
  return {
    async submit(sql, queryTag, head = []) {
      const submitting = connect();
      try {
        return await persist(
          submitting,
          { seconds: submitSeconds, what: 'submitting a query' },
          async (connection, requestId, signal) => {
            await setUp(connection, head, signal);
            return submitOnce(connection, sql, queryTag, requestId);
          },
        );
      } finally {
        await submitting.close();
      }
    },
    async status(queryId) {
      checkQueryId(queryId);
      return persist(asking, { seconds: statusSeconds, what: 'asking for a query' }, (connection) =>
        statusOf(connection, queryId),
      );
    },
    async result(queryId) {
      checkQueryId(queryId);
      return persist(asking, { seconds: statusSeconds, what: 'the result of a query' }, (connection) =>
        connection.result(queryId),
      );
    },
  };
}

/** Throws a SnowflakeFailure that says which statement was refused. */
async function setUp(connection: Connection, head: readonly string[], signal: AbortSignal): Promise<void> {
  for (const [headIndex, sql] of head.entries()) {
    await connection.execute(sql, [], randomUUID(), signal).catch((error: unknown) => {
      const { code, kind, message, sqlState } = failureOf(error);
      const reason = message.replace(`Snowflake: ${code}: `, '');
      throw new SnowflakeFailure({ code, kind, message: reason, sqlState, headIndex });
    });
  }
}

/**
 * Submits in one session only, where what is sent again under its request id runs once; the driver
 * does so by itself when an answer does not come. When the session is gone nobody knows whether the
 * query runs, and in a new one it might run twice: so this throws a SnowflakeFailure SESSION_LOST.
 * The caller looks for the query by its tag.
 */
async function submitOnce(connection: Connection, sql: string, queryTag: string, requestId: string): Promise<string> {
  try {
    return await connection.submit(sql, queryTag, requestId);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind !== 'reconnect') throw failure;
    const message = `the session is gone (${failure.code}), and the query that was submitted in it may run`;
    throw new SnowflakeFailure({ code: 'SESSION_LOST', kind: 'permanent', message });
  }
}

/** Throws a RangeError, which names the value, unless it is the id of a query. */
export function checkQueryId(queryId: string): void {
  if (!QUERY_ID.test(queryId)) throw new RangeError(`queryId must be the id of a query, got ${quoteValue(queryId)}`);
}

/**
 * The status, from a session that is renewed when it has expired, and why a query failed as far as
 * that can be learnt.
 */
async function statusOf(connection: Connection, queryId: string): Promise<QueryStatus> {
  const status = await connection.status(queryId).catch(async (error: unknown) => {
    const isRenewed = failureOf(error).kind === 'reconnect' && (await connection.renew());
    if (isRenewed) return connection.status(queryId);
    throw error;
  });
  // A query that is about to be aborted has no result yet: asking for it would wait.
  if (status.is !== 'failed' || status.code === 'ABORTING') return status;
  const failure = await connection.result(queryId).then(() => undefined, failureOf);
  if (!failure || !wasAnswered(failure)) return status;
  return { is: 'failed', code: failure.code, message: failure.message };
}
