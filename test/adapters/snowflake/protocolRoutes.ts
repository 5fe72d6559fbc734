import { type KeyObject, randomUUID, verify } from 'node:crypto';
import { inProgress, type QueryRuns } from './protocolQueries.ts';
import { asRecord, asText, bindsOf, SESSION_PARAMETERS } from './protocolWire.ts';

/** `submit` is a query that is asynchronous. */
export type Route = 'login' | 'query' | 'submit' | 'result' | 'status' | 'renew' | 'heartbeat' | 'abort' | 'logout';

export interface ServedSession {
  readonly sessionId: string;
  readonly master: string;
  token: string;
  queryTag: string | undefined;
  timeZone: string;
  isExpired: boolean;
  isMasterExpired: boolean;
}

/** A request, as far as its route needs it. */
export interface Asked {
  readonly url: URL;
  readonly body: Readonly<Record<string, unknown>>;
  readonly token: string | undefined;
}

/** The state of a server, which its routes share. */
export interface World {
  readonly runs: QueryRuns;
  readonly sessions: Set<ServedSession>;
  readonly logins: Readonly<Record<string, unknown>>[];
  readonly statuses: string[];
  trusted: readonly KeyObject[] | undefined;
}

/**
 * The time zone of a session that has set none: what an account has where nobody has changed it.
 */
export const ACCOUNT_TIME_ZONE = 'America/Los_Angeles';

/** What Snowflake answers on a route. */
export async function answerOf(world: World, route: Route, asked: Asked): Promise<object> {
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
    timeZone: ACCOUNT_TIME_ZONE,
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
export function signOut({ sessions, runs }: World, session: ServedSession): object {
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
    timeZone: session.timeZone,
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

export function refusal(code: string, message: string): object {
  return { success: false, code, message, data: null };
}
