import type { Connection as DriverConnection, RowStatement, SnowflakeError } from 'snowflake-sdk';
import { withDeadline } from '../../base/deadline.ts';
import type { SnowflakeCredentials } from './credentials.ts';
import { failureOf, SnowflakeFailure } from './failures.ts';
import { phaseOf, type QueryStatus } from './queryStatus.ts';

export type Bind = string | number | null;

/**
 * By upper-case column name. Timestamps, dates and semi-structured values are strings; numbers
 * above 2^53 lose digits.
 */
export type SnowflakeRow = Readonly<Record<string, string | number | boolean | null>>;

/** Where the statements of a connection run, and under which name. */
export interface ConnectionPlace {
  readonly database: string;
  readonly schema: string;
  readonly warehouse: string;
  /** The application's name in Snowflake's logs. */
  readonly application: string;
  /**
   * What happens when it is closed: queries that were submitted run on, or the server ends the
   * session and all in it.
   */
  readonly whenClosed: 'queriesRunOn' | 'sessionEnds';
}

/**
 * One signed-in session of the driver, and all of the driver that is used. Every method throws
 * SnowflakeFailure.
 */
export interface Connection {
  /**
   * Runs one statement. Within one connection, statements with the same request id run once, and
   * all get its answer. When the signal is aborted, the server is asked to cancel the statement;
   * the answer is still awaited.
   */
  execute(sql: string, binds: readonly Bind[], requestId: string, signal: AbortSignal): Promise<SnowflakeRow[]>;
  /**
   * Hands a statement over, with its query tag, and answers its query id without waiting for its
   * end.
   */
  submit(sql: string, queryTag: string, requestId: string): Promise<string>;
  /**
   * Asks once. The driver neither repeats this request nor renews an expired session for it: see
   * {@link Connection.renew}.
   */
  status(queryId: string): Promise<QueryStatus>;
  /**
   * The rows of a query that has ended, also one of another session; throws why it failed. Waits
   * for one that runs.
   */
  result(queryId: string): Promise<SnowflakeRow[]>;
  /**
   * Renews an expired session where the server allows it. Answers whether the connection is of use.
   */
  renew(): Promise<boolean>;
  /**
   * Never fails, and ends within seconds: a session that cannot be ended is left to the server's
   * own timeout.
   */
  close(): Promise<void>;
}

const CLOSE_SECONDS = 5;

/**
 * Loaded when it is needed: that takes the driver about 200 ms, and it reads these variables as it
 * loads.
 */
async function loadDriver(): Promise<typeof import('snowflake-sdk')> {
  // Neither a search for metadata services of clouds, nor native code, nor reports to the vendor
  // about the connection.
  process.env.SNOWFLAKE_DISABLE_PLATFORM_DETECTION = 'true';
  process.env.SNOWFLAKE_DISABLE_MINICORE = '1';
  process.env.SF_TELEMETRY_DISABLE_CONNECTION_SHAPE = '1';
  const { default: driver } = await import('snowflake-sdk');
  // Else it writes a file into the working directory.
  driver.configure({ logLevel: 'OFF' });
  return driver;
}

/** Signs in. When the signal is aborted, a connection that comes up later is closed. */
export async function connect(
  credentials: SnowflakeCredentials,
  place: ConnectionPlace,
  signal: AbortSignal,
): Promise<Connection> {
  const { createConnection } = await loadDriver();
  const { account, accessUrl, username, role, privateKey } = credentials;
  const { database, schema, warehouse, application, whenClosed } = place;
  let driver: DriverConnection;
  try {
    driver = createConnection({
      account,
      username,
      database,
      schema,
      warehouse,
      application,
      ...(accessUrl !== undefined && { accessUrl: accessUrl.replace(/\/$/, '') }),
      ...(role !== undefined && { role }),
      ...(privateKey === undefined
        ? { authenticator: 'WORKLOAD_IDENTITY', workloadIdentityProvider: 'AWS' }
        : { authenticator: 'SNOWFLAKE_JWT', privateKey }),
      clientSessionKeepAlive: false,
      serverSessionKeepAlive: whenClosed === 'queriesRunOn',
      fetchAsString: ['Date', 'JSON', 'Buffer'],
      // Else what is fetched as a string says NULL for null.
      representNullAsStringNull: false,
    });
  } catch (error) {
    throw failureOf(error);
  }
  // Without a callback the driver does not report that it was refused.
  const connected = new Promise<void>((resolve, reject) => {
    driver.connect((error) => (error ? reject(failureOf(error)) : resolve()));
  });
  const connection = wrap(driver);
  signal.addEventListener('abort', () => {
    void connected.then(connection.close, () => undefined);
  });
  await connected;
  return connection;
}

