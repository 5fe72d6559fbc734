import type { DuckDBConnection } from '@duckdb/node-api';

/** Runs work on one connection, one piece after the other, so that transactions of concurrent callers never interleave. */
export type Turns = <Result>(work: (connection: DuckDBConnection) => Promise<Result>) => Promise<Result>;

/** Makes the {@link Turns} of a connection. Work that fails fails for its caller only. */
export function turnsOn(connection: DuckDBConnection): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(() => work(connection));
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Commits what `work` did, or rolls it back and throws what `work` threw. */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run('begin transaction');
  try {
    const result = await work();
    await connection.run('commit');
    return result;
  } catch (error) {
    await rollBack(connection);
    throw error;
  }
}

/** Rolls back the open transaction; answers whether there was one (DuckDB refuses a rollback without). */
export async function rollBack(connection: DuckDBConnection): Promise<boolean> {
  return connection.run('rollback').then(
    () => true,
    () => false,
  );
}
