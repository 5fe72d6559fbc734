import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the same state. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/**
 * Takes a state folder for this process alone; answers how to give it back. The lock is SQLite's on a file of its own:
 * the system frees it when the process ends, however it ends. Throws StateInUse when another process has it.
 */
export function lockState(folder: string): () => void {
  const db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    throw new StateInUse(`${folder} is in use by another process: wait for it, or choose another folder with --keep`);
  }
  return () => db.close();
}

/** SQLITE_BUSY is 5 (SQLite, Result and Error Codes). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