function wrap(driver: DriverConnection): Connection {
  const cancelling = new Set<Promise<void>>();
  return {
    async execute(sql, binds, requestId, signal) {
      const started = executed((complete) =>
        driver.execute({ sqlText: sql, binds: [...binds], requestId, streamResult: true, complete }),
      );
      signal.addEventListener(
        'abort',
        () => {
          const cancelled = new Promise<void>((resolve) => started.statement.cancel(() => resolve()));
          cancelling.add(cancelled);
          void cancelled.then(() => cancelling.delete(cancelled));
        },
        { once: true },
      );
      return rowsOf(await started.completed);
    },
    async submit(sql, queryTag, requestId) {
      // With streamResult the driver hands out the error of an asynchronous statement; else it
      // keeps that to itself.
      const { completed } = executed((complete) =>
        driver.execute({
          sqlText: sql,
          requestId,
          parameters: { QUERY_TAG: queryTag },
          asyncExec: true,
          streamResult: true,
          complete,
        }),
      );
      const queryId: string | undefined = (await completed).getQueryId();
      if (queryId !== undefined) return queryId;
      throw new SnowflakeFailure({ code: 'NO_QUERY_ID', kind: 'transient', message: 'no query id came back' });
    },
    async status(queryId) {
      const word = await driver.getQueryStatus(queryId).catch((error: unknown) => {
        // Without a session, or while it is being renewed, the driver stumbles over its own state.
        throw error instanceof TypeError ? sessionGone() : failureOf(error);
      });
      const is = phaseOf(word);
      return is === 'failed' ? { is, code: word, message: `the query ended as ${word}` } : { is };
    },
    async result(queryId) {
      const { completed } = executed((complete) => driver.fetchResult({ queryId, streamResult: true, complete }));
      return rowsOf(await completed);
    },
    async renew() {
      return driver.isValidAsync();
    },
    async close() {
      await withDeadline({ what: 'closing the session', seconds: CLOSE_SECONDS }, async () => {
        await Promise.all(cancelling);
        await new Promise<void>((resolve) => driver.destroy(() => resolve()));
      }).catch(() => undefined);
    },
  };
}

type Complete = (error: SnowflakeError | undefined, statement: RowStatement) => void;

/**
 * A statement of the driver and its completion as a promise, which rejects with SnowflakeFailure.
 */
function executed(start: (complete: Complete) => RowStatement): {
  statement: RowStatement;
  completed: Promise<RowStatement>;
} {
  const { promise, resolve, reject } = Promise.withResolvers<RowStatement>();
  // What is wrong with a statement before it is sent (binds, ids) the driver throws.
  try {
    const statement = start((error, done) => (error ? reject(failureOf(error)) : resolve(done)));
    return { statement, completed: promise };
  } catch (error) {
    throw failureOf(error);
  }
}

async function rowsOf(statement: RowStatement): Promise<SnowflakeRow[]> {
  const rows: SnowflakeRow[] = [];
  try {
    for await (const row of statement.streamRows()) rows.push(namedInUpperCase(row));
  } catch (error) {
    throw failureOf(error);
  }
  return rows;
}

/** SHOW and some functions name their columns in lower case. */
function namedInUpperCase(row: object): SnowflakeRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value ?? null]));
}

function sessionGone(): SnowflakeFailure {
  return new SnowflakeFailure({ code: '407002', kind: 'reconnect', message: 'the session is gone' });
}
