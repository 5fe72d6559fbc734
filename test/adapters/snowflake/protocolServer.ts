import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createQueryRuns } from './protocolQueries.ts';
import {
  type Asked,
  answerOf,
  type Route,
  refusal,
  type ServedSession,
  signOut,
  type World,
} from './protocolRoutes.ts';
import { bodyOf, type Column, reply } from './protocolWire.ts';

/**
 * Runs what a client sent. What it throws as StatementError is what the client gets to hear; other
 * errors are 000603.
 */
export type Execute = (statement: ReceivedStatement, running: Running) => Promise<StatementResult>;

/** What runs a statement. */
export interface Running {
  /** Aborted when the query is. */
  readonly signal: AbortSignal;
  /**
   * Runs a statement of a block: a query of its own in the history, in the block's session and
   * under its tag.
   */
  readonly runChild: (sql: string) => Promise<StatementResult>;
}

/**
 * What a statement answers. Values are strings: digits for numbers, `true` and `false`,
 * `2026-04-01 00:00:00[.000]`.
 */
export interface StatementResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface ReceivedStatement {
  readonly sql: string;
  readonly binds: readonly (string | null)[];
  readonly sessionId: string;
  /** Of the statement, else of its session. */
  readonly queryTag: string | undefined;
  /** Of its session. */
  readonly timeZone: string;
}

/** What Snowflake refuses: six digits, such as 002003, and its SQL state. */
export class StatementError extends Error {
  readonly code: string;
  readonly sqlState: string;

  constructor(code: string, message: string, sqlState = '42000') {
    super(message);
    this.code = code;
    this.sqlState = sqlState;
  }
}

/** A query as the server remembers it. */
export interface ServedQuery extends ReceivedStatement {
  readonly queryId: string;
  readonly isAsync: boolean;
  status: 'RUNNING' | 'SUCCESS' | 'FAILED_WITH_ERROR' | 'ABORTED';
}

/**
 * What goes wrong with a request:
 *
 *   unavailable   503, and nothing happens
 *   dropped       the connection ends, and nothing happens
 *   lostAnswer    everything happens, then the connection ends
 *   hangs         nothing happens, and no answer comes
 *   { code }      Snowflake itself refuses, for example with 390144
 */
export type Fault = 'unavailable' | 'dropped' | 'lostAnswer' | 'hangs' | { readonly code: string };

export interface ProtocolServer {
  readonly accessUrl: string;
  /** Every query that was begun, oldest first. */
  readonly queries: readonly ServedQuery[];
  /** Which routes were asked, oldest first. */
  readonly requests: readonly Route[];
  /**
   * What each client that signed in said of itself (`data` and the query of its request), oldest
   * first.
   */
  readonly logins: readonly Readonly<Record<string, unknown>>[];
  /** The ids of sessions that were not logged out. */
  openSessions(): string[];
  /**
   * Ends sessions and what they run, as Snowflake does at its own time when their client is gone.
   */
  endSessions(sessionIds: readonly string[]): void;
  /**
   * The next requests of this route meet this fault. Faults of one route happen in the order of
   * their orders.
   */
  order(route: Route, fault: Fault, times?: number): void;
  /** The next requests for a status get these words, one each, whatever the truth. */
  answerStatuses(...words: string[]): void;
  /**
   * Tokens are not valid any more: those of sessions until they are renewed, those of masters for
   * good.
   */
  expire(which: 'sessions' | 'masters'): void;
  /**
   * From now on only who holds the private key to one of these may sign in. Until then everybody
   * may.
   */
  trust(...publicKeys: KeyObject[]): void;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 that speaks Snowflake's protocol as far as the driver needs it: sessions
 * and their renewal, statements, asynchronous queries. `execute` does what statements ask, BEGIN
 * and COMMIT included. Three statements it never sees, because the server has what they are about:
 * ALTER SESSION SET, QUERY_HISTORY_BY_USER and SYSTEM$CANCEL_QUERY.
 */
export async function startProtocolServer(execute: Execute): Promise<ProtocolServer> {
  const sessions = new Set<ServedSession>();
  const runs = createQueryRuns(execute, (sessionId, parameters) => {
    for (const session of sessions) if (session.sessionId === sessionId) Object.assign(session, parameters);
  });
  const world: World = { runs, sessions, logins: [], statuses: [], trusted: undefined };
  const requests: Route[] = [];
  const orders: { route: Route; fault: Fault }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (routeOf(url) === undefined) return reply(response, 404, { success: false });
    void bodyOf(request)
      .then((body) => {
        const route = routeOf(url, body);
        if (route === undefined) return;
        requests.push(route);
        const ordered = orders.findIndex((order) => order.route === route);
        const fault = ordered < 0 ? undefined : orders.splice(ordered, 1)[0]?.fault;
        return serve(response, fault, () => answerOf(world, route, { url, body, token: tokenOf(request) }));
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    accessUrl: `http://127.0.0.1:${port}`,
    queries: runs.queries,
    requests,
    logins: world.logins,
    openSessions: () => [...sessions].map(({ sessionId }) => sessionId),
    endSessions(sessionIds) {
      for (const session of sessions) if (sessionIds.includes(session.sessionId)) signOut(world, session);
    },
    order(route, fault, times = 1) {
      for (let count = 0; count < times; count++) orders.push({ route, fault });
    },
    answerStatuses: (...words) => void world.statuses.push(...words),
    expire(which) {
      for (const session of sessions) {
        session.isExpired = true;
        session.isMasterExpired ||= which === 'masters';
      }
    },
    trust(...publicKeys) {
      world.trusted = publicKeys;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function routeOf({ pathname, searchParams }: URL, body?: Asked['body']): Route | undefined {
  if (pathname === '/session/v1/login-request') return 'login';
  if (pathname === '/session/token-request') return 'renew';
  if (pathname === '/session/heartbeat') return 'heartbeat';
  if (pathname === '/session' && searchParams.get('delete') === 'true') return 'logout';
  if (pathname === '/queries/v1/query-request') return body?.asyncExec === true ? 'submit' : 'query';
  if (/^\/monitoring\/queries\/[^/]+$/.test(pathname)) return 'status';
  if (/^\/queries\/[^/]+\/result$/.test(pathname)) return 'result';
  return /^\/queries\/[^/]+\/abort-request$/.test(pathname) ? 'abort' : undefined;
}

/** Answers a request, or does to it what its fault says. */
async function serve(response: ServerResponse, fault: Fault | undefined, answer: () => Promise<object>): Promise<void> {
  if (fault === 'hangs') return;
  if (fault === 'dropped') return void response.destroy();
  if (fault === 'unavailable') return reply(response, 503, {});
  if (typeof fault === 'object') return reply(response, 200, refusal(fault.code, 'refused by order'));
  const body = await answer();
  if (fault === 'lostAnswer') return void response.destroy();
  reply(response, 200, body);
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  return /Token="([^"]*)"/.exec(headers.authorization ?? '')?.[1];
}
