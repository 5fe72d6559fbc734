import { type KeyObject, randomUUID, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createQueryRuns, inProgress, type QueryRuns } from './protocolQueries.ts';
import { asRecord, asText, bindsOf, bodyOf, type Column, reply, SESSION_PARAMETERS } from './protocolWire.ts';

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

/** `submit` is a query that is asynchronous. */
export type Route = 'login' | 'query' | 'submit' | 'result' | 'status' | 'renew' | 'heartbeat' | 'abort' | 'logout';

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

interface ServedSession {
  readonly sessionId: string;
  readonly master: string;
  token: string;
  queryTag: string | undefined;
  isExpired: boolean;
  isMasterExpired: boolean;
}

interface Asked {
  readonly url: URL;
  readonly body: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
}

/** The state of a server, which its routes share. */
interface World {
  readonly runs: QueryRuns;
  readonly sessions: Set<ServedSession>;
  readonly logins: Readonly<Record<string, unknown>>[];
  readonly statuses: string[];
  trusted: readonly KeyObject[] | undefined;
}

/**
 * A server on 127.0.0.1 that speaks Snowflake's protocol as far as the driver needs it: sessions
 * and their renewal, statements, asynchronous queries. `execute` does what statements ask, BEGIN
 * and COMMIT included. Three statements it never sees, because the server has what they are about:
 * ALTER SESSION SET, QUERY_HISTORY_BY_USER and SYSTEM$CANCEL_QUERY.
 */
export async function startProtocolServer(execute: Execute): Promise<ProtocolServer> {
  const sessions = new Set<ServedSession>();
  const runs = createQueryRuns(execute, (sessionId, tag) => {
    for (const session of sessions) if (session.sessionId === sessionId) session.queryTag = tag;
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
        const asked = { url, body, token: tokenOf(request) };
        return serve(response, fault, () => answerOf(world, route, asked));
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

async function serve(
  response: ServerResponse,
  fault: Fault | undefined,
  answerNow: () => Promise<object>,
): Promise<void> {
  if (fault === 'hangs') return;
  if (fault === 'dropped') return void response.destroy();
  if (fault === 'unavailable') return reply(response, 503, {});
  if (typeof fault === 'object') return reply(response, 200, refusal(fault.code, 'refused by order'));
  const answer = await answerNow();
  if (fault === 'lostAnswer') return void response.destroy();
  reply(response, 200, answer);
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  return /Token="([^"]*)"/.exec(headers.authorization ?? '')?.[1];
}

async function answerOf(world: World, route: Route, asked: Asked): Promise<object> {
  if (route === 'login') return signIn(world, asked);
  if (route === 'renew') return renew(world, asked);
  const session = [...world.sessions].find(({ token }) => token === asked.token);
  if (!session) return refusal('390111', 'Session no longer exists. New login required to access the service.');
  if (session.isExpired) return refusal('390112', 'Your session has expired. Please login again.');
  switch (route) {
    case 'heartbeat':
      return done({});
    case 'logout':
      return signOut(world, session);
    case 'query':
    case 'submit':
      return query(world, session, asked);
    case 'status':
      return status(world, asked);
    case 'result':
      return result(world, asked);
    case 'abort':
      return abort(world, session, asked);
    default:
      return route satisfies never;
  }
}

function signIn({ sessions, logins, trusted }: World, { url, body }: Asked): object {
  const data = asRecord(body.data);
  if (trusted && !trusted.some((key) => isSignedBy(key, asText(data.TOKEN) ?? ''))) {
    return refusal('390144', 'JWT token is invalid.');
  }
  logins.push({ ...Object.fromEntries(url.searchParams), ...data });
  const session: ServedSession = {
    sessionId: String(1000 + logins.length),
    token: randomUUID(),
    master: randomUUID(),
    queryTag: undefined,
    isExpired: false,
    isMasterExpired: false,
  };
  sessions.add(session);
  return done({
    token: session.token,
    masterToken: session.master,
    validityInSeconds: 3600,
    masterValidityInSeconds: 14400,
    sessionId: session.sessionId,
    parameters: SESSION_PARAMETERS,
  });
}

function isSignedBy(key: KeyObject, jwt: string): boolean {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  return verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

function renew({ sessions }: World, { token }: Asked): object {
  const session = [...sessions].find(({ master }) => master === token);
  if (!session || session.isMasterExpired) return refusal('390114', 'Authentication token has expired.');
  session.isExpired = false;
  session.token = randomUUID();
  return done({
    sessionToken: session.token,
    masterToken: session.master,
    validityInSecondsST: 3600,
    validityInSecondsMT: 14400,
    sessionId: session.sessionId,
  });
}

/** Ends the session and what it runs, submitted queries too, as Snowflake does. */
function signOut({ sessions, runs }: World, session: ServedSession): object {
  sessions.delete(session);
  for (const running of runs.queries) if (running.sessionId === session.sessionId) runs.abort(running);
  return done({});
}

async function query({ runs }: World, session: ServedSession, { url, body }: Asked): Promise<object> {
  const statement = {
    sql: asText(body.sqlText) ?? '',
    binds: bindsOf(body.bindings),
    sessionId: session.sessionId,
    queryTag: asText(asRecord(body.parameters).QUERY_TAG) ?? session.queryTag,
  };
  const begun = runs.begin(statement, url.searchParams.get('requestId') ?? randomUUID(), body.asyncExec === true);
  return begun.isAsync ? inProgress(begun) : runs.answer(begun);
}

async function result({ runs }: World, { url }: Asked): Promise<object> {
  const found = runs.find(url.pathname.split('/')[2] ?? '');
  return found ? runs.answer(found) : refusal('000709', 'Statement not found.');
}

function status({ runs, statuses }: World, { url }: Asked): object {
  const found = runs.find(url.pathname.split('/')[3] ?? '');
  const word = statuses.shift() ?? found?.status;
  return done({ queries: word === undefined ? [] : [{ id: found?.queryId, status: word, errorMessage: '' }] });
}

function abort({ runs }: World, { sessionId }: ServedSession, { url, body }: Asked): object {
  const found =
    runs.find(url.pathname.split('/')[2] ?? '') ?? runs.findByRequest(sessionId, asText(body.requestId) ?? '');
  if (found) runs.abort(found);
  return done({});
}

function done(data: object): object {
  return { success: true, code: null, message: null, data };
}

function refusal(code: string, message: string): object {
  return { success: false, code, message, data: null };
}
