import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { checkWhole } from '../../base/checkWhole.ts';
import { keepConnection } from '../../base/keptConnection.ts';
import { createLanes } from '../../base/lanes.ts';
import type { Bind, ConnectionPlace, SnowflakeRow } from './connection.ts';
import type { SnowflakeCredentials } from './credentials.ts';
import { createPersistence } from './persistence.ts';
import { checkQueryId, createQueries } from './queries.ts';
import type { QueryStatus } from './queryStatus.ts';
import { createSignIn, type SessionParameters } from './signIn.ts';
import type { Statements } from './statements.ts';
import { inTransaction } from './transaction.ts';

export type { Bind, SnowflakeRow } from './connection.ts';

/**
 * Work on Snowflake over connections of the same user, each opened when it is needed and again when
 * it broke:
 *
 *   statements   several, each with one statement or transaction at a time. When one breaks, misses a deadline or is
 *                to stop, its session is ended: the server rolls back what was open, and a statement that arrives
 *                late finds no session
 *   asking       asks for submitted queries. That is not a statement: it waits for none, and disturbs none
 *   submitting   a new one for each query: what runs in one session shares its transaction, its temporary tables and
 *                whatever it was set to, also with queries that run at the same time (Snowflake's documentation,
 *                "Considerations when reusing a session"). It is never logged out: that would cancel the query
 *
 * Everything but a transaction is repeated a few times, as failures.ts says. A statement whose
 * answer was lost keeps its request id and so runs once in a session; one whose session was lost
 * may run twice: it must be idempotent.
 */
