import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing was ever kept there. Consequence: the message, exit status 1. */
export class NoState extends Error {
  override readonly name = 'NoState';
}

/** Where a state's parts lie, below the folder of --keep. */
export function ledgerPath(keep: string): string {
  return join(keep, 'ledger.sqlite');
}

export function warehousePath(keep: string): string {
  return join(keep, 'warehouse.duckdb');
}

export function stagingRoot(keep: string): string {
  return join(keep, 'staging');
}

/**
 * Throws NoState unless there is a ledger in the folder. `without` is the option that the person
 * leaves out to make one.
 */
export async function checkState(keep: string, without: string): Promise<void> {
  if ((await stat(ledgerPath(keep)).catch(() => undefined))?.isFile()) return;
  throw new NoState(`there is no state in ${keep} yet: npm start makes one, with the same options but ${without}`);
}
