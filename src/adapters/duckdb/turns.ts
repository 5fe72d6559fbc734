import type { DuckDBConnection } from '@duckdb/node-api';
import { createTurns } from '../../base/turns.ts';
import { asBroken } from './failures.ts';

/**
 * Runs work on one connection, one piece after the other, so that transactions of concurrent
 * callers never interleave.
 */
export type ConnectionTurns = <Result>(work: (connection: DuckDBConnection) => Promise<Result>) => Promise<Result>;

/**
 * Makes the {@link ConnectionTurns} of a connection. Work that fails fails for its caller only, and
 * throws WarehouseBroken when DuckDB has given the whole database up.
 */
export function turnsOn(connection: DuckDBConnection): ConnectionTurns {
  const inTurn = createTurns();
  return (work) =>
    inTurn(async () => {
      try {
        return await work(connection);
      } catch (error) {
        throw asBroken(error);
      }
    });
}
