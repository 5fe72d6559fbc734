import { mkdir, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../../adapters/duckdb/warehouse.ts';
import { openSqliteLedger, type SqliteLedger } from '../../adapters/sqlite/ledger.ts';
import { loadWastageScript } from '../../analytics/checks/readChecks.ts';
import { analyticsStatements, needsOneSession } from '../../analytics/script.ts';
import { DEFAULT_TAG_KEYS, type TagKeys } from '../../analytics/tagKeys.ts';
import { ledgerPath, stagingRoot, warehousePath } from './state.ts';
import { checkFormat, damaged } from './stateFormat.ts';
import { lockState } from './stateLock.ts';

const SQL = fileURLToPath(new URL('../../../sql/', import.meta.url));

/** The parts of a state that have to be open to work on it. */
interface OpenState {
  readonly ledger: SqliteLedger;
  readonly warehouse: DuckdbWarehouse;
  readonly close: () => Promise<void>;
}

/** What a person may choose of the warehouse. */
export interface WarehouseChoices {
  /** See DuckdbWarehouseOptions. */
  readonly memoryLimitBytes?: number | undefined;
  /** Without them the project's own. */
  readonly tagKeys?: TagKeys | undefined;
}

/**
 * Takes a state for this process alone and opens it; what is not there yet is made. Throws
 * StateInUse when another process has it, and StateUnusable when it is of another format, or a part
 * of it is damaged.
 */
export async function openState(keep: string, choices: WarehouseChoices): Promise<OpenState> {
  await mkdir(stagingRoot(keep), { recursive: true });
  await using opened = new AsyncDisposableStack();
  opened.defer(lockState(keep));
  await checkFormat(keep);
  await removeOrphans(keep);
  const ledger = openLedger(keep);
  opened.defer(() => ledger.close());
  const warehouse = await openWarehouse(keep, choices);
  opened.defer(() => warehouse.close());
  const kept = opened.move();
  return { ledger, warehouse, close: () => kept.disposeAsync() };
}

/** A log of a database that was deleted would be taken for the new one's. */
async function removeOrphans(keep: string): Promise<void> {
  const [ledger, warehouse] = [ledgerPath(keep), warehousePath(keep)];
  for (const [database, logs] of [
    [ledger, [`${ledger}-wal`, `${ledger}-shm`]],
    [warehouse, [`${warehouse}.wal`]],
  ] as const) {
    if ((await stat(database).catch(() => undefined)) !== undefined) continue;
    for (const log of logs) await rm(log, { force: true });
  }
}

function openLedger(keep: string): SqliteLedger {
  try {
    const ledger = openSqliteLedger(ledgerPath(keep));
    ledger.checkWhole();
    // Nobody else works on this state (the lock says so): what a killed process held is free.
    ledger.takeOver();
    return ledger;
  } catch (error) {
    throw damaged('ledger', keep, error);
  }
}

async function openWarehouse(
  keep: string,
  { memoryLimitBytes, tagKeys = DEFAULT_TAG_KEYS }: WarehouseChoices,
): Promise<DuckdbWarehouse> {
  const script = await loadWastageScript(SQL);
  try {
    return await openDuckdbWarehouse({
      path: warehousePath(keep),
      stagingRoot: stagingRoot(keep),
      memoryLimitBytes,
      analyticsStatements: (period, payers) => analyticsStatements(script, { period, payers, tagKeys }),
      oneSession: needsOneSession(script),
    });
  } catch (error) {
    throw damaged('warehouse', keep, error);
  }
}
