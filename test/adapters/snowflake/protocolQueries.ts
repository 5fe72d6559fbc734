import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Execute, ReceivedStatement, Running, ServedQuery, StatementResult } from './protocolServer.ts';
import { asRecord, rowsetOf, rowtypeOf, SESSION_PARAMETERS } from './protocolWire.ts';

/**
 * Snowflake answers that a statement is not ready after 45 s; nobody wants to wait for that here.
 */
const PATIENCE_MS = 100;

const CANCELLED: Refusal = { code: '000604', message: 'SQL execution canceled', sqlState: '57014' };

export interface QueryRuns {
  readonly queries: readonly ServedQuery[];
  /** Begins a query; one that has the same request id in the same session is the same query. */
  begin(statement: ReceivedStatement, requestId: string, isAsync: boolean): ServedQuery;
  find(queryId: string): ServedQuery | undefined;
  findByRequest(sessionId: string, requestId: string): ServedQuery | undefined;
  /**
   * The answer to the request that brought a query, or that asks for its result: a result, a
   * refusal, or "not yet".
   */
  answer(query: ServedQuery): Promise<object>;
  abort(query: ServedQuery): void;
}

/** What ALTER SESSION SET changes for the statements that follow. */
interface SetParameters {
  readonly queryTag: string;
  readonly timeZone: string;
}

interface Refusal {
  readonly code: string;
  readonly sqlState: string;
  readonly message: string;
}

/**
 * The queries of a server: what `execute` does, and what the server knows itself (history,
 * cancelling, session parameters).
 */
export function createQueryRuns(
  execute: Execute,
  setParameters: (sessionId: string, parameters: Partial<SetParameters>) => void,
): QueryRuns {
  const queries: ServedQuery[] = [];
  const answers = new Map<ServedQuery, Promise<object>>();
  const aborts = new Map<ServedQuery, AbortController>();
  const byRequest = new Map<string, ServedQuery>();

  async function run(query: ServedQuery, signal: AbortSignal): Promise<object> {
    try {
      return succeeded(query, await ended(query, signal));
    } catch (error) {
      return failed(query, refusalOf(error));
    }
  }

  /** What a query answers, or why it does not; its status says the same. */
  async function ended(query: ServedQuery, signal: AbortSignal): Promise<StatementResult> {
    try {
      const runChild = (sql: string) => ended(add({ ...query, sql, binds: [] }, false), signal);
      const result = await Promise.race([served(query, { signal, runChild }), rejection(signal)]);
      query.status = 'SUCCESS';
      return result;
    } catch (error) {
      query.status = refusalOf(error).code === '000604' ? 'ABORTED' : 'FAILED_WITH_ERROR';
      throw error;
    }
  }

  function add({ sql, binds, sessionId, queryTag, timeZone }: ReceivedStatement, isAsync: boolean): ServedQuery {
    const queryId = randomUUID();
    const query: ServedQuery = { sql, binds, sessionId, queryTag, timeZone, queryId, isAsync, status: 'RUNNING' };
    queries.push(query);
    return query;
  }

  async function served(query: ServedQuery, running: Running): Promise<StatementResult> {
    if (/^\s*alter\s+session\s+set\b/i.test(query.sql)) {
      const queryTag = /\bQUERY_TAG\s*=\s*'([^']*)'/i.exec(query.sql)?.[1];
      const timeZone = /\bTIMEZONE\s*=\s*'([^']*)'/i.exec(query.sql)?.[1];
      if (queryTag !== undefined) setParameters(query.sessionId, { queryTag });
      if (timeZone !== undefined) setParameters(query.sessionId, { timeZone });
      return oneText('status', 'Statement executed successfully.');
    }
    if (/QUERY_HISTORY_BY_USER/i.test(query.sql)) return history(query);
    const cancelled = /SYSTEM\$CANCEL_QUERY\('([^']+)'\)/i.exec(query.sql)?.[1];
    if (cancelled !== undefined) {
      const target = queries.find(({ queryId }) => queryId === cancelled);
      if (target) abort(target);
      return oneText('SYSTEM$CANCEL_QUERY', target ? `query [${cancelled}] terminated.` : 'not currently executing.');
    }
    return execute(query, running);
  }

  /** One query of a tag, from whichever end the statement asks for. */
  function history({ sql, binds }: ServedQuery): StatementResult {
    const tagged = queries.filter(({ queryTag }) => queryTag === binds[0]);
    const found = /order by START_TIME limit 1$/i.test(sql) ? tagged[0] : tagged.at(-1);
    return oneText('QUERY_ID', ...(found ? [found.queryId] : []));
  }

  function abort(query: ServedQuery): void {
    if (query.status === 'RUNNING') aborts.get(query)?.abort(CANCELLED);
  }

  return {
    queries,
    begin(statement, requestId, isAsync) {
      const key = `${statement.sessionId} ${requestId}`;
      const known = byRequest.get(key);
      if (known) return known;
      const query = add(statement, isAsync);
      const abort = new AbortController();
      byRequest.set(key, query);
      aborts.set(query, abort);
      answers.set(query, run(query, abort.signal));
      return query;
    },
    find: (queryId) => queries.find((query) => query.queryId === queryId),
    findByRequest: (sessionId, requestId) => byRequest.get(`${sessionId} ${requestId}`),
    async answer(query) {
      const patience = new AbortController();
      const notYet = setTimeout(PATIENCE_MS, inProgress(query), { signal: patience.signal });
      notYet.catch(() => undefined);
      const answer = await Promise.race([answers.get(query) ?? notYet, notYet]);
      patience.abort();
      return answer;
    },
    abort,
  };
}

/** The answer to an asynchronous submit, and to everybody who asks for a result too early. */
export function inProgress({ queryId, isAsync }: ServedQuery): object {
  const data = { queryId, getResultUrl: `/queries/${queryId}/result`, progressDesc: null };
  return { success: true, code: isAsync ? '333334' : '333333', message: 'in progress', data };
}

function succeeded({ queryId }: ServedQuery, { columns, rows }: StatementResult): object {
  const rowset = rowsetOf(columns, rows);
  return {
    success: true,
    code: null,
    message: null,
    data: {
      parameters: SESSION_PARAMETERS,
      rowtype: rowtypeOf(columns),
      rowset,
      total: rowset.length,
      returned: rowset.length,
      queryId,
      queryResultFormat: 'json',
      statementTypeId: 4096,
      version: 1,
    },
  };
}

function failed({ queryId }: ServedQuery, { code, message, sqlState }: Refusal): object {
  return { success: false, code, message, data: { queryId, sqlState, errorCode: code } };
}

/** Rejects with the signal's reason when it is aborted, or was. */
function rejection(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}

/** A StatementError as it is, and an abort; anything else is an internal error of the server. */
function refusalOf(error: unknown): Refusal {
  const { code, sqlState, message } =
    error instanceof Error ? { ...asRecord(error), message: error.message } : asRecord(error);
  const isRefusal = typeof code === 'string' && typeof sqlState === 'string';
  return isRefusal
    ? { code, sqlState, message: String(message) }
    : { code: '000603', sqlState: 'XX000', message: String(error) };
}

function oneText(name: string, ...values: string[]): StatementResult {
  return { columns: [{ name, type: 'text' }], rows: values.map((value) => [value]) };
}
