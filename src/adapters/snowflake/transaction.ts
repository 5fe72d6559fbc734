import { randomUUID } from 'node:crypto';
import type { KeptConnection } from '../../base/keptConnection.ts';
import { quoteValue } from '../../base/printable.ts';
import type { Bind, Connection, SnowflakeRow } from './connection.ts';
import { failureOf, wasAnswered } from './failures.ts';
import { inTime, isBreak, type Step } from './persistence.ts';
import type { Statements } from './statements.ts';

/**
 * The work between BEGIN, which was executed, and COMMIT; when it throws, ROLLBACK, and what it
 * threw. A session that leaves open what became of a statement is ended, and the transaction with
 * it: nothing is committed after that, even if the work goes on.
 */
export async function inTransaction<Result>(
  connection: Connection,
  kept: KeptConnection<Connection>,
  { seconds, signal }: Pick<Step, 'seconds' | 'signal'>,
  work: (statements: Statements) => Promise<Result>,
): Promise<Result> {
  const step = { what: 'a statement of a transaction', seconds, signal };
  let lost: unknown;
  let isOver = false;

  async function execute(sql: string, binds: readonly Bind[] = []): Promise<SnowflakeRow[]> {
    if (lost !== undefined) throw lost;
    try {
      return await inTime(step, (either) => connection.execute(sql, binds, randomUUID(), either));
    } catch (error) {
      if (signal?.aborted) {
        lost = signal.reason;
        throw lost;
      }
      const failure = failureOf(error);
      if (isBreak(failure) || !wasAnswered(failure)) lost = failure;
      throw failure;
    }
  }

  async function run(sql: string, binds?: readonly Bind[]): Promise<SnowflakeRow[]> {
    if (isOver) throw new Error(`the transaction is over, no statement can follow: ${quoteValue(sql)}`);
    return execute(sql, binds);
  }

  try {
    const result = await work({ run });
    isOver = true;
    await execute('commit');
    return result;
  } catch (error) {
    isOver = true;
    await execute('rollback').catch(() => kept.drop(connection));
    throw error;
  }
}
