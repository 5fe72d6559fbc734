import type { DuckDBConnection } from '@duckdb/node-api';
import { asBroken } from './failures.ts';

/**
 * Commits what `work` did, or rolls it back and throws what went wrong first, never the rollback's
 * own error.
 */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await connection.run('begin transaction');
    const result = await work();
    await connection.run('commit');
    return result;
  } catch (error) {
    await rollBack(connection);
    throw asBroken(error);
  }
}

/**
 * Rolls back the open transaction; answers whether there was one (DuckDB refuses a rollback
 * without).
 */
async function rollBack(connection: DuckDBConnection): Promise<boolean> {
  return connection.run('rollback').then(
    () => true,
    () => false,
  );
}
