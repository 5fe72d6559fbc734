import type { Period } from '../../billing/period.ts';
import { AnalyticsFailed, FencedOff } from '../warehouse.ts';
import { checkFence, lockFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import type { Session, Statements } from './session.ts';

/** A statement with its number in the script, 1 for the first. */
export interface NumberedStatement {
  readonly number: number;
  readonly sql: string;
}

/**
 * What is committed together: one statement by itself, or those between `begin` and `commit`, both left out. A DDL
 * statement among these would commit what stands before it, unfenced (Snowflake's documentation, "Transactions").
 */
export type Step =
  | { readonly is: 'statement'; readonly statement: NumberedStatement }
  | { readonly is: 'transaction'; readonly statements: readonly NumberedStatement[]; readonly commitNumber: number };

const BEGIN = /^(begin(\s+(work|transaction))?|start\s+transaction)$/i;
const COMMIT = /^commit(\s+work)?$/i;

/** Cuts a script into steps. Throws AnalyticsFailed for a script that ends inside a transaction: nothing of it was run. */
export function stepsOf(script: readonly string[]): Step[] {
  const steps: Step[] = [];
  let open: NumberedStatement[] | undefined;
  for (const [index, text] of script.entries()) {
    const [number, sql] = [index + 1, text.trim()];
    if (!open && BEGIN.test(sql)) {
      open = [];
    } else if (open && COMMIT.test(sql)) {
      steps.push({ is: 'transaction', statements: open, commitNumber: number });
      open = undefined;
    } else if (open) {
      open.push({ number, sql });
    } else {
      steps.push({ is: 'statement', statement: { number, sql } });
    }
  }
  if (open) throw new AnalyticsFailed('the script ends inside a transaction: nothing of it was run');
  return steps;
}

/**
 * Runs a script's steps in their order, under the fence: no step of a run that a newer one has overtaken is committed.
 * The lock on the fence is taken just before a transaction's commit, so a newer run never waits for the analytics.
 * A statement outside of a transaction whose session was lost may run twice: it must bear that.
 * Throws FencedOff, and AnalyticsFailed with the statement's number, its first line, and Snowflake's code and message;
 * the transaction that it stands in is rolled back then, the steps before it stay. What the session throws when the
 * fence is asked for goes to the caller.
 */
export async function runScript(
  session: Session,
  names: SnowflakeNames,
  period: Period,
  epoch: number,
  script: readonly string[],
): Promise<void> {
  for (const step of stepsOf(script)) {
    if (step.is === 'statement') {
      await checkFence(session, names, period, epoch);
      await runStatement(session, step.statement);
      continue;
    }
    try {
      await session.transaction(async (statements) => {
        for (const statement of step.statements) await runStatement(statements, statement);
        await lockFence(statements, names, period, epoch);
      });
    } catch (error) {
      if (error instanceof AnalyticsFailed || error instanceof FencedOff) throw error;
      const reason = `the transaction that ends at statement ${step.commitNumber}: ${reasonOf(error)}`;
      throw new AnalyticsFailed(reason, { cause: error });
    }
  }
}

async function runStatement(statements: Statements, { number, sql }: NumberedStatement): Promise<void> {
  try {
    await statements.run(sql);
  } catch (error) {
    const firstLine = sql.split('\n', 1).join();
    throw new AnalyticsFailed(`statement ${number} (${firstLine}): ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