export interface Session extends Statements {
  /** When the signal is aborted, the statement is cancelled, and the signal's reason thrown. */
  run(sql: string, binds?: readonly Bind[], signal?: AbortSignal): Promise<SnowflakeRow[]>;
  /**
   * BEGIN, the work, COMMIT, with no other statement in between; ROLLBACK when the work throws, or
   * the signal is aborted. Nothing of it is repeated: it throws, and the caller's run is repeated.
   * When COMMIT fails without an answer, it may have happened. The work must use the statements
   * that it is given: one of the session itself is no part of the transaction.
   */
  transaction<Result>(work: (statements: Statements) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /**
   * Submits a query under a query tag, in a session of its own, and in no second one; answers its
   * query id. `head` is run in that session before, statement by statement, each time that it is
   * tried. When it throws, the query may run: see `findByTag`; but not when a statement of the head
   * was refused, which is a SnowflakeFailure with its `headIndex`.
   */
  submit(sql: string, queryTag: string, head?: readonly string[]): Promise<string>;
  /** What has become of a submitted query, also one of another session. */
  status(queryId: string): Promise<QueryStatus>;
  /**
   * The rows of a submitted query that is done. Throws SnowflakeFailure; also when the result is no
   * longer kept, after a day.
   */
  result(queryId: string): Promise<SnowflakeRow[]>;
  /**
   * The oldest query with this tag in the last 7 days, if any: the first submitted. What runs
   * inside of a block is a query of its own, is younger, and may have the same tag.
   */
  findByTag(queryTag: string): Promise<string | undefined>;
  /** Asks Snowflake to end a query. No failure when it has ended already. */
  cancel(queryId: string): Promise<void>;
  /** Ends the session; submitted queries run on, and their sessions until Snowflake ends them. */
  close(): Promise<void>;
}

export interface SessionOptions extends SessionParameters {
  readonly readCredentials: () => Promise<SnowflakeCredentials>;
  readonly database: string;
  readonly schema: string;
  readonly warehouse: string;
  readonly application: string;
  /** What holds for submitted queries instead: nobody waits for them. */
  readonly submitted?: Submitted;
  /**
   * How long this side waits: for signing in, for a statement, for submitting a query, for what has
   * become of it.
   */
  readonly deadlines?: Partial<Deadlines>;
  /** How many statements run at the same time; one where it is not said. */
  readonly statementsAtOnce?: number | undefined;
  readonly backoff?: Backoff;
}

interface Submitted extends Partial<Pick<SessionParameters, 'statementTimeoutSeconds' | 'lockTimeoutSeconds'>> {
  readonly warehouse?: string | undefined;
}

interface Deadlines {
  readonly connectSeconds: number;
  readonly statementSeconds: number;
  readonly submitSeconds: number;
  readonly statusSeconds: number;
}

const DEADLINES: Deadlines = { connectSeconds: 60, statementSeconds: 300, submitSeconds: 120, statusSeconds: 30 };
/**
 * A step of the analytics may take hours. A block whose query was cancelled may leave its
 * transaction open, which Snowflake rolls back once it has blocked another for five minutes (its
 * documentation, "Transactions"): what is submitted has the time to wait for that.
 */
const SUBMITTED = { statementTimeoutSeconds: 21_600, lockTimeoutSeconds: 900 };

/**
 * Signs in, so that wrong credentials show at once, and answers the session. Throws what reading
 * credentials throws, SnowflakeFailure, and RangeError for a timeout that is not a whole number of
 * seconds.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { warehouse: submittedWarehouse = options.warehouse, ...submittedTimeouts } = options.submitted ?? {};
  const submitted: SessionParameters = { ...SUBMITTED, ...submittedTimeouts, queryTag: options.queryTag };
  for (const parameters of [options, submitted]) checkTimeouts(parameters);
  const { readCredentials, database, schema, warehouse, application } = options;
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const persist = createPersistence(options.backoff ?? createBackoff());
  const signIn = createSignIn(readCredentials, deadlines.connectSeconds);
  const place: ConnectionPlace = { database, schema, warehouse, application, whenClosed: 'sessionEnds' };
  const submitting: ConnectionPlace = { ...place, warehouse: submittedWarehouse, whenClosed: 'queriesRunOn' };
  const kept = (at: ConnectionPlace, parameters: SessionParameters) =>
    keepConnection(() => signIn(at, parameters), { closed: sessionClosed });
  const statements = Array.from({ length: options.statementsAtOnce ?? 1 }, () => kept(place, options));
  const onFreeLane = createLanes(statements);
  const asking = kept(place, options);
  const queries = createQueries(persist, asking, () => kept(submitting, submitted), deadlines);
  const seconds = deadlines.statementSeconds;
  await onFreeLane((lane) => lane.current());

  const run: Session['run'] = (sql, binds = [], signal = undefined) =>
    onFreeLane((lane) =>
      persist(lane, { what: 'a statement', seconds, signal }, (connection, requestId, either) =>
        connection.execute(sql, binds, requestId, either),
      ),
    );

  return {
    run,
    transaction(work, signal) {
      return onFreeLane(async (lane) => {
        const begun = await persist(lane, { what: 'BEGIN', seconds, signal }, async (connection, id, either) => {
          await connection.execute('begin transaction', [], id, either);
          return connection;
        });
        return inTransaction(begun, lane, { seconds, signal }, work);
      });
    },
    submit: queries.submit,
    status: queries.status,
    result: queries.result,
    async findByTag(queryTag) {
      // Without an end of the time range running queries are among them (Snowflake documentation,
      // QUERY_HISTORY).
      const [oldest] = await run(
        `select QUERY_ID from table(INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(RESULT_LIMIT => 10000))
         where QUERY_TAG = ? order by START_TIME limit 1`,
        [queryTag],
      );
      return oldest === undefined ? undefined : String(oldest.QUERY_ID);
    },
    async cancel(queryId) {
      checkQueryId(queryId);
      await run(`select SYSTEM$CANCEL_QUERY('${queryId}')`);
    },
    async close() {
      await Promise.all([...statements, asking].map((connection) => connection.close()));
    },
  };
}

function checkTimeouts(parameters: SessionParameters): void {
  const { statementTimeoutSeconds, lockTimeoutSeconds, queueTimeoutSeconds = 0 } = parameters;
  checkWhole('statementTimeoutSeconds', statementTimeoutSeconds, 1, 604_800);
  checkWhole('lockTimeoutSeconds', lockTimeoutSeconds, 0, 604_800);
  checkWhole('queueTimeoutSeconds', queueTimeoutSeconds, 0, 604_800);
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

function sessionClosed(): Error {
  return new Error('the Snowflake session was closed');
}
