import { type Backoff, createBackoff } from '../../aws/backoff.ts';
import { quoteValue } from '../../billing/printable.ts';
import { checkWhole } from '../../staging/checkWhole.ts';
import type { Bind, Connection, ConnectionPlace, SnowflakeRow } from './connection.ts';
import type { SnowflakeCredentials } from './credentials.ts';
import { failureOf, wasAnswered } from './failures.ts';
import { keepConnection } from './keptConnection.ts';
import { createPersistence } from './persistence.ts';
import type { QueryStatus } from './queryStatus.ts';
import { createSignIn, type SessionParameters } from './signIn.ts';
import { inTransaction } from './transaction.ts';

export type { Bind, SnowflakeRow } from './connection.ts';

export interface Statements {
  /** One statement, with `?` binds. Throws SnowflakeFailure. */
  run(sql: string, binds?: readonly Bind[]): Promise<SnowflakeRow[]>;
}

/**
 * Work on Snowflake over two connections of the same user, each opened when it is needed and again when it broke:
 *
 *   statements   one statement or transaction after the other. When it breaks, or misses a deadline, its session is
 *                ended: the server rolls back what was open, and a statement that arrives late finds no session
 *   background   submits queries and asks for them. It is never logged out: that would cancel what it submitted
 *
 * Everything but a transaction is repeated a few times, as failures.ts says. A statement whose answer was lost keeps its
 * request id and so runs once in a session; one whose session was lost may run twice: it must bear that.
 */
export interface Session extends Statements {
  /**
   * BEGIN, the work, COMMIT, with no other statement in between; ROLLBACK when the work throws. Nothing of it is repeated:
   * it throws, and the caller's run is repeated. When COMMIT fails without an answer, it may have happened. The work must
   * speak through the statements that it is given: one of the session itself would wait for the transaction's end.
   */
  transaction<Result>(work: (statements: Statements) => Promise<Result>): Promise<Result>;
  /** Submits a query under a query tag; answers its query id. When it throws, the query may run: see `findByTag`. */
  submit(sql: string, queryTag: string): Promise<string>;
  /** What has become of a submitted query, also one of another session. */
  status(queryId: string): Promise<QueryStatus>;
  /** The newest query that was submitted under this tag in the last 7 days, if any. */
  findByTag(queryTag: string): Promise<string | undefined>;
  /** Asks Snowflake to end a query. No failure when it has ended already. */
  cancel(queryId: string): Promise<void>;
  /** Ends the session; submitted queries run on. */
  close(): Promise<void>;
}

export interface SessionOptions extends SessionParameters {
  readonly readCredentials: () => Promise<SnowflakeCredentials>;
  readonly database: string;
  readonly schema: string;
  readonly warehouse: string;
  readonly application: string;
  /** How long this side waits: for signing in, for a statement, for the status of a query. */
  readonly deadlines?: Partial<Deadlines>;
  readonly backoff?: Backoff;
}

interface Deadlines {
  readonly connectSeconds: number;
  readonly statementSeconds: number;
  readonly statusSeconds: number;
}

const DEADLINES: Deadlines = { connectSeconds: 60, statementSeconds: 300, statusSeconds: 30 };
const QUERY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Signs in, so that wrong credentials show at once, and answers the session. Throws what reading credentials throws,
 * SnowflakeFailure, and RangeError for a timeout that is no whole number of seconds.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  checkWhole('statementTimeoutSeconds', options.statementTimeoutSeconds, 1, 604_800);
  checkWhole('lockTimeoutSeconds', options.lockTimeoutSeconds, 0, 604_800);
  const { readCredentials, database, schema, warehouse, application } = options;
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const persist = createPersistence(options.backoff ?? createBackoff());
  const signIn = createSignIn(readCredentials, options, deadlines.connectSeconds);
  const place = { database, schema, warehouse, application };
  const kept = (whenClosed: ConnectionPlace['whenClosed']) => keepConnection(() => signIn({ ...place, whenClosed }));
  const statements = kept('sessionEnds');
  const background = kept('queriesRunOn');
  const inTurn = createTurns();
  await statements.current();

  const run: Statements['run'] = (sql, binds = []) =>
    inTurn(() =>
      persist(statements, deadlines.statementSeconds, 'a statement', (connection, requestId, signal) =>
        connection.execute(sql, binds, requestId, signal),
      ),
    );

  return {
    run,
    transaction(work) {
      return inTurn(async () => {
        const begun = await persist(statements, deadlines.statementSeconds, 'BEGIN', async (connection, id, signal) => {
          await connection.execute('begin transaction', [], id, signal);
          return connection;
        });
        return inTransaction(begun, statements, deadlines.statementSeconds, work);
      });
    },
    submit(sql, queryTag) {
      return persist(background, deadlines.statementSeconds, 'submitting a query', (connection, requestId) =>
        connection.submit(sql, queryTag, requestId),
      );
    },
    async status(queryId) {
      checkQueryId(queryId);
      return persist(background, deadlines.statusSeconds, 'asking for a query', (connection) =>
        statusOf(connection, queryId),
      );
    },
    async findByTag(queryTag) {
      // Without an end of the time range running queries are among them (Snowflake documentation, QUERY_HISTORY).
      const [newest] = await run(
        `select QUERY_ID from table(INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(RESULT_LIMIT => 10000))
         where QUERY_TAG = ? order by START_TIME desc limit 1`,
        [queryTag],
      );
      return newest === undefined ? undefined : String(newest.QUERY_ID);
    },
    async cancel(queryId) {
      checkQueryId(queryId);
      await run(`select SYSTEM$CANCEL_QUERY('${queryId}')`);
    },
    async close() {
      await Promise.all([statements.close(), background.close()]);
    },
  };
}

/** Makes a function that opens a session once and keeps it, for all invocations of a process. */
export function keepSession(open: () => Promise<Session>): () => Promise<Session> {
  let opening: Promise<Session> | undefined;
  return () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}

/** The status, from a session that is renewed when it has expired, and why a query failed as far as that can be learnt. */
async function statusOf(connection: Connection, queryId: string): Promise<QueryStatus> {
  const status = await connection.status(queryId).catch(async (error: unknown) => {
    const isRenewed = failureOf(error).kind === 'reconnect' && (await connection.renew());
    if (isRenewed) return connection.status(queryId);
    throw error;
  });
  // A query that is about to be aborted has no result yet: asking for it would wait.
  if (status.is !== 'failed' || status.code === 'ABORTING') return status;
  const failure = await connection.failureOfQuery(queryId);
  if (!failure || !wasAnswered(failure)) return status;
  return { is: 'failed', code: failure.code, message: failure.message };
}

function checkQueryId(queryId: string): void {
  if (!QUERY_ID.test(queryId)) throw new RangeError(`queryId must be the id of a query, got ${quoteValue(queryId)}`);
}

/** One piece of work after the other; work that fails fails for its caller only. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
