import type { DuckDBConnection } from '@duckdb/node-api';
import { WarehouseBroken } from '../../warehouse/warehouse.ts';

/** Runs work on one connection, one piece after the other, so that transactions of concurrent callers never interleave. */
export type Turns = <Result>(work: (connection: DuckDBConnection) => Promise<Result>) => Promise<Result>;

/**
 * Makes the {@link Turns} of a connection. Work that fails fails for its caller only, and throws WarehouseBroken when
 * DuckDB has given the whole database up.
 */
export function turnsOn(connection: DuckDBConnection): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last
      .then(() => work(connection))
      .catch((error: unknown) => {
        throw asBroken(error);
      });
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Commits what `work` did, or rolls it back and throws what went wrong first, never what the rollback has to say. */
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

/** Rolls back the open transaction; answers whether there was one (DuckDB refuses a rollback without). */
async function rollBack(connection: DuckDBConnection): Promise<boolean> {
  return connection.run('rollback').then(
    () => true,
    () => false,
  );
}

/**
 * Whether DuckDB has met a block of its file whose checksum does not fit, or that is not there: whatever is asked of it, the
 * file is no good. Of a staged copy it says the same of being cut off, under its own name.
 */
export function isCorrupt(message: string): boolean {
  return /Corrupt database file|Could not read enough bytes from file ".*\.duckdb"/.test(message);
}

/**
 * After an error that leaves its file in doubt (a write or an fsync that failed), DuckDB says FATAL, and refuses every
 * statement with the words below until the database is opened again. They end in the first error: that is the reason.
 */
function asBroken(error: unknown): unknown {
  if (error instanceof WarehouseBroken || !(error instanceof Error)) return error;
  const isBroken = error.message.startsWith('FATAL Error') || error.message.includes('database has been invalidated');
  if (isCorrupt(error.message)) return new WarehouseBroken(oneLine(error.message), { cause: error });
  if (!isBroken) return error;
  const [, original] = /Original error: "?([\s\S]*?)"?\s*$/.exec(error.message) ?? [];
  const reason = oneLine((original ?? error.message).replace(/^FATAL Error: /, ''));
  return new WarehouseBroken(`the warehouse has to be opened again: ${reason}`, { cause: error });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
