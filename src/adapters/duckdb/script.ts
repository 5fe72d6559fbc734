import { DOUBLE, type DuckDBConnection, VARCHAR } from '@duckdb/node-api';
import { sessionItemsOf } from '../../analytics/sessionItems.ts';
import { lastNumberOf, stepsOf } from '../../analytics/steps.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { StepFailure } from '../../ledger/analyticsRecord.ts';
import type {
  RenderedStatement,
  ScriptEngine,
  ScriptItem,
  ScriptRun,
  ScriptStatement,
  Step,
  StepState,
} from '../../warehouse/script.ts';
import { reasonLine, statementFailure } from '../../warehouse/statementFailure.ts';
import { FencedOff, WarehouseBroken } from '../../warehouse/warehouse.ts';
import { asBroken } from './failures.ts';
import { lastCommitted, raiseScriptFence } from './fence.ts';
import { inTransaction } from './transaction.ts';
import type { ConnectionTurns } from './turns.ts';

interface DuckdbScriptOptions {
  /** The turns in which everything is written. */
  readonly writes: ConnectionTurns;
  /** Another connection to the same database. */
  readonly connect: () => Promise<DuckDBConnection>;
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly RenderedStatement[];
  /** The whole script needs one session. */
  readonly oneSession?: boolean | undefined;
  /** Milliseconds since whenever; never set back. */
  readonly clock: () => number;
}

const MAX_OUTCOME_CHARACTERS = 500;

/**
 * Runs a step whole when it is submitted: nothing runs on without this process. Each item is one
 * transaction together with the note that it was committed, so a process that dies anywhere leaves
 * it done and noted, or neither. A step has a connection of its own: what it sets, and its
 * temporary tables, end with it. What does nothing else is not noted, which would be a write to the
 * file for each, and is run again in each session. A process that dies behind any other item that a
 * temporary table was filled by takes that along; then an item that needs it fails, and the next
 * run begins with the whole step.
 */
export function createDuckdbScript(options: DuckdbScriptOptions): ScriptEngine {
  const { writes, connect, analyticsStatements, oneSession = false, clock } = options;
  return {
    visibleWithinSeconds: 0,
    steps: (period, payers) => stepsOf(analyticsStatements(period, payers), { oneSession }),
    submit: (run, step) =>
      writes(async (connection) => {
        await raiseScriptFence(connection, run);
        const own = await connect();
        try {
          return await runStep({ connection: own, run, clock }, step);
        } finally {
          own.closeSync();
        }
      }),
    look: (run, step) =>
      writes(async (connection) => {
        const committed = await lastCommitted(connection, run);
        const isDone = step.items.every((item) => lastNumberOf(item) <= committed);
        return isDone ? { is: 'done' } : undefined;
      }),
    async cancel() {},
  };
}

/** A step at work, in its own session. */
interface StepSession {
  readonly connection: DuckDBConnection;
  readonly run: ScriptRun;
  readonly clock: () => number;
}

async function runStep(session: StepSession, step: Step): Promise<StepState> {
  const { connection, run } = session;
  for (const statement of step.head) {
    const failed = await attempt(statement, (begin) => runEach(connection, [statement], begin));
    if (failed) return { is: 'failed', failure: failureOf(failed) };
  }
  const inSession = sessionItemsOf(step);
  for (const item of step.items) {
    const failed = await runItem(session, item, inSession.has(item) ? runForSession : runForGood);
    if (failed) return { is: 'failed', failure: failureOf(failed) };
  }
  const last = step.items.at(-1);
  if (last && inSession.has(last)) await inTransaction(connection, () => note(connection, run, lastNumberOf(last)));
  return { is: 'done' };
}

/** The statement that has failed, and what DuckDB threw. */
interface Failed {
  readonly statement: ScriptStatement;
  readonly error: unknown;
}

/**
 * Answers what has failed, if something did: then nothing of the item has taken effect. A check
 * fails alone: that is noted, and the step goes on.
 */
async function runItem(session: StepSession, item: ScriptItem, work: ItemWork): Promise<Failed | undefined> {
  const commit: ScriptStatement = { number: lastNumberOf(item), sql: 'commit' };
  const [first = commit] = item.statements;
  const startedAt = session.clock();
  const failed = await attempt(commit, (begin) => work(session, item, begin));
  const { check } = first;
  if (check === undefined) return failed;
  const seconds = (session.clock() - startedAt) / 1000;
  return attempt(first, () => noteOutcome(session.connection, { check, seconds, failed }));
}

/** Runs an item's statements, and says before each that it begins. */
type ItemWork = (session: StepSession, item: ScriptItem, begin: Begin) => Promise<void>;
type Begin = (statement: ScriptStatement) => void;

/** What is gone with its session is run in each. */
const runForSession: ItemWork = ({ connection }, { statements }, begin) =>
  inTransaction(connection, () => runEach(connection, statements, begin));

/** All else is committed once, together with a note of it. */
const runForGood: ItemWork = ({ connection, run }, item, begin) =>
  inTransaction(connection, async () => {
    const last = lastNumberOf(item);
    if ((await lastCommitted(connection, run)) >= last) return;
    await runEach(connection, item.statements, begin);
    begin({ number: last, sql: 'commit' });
    await note(connection, run, last);
  });

async function runEach(
  connection: DuckDBConnection,
  statements: readonly ScriptStatement[],
  begin: Begin,
): Promise<void> {
  for (const statement of statements) {
    begin(statement);
    await connection.run(statement.sql);
  }
}

/** Throws FencedOff. */
async function note(connection: DuckDBConnection, run: ScriptRun, last: number): Promise<void> {
  await lastCommitted(connection, run);
  await connection.run(
    'update cur_fence set script_statement = greatest(script_statement, $last) where period = $period',
    { period: run.period, last },
  );
}

interface CheckOutcome {
  readonly check: string;
  readonly seconds: number;
  readonly failed: Failed | undefined;
}

/** Throws what DuckDB throws where the script has not created the table. */
async function noteOutcome(connection: DuckDBConnection, { check, seconds, failed }: CheckOutcome): Promise<void> {
  const reason = failed ? reasonOf(failed.error) : undefined;
  const code = reason === undefined ? null : codeIn(reason);
  const message = reason === undefined ? null : reasonLine(reason, MAX_OUTCOME_CHARACTERS);
  await connection.run(
    'insert into cur_statement_outcomes (name, seconds, code, message) values ($check, $seconds, $code, $message)',
    { check, seconds, code, message },
    { check: VARCHAR, seconds: DOUBLE, code: VARCHAR, message: VARCHAR },
  );
}

/**
 * Does the work, and answers how the statement that it began last has failed, if one did. Throws
 * what ends the step whatever its statements are: FencedOff and WarehouseBroken.
 */
async function attempt(first: ScriptStatement, work: (begin: Begin) => Promise<void>): Promise<Failed | undefined> {
  let current = first;
  try {
    await work((statement) => {
      current = statement;
    });
    return undefined;
  } catch (thrown) {
    const error = asBroken(thrown);
    if (error instanceof FencedOff || error instanceof WarehouseBroken) throw error;
    return { statement: current, error };
  }
}

function failureOf({ statement: { number, sql }, error }: Failed): StepFailure {
  const reason = reasonOf(error);
  return { statement: number, code: codeIn(reason), message: statementFailure(number, sql, reason) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** DuckDB begins its messages with the type of the error: that is the code. */
function codeIn(reason: string): string {
  return /^([A-Za-z]+( [A-Za-z]+)* Error):/.exec(reason)?.[1] ?? 'DUCKDB';
}
