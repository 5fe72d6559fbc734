import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { analyticsStatements, loadScript } from '../analytics/script.ts';
import { SqliteLedger } from '../ledger/sqliteLedger.ts';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../warehouse/duckdb/warehouse.ts';
import { ledgerPath, stagingRoot, warehousePath } from './state.ts';
import { checkFormat, damaged } from './stateFormat.ts';
import { lockState } from './stateLock.ts';

const SCRIPT = fileURLToPath(new URL('../../sql/analytics_wastage_queries.sql', import.meta.url));

/** The parts of a state that have to be open to work on it. */
export interface OpenState {
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  readonly close: () => Promise<void>;
}

/**
 * Takes a state for this process alone and opens it; what is not there yet is made. Throws StateInUse when another process
 * has it, and StateUnusable when it is of another format, or a part of it is damaged.
 */
export async function openState(keep: string): Promise<OpenState> {
  await mkdir(stagingRoot(keep), { recursive: true });
  await using opened = new AsyncDisposableStack();
  opened.defer(lockState(keep));
  await checkFormat(keep);
  const ledger = openLedger(keep);
  opened.defer(() => ledger.close());
  const warehouse = await openWarehouse(keep);
  opened.defer(() => warehouse.close());
  const kept = opened.move();
  return { ledger, warehouse, close: () => kept.disposeAsync() };
}

function openLedger(keep: string): SqliteLedger {
  try {
    const ledger = new SqliteLedger(ledgerPath(keep));
    ledger.checkWhole();
    // Nobody else works on this state (the lock says so): what a killed process held is free.
    ledger.takeOver();
    return ledger;
  } catch (error) {
    throw damaged('ledger', keep, error);
  }
}

async function openWarehouse(keep: string): Promise<DuckdbWarehouse> {
  const script = await loadScript(SCRIPT);
  try {
    return await openDuckdbWarehouse({
      path: warehousePath(keep),
      stagingRoot: stagingRoot(keep),
      analyticsStatements: (period, payers) => analyticsStatements(script, period, payers),
    });
  } catch (error) {
    throw damaged('warehouse', keep, error);
  }
}
