import type { DuckDBConnection } from '@duckdb/node-api';
import { changesSession, lastNumberOf, stepsOf } from '../../analytics/steps.ts';
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
import { statementFailure } from '../../warehouse/statementFailure.ts';
import { FencedOff, WarehouseBroken } from '../../warehouse/warehouse.ts';
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
}

/**
 * Runs a step whole when it is submitted: nothing runs on without this process. Each item is one
 * transaction together with the note that it was committed, so a process that dies anywhere leaves
 * it done and noted, or neither. A step has a connection of its own: what it sets, and its
 * temporary tables, end with it. A process that dies between two items takes these along; then an
 * item that needs them fails, and the next run begins with the whole step.
 */
export function createDuckdbScript(options: DuckdbScriptOptions): ScriptEngine {
  const { writes, connect, analyticsStatements, oneSession = false } = options;
  return {
    visibleWithinSeconds: 0,
    steps: (period, payers) => stepsOf(analyticsStatements(period, payers), { oneSession }),
    submit: (run, step) =>
      writes(async (connection) => {
        await raiseScriptFence(connection, run);
        const own = await connect();
        try {
          return await runStep(own, run, step);
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

async function runStep(connection: DuckDBConnection, run: ScriptRun, step: Step): Promise<StepState> {
  for (const statement of step.head) {
    const failure = await runAlone(connection, statement);
    if (failure) return { is: 'failed', failure };
  }
  for (const item of step.items) {
    const failure = await runItem(connection, run, item);
    if (failure) return { is: 'failed', failure };
  }
  return { is: 'done' };
}

/** What it did was gone with the session that it was done in. */
function isGone(item: ScriptItem): boolean {
  return item.is === 'statements' && changesSession(item);
}

async function runAlone(connection: DuckDBConnection, statement: ScriptStatement): Promise<StepFailure | undefined> {
  try {
    await connection.run(statement.sql);
    return undefined;
  } catch (error) {
    return failureOf(statement, error);
  }
}

/**
 * Answers which statement failed and why, if one did: then nothing of the item was committed. What
 * a session loses when it ends is run again in each.
 */
async function runItem(
  connection: DuckDBConnection,
  run: ScriptRun,
  item: ScriptItem,
): Promise<StepFailure | undefined> {
  const { statements } = item;
  const last = lastNumberOf(item);
  let current: ScriptStatement = { number: last, sql: 'commit' };
  try {
    await inTransaction(connection, async () => {
      if ((await lastCommitted(connection, run)) >= last && !isGone(item)) return;
      for (const statement of statements) {
        current = statement;
        await connection.run(statement.sql);
      }
      current = { number: last, sql: 'commit' };
      await connection.run(
        'update cur_fence set script_statement = greatest(script_statement, $last) where period = $period',
        {
          period: run.period,
          last,
        },
      );
    });
    return undefined;
  } catch (error) {
    if (error instanceof FencedOff || error instanceof WarehouseBroken) throw error;
    return failureOf(current, error);
  }
}

/** DuckDB begins its messages with the type of the error: that is the code. */
function failureOf({ number, sql }: ScriptStatement, error: unknown): StepFailure {
  const reason = error instanceof Error ? error.message : String(error);
  const code = /^([A-Za-z]+( [A-Za-z]+)* Error):/.exec(reason)?.[1] ?? 'DUCKDB';
  return { statement: number, code, message: statementFailure(number, sql, reason) };
}
