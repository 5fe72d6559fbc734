import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the same state. Consequence: the message, exit status 1. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/**
 * Who holds the lock: written by the holder, for the message to whoever comes next. It decides
 * nothing.
 */
const HOLDER = 'holder.json';

/**
 * Takes a state folder for this process alone; answers how to give it back. The lock is SQLite's on
 * a file of its own: the system frees it when the process ends, however it ends. Throws StateInUse,
 * which names the process that has it.
 */
export function lockState(folder: string, { pid = process.pid, now = Date.now } = {}): () => void {
  const unlock = takeLock(folder);
  if (!unlock) {
    throw new StateInUse(
      `${folder} is in use by ${holderOf(folder)}: wait for it, stop it, or choose another folder with --keep`,
    );
  }
  writeFileSync(join(folder, HOLDER), `${JSON.stringify({ pid, since: new Date(now()).toISOString() })}\n`);
  return unlock;
}

/**
 * Whether a process holds the state at this moment. False where there is no lock file, or no
 * folder.
 */
export function isStateHeld(folder: string): boolean {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0, readOnly: true });
  } catch {
    return false;
  }
  try {
    // A reader is refused while somebody has it exclusively (SQLite, "File Locking And
    // Concurrency"), and changes nothing.
    db.exec('begin; select count(*) from sqlite_schema; rollback;');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

function takeLock(folder: string): (() => void) | undefined {
  const db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if (!isBusy(error)) throw error;
    return undefined;
  }
  return () => db.close();
}

/**
 * `process 4711 since 2026-11-28T05:35:41Z`; the note may be missing, or be of a holder that died,
 * for a moment only.
 */
function holderOf(folder: string): string {
  try {
    const { pid, since }: { pid?: unknown; since?: unknown } = JSON.parse(readFileSync(join(folder, HOLDER), 'utf8'));
    if (typeof pid === 'number' && typeof since === 'string') return `process ${pid} since ${since.slice(0, 19)}Z`;
  } catch {
    // Unreadable is as good as missing: the lock itself has decided.
  }
  return 'another process';
}

/** SQLITE_BUSY is 5 (SQLite, Result and Error Codes). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
