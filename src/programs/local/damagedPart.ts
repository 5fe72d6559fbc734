import { isCorrupt } from '../../adapters/duckdb/failures.ts';
import { codeOf } from '../../adapters/folder/failures.ts';
import { LedgerDamaged } from '../../ledger/ledgerDamaged.ts';
import { WarehouseBroken } from '../../warehouse/warehouse.ts';
import { warehousePath } from './state.ts';
import { damaged, StateUnusable } from './stateFormat.ts';

/**
 * What to say of an error that a run ends with, where it comes of a damaged part of the state: that
 * may be met long after the part was opened. Any other error as it is.
 */
export function damagedPart(keep: string, error: unknown): unknown {
  if (error instanceof LedgerDamaged || codeOf(error) === 'ERR_SQLITE_ERROR') return damaged('ledger', keep, error);
  if (error instanceof WarehouseBroken) {
    const named = damaged('warehouse', keep, error);
    return named === error ? new StateUnusable(`${warehousePath(keep)}: ${error.message}`) : named;
  }
  return error instanceof Error && isCorrupt(error.message) ? damaged('warehouse', keep, error) : error;
}
