import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Loaded into the attacked program before anything else (NODE_OPTIONS=--import): makes writes fail
 * from the nth on, and the clock go ahead. What DuckDB writes does not come by here.
 */
export interface Faults {
  /** How many writes succeed; none fails when it is absent. */
  readonly writes?: number;
  readonly code?: 'ENOSPC' | 'EIO';
  readonly clockAheadMs?: number;
}

export const FAULTS_VARIABLE = 'CUR_REACTOR_ATTACK_FAULTS';

const text = process.env[FAULTS_VARIABLE];
if (text !== undefined) apply(JSON.parse(text));

function apply({ writes, code = 'ENOSPC', clockAheadMs = 0 }: Faults): void {
  const realNow = Date.now;
  Date.now = () => realNow() + clockAheadMs;
  if (writes === undefined) return;
  let left = writes;
  const refused = () => {
    left -= 1;
    return left < 0;
  };
  for (const name of ['writeFileSync', 'copyFileSync', 'linkSync', 'mkdirSync'] as const) {
    refuse(fs, name, () => refused() && systemError(code, name.replace('Sync', '')));
  }
  for (const name of ['writeFile', 'copyFile', 'rename', 'mkdir'] as const) {
    refuse(fs.promises, name, () => refused() && systemError(code, name));
  }
  refuse(StatementSync.prototype, 'run', () => refused() && sqliteError(code));
  refuse(
    DatabaseSync.prototype,
    'exec',
    (sql) => /^(commit|create)/i.test(String(sql).trim()) && refused() && sqliteError(code),
  );
  syncBuiltinESMExports();
}

/** Puts a function in a method's place that fails where `failure` says so. */
function refuse(target: object, name: string, failure: (first: unknown) => Error | false): void {
  const real: unknown = Reflect.get(target, name);
  if (typeof real !== 'function') throw new TypeError(`${name} is no method`);
  const isAsync = target === fs.promises;
  Reflect.set(target, name, function refusing(this: unknown, ...args: unknown[]) {
    const error = failure(args[0]);
    if (!error) return Reflect.apply(real, this, args);
    if (isAsync) return Promise.reject(error);
    throw error;
  });
}

function systemError(code: 'ENOSPC' | 'EIO', syscall: string): Error {
  const words = code === 'EIO' ? 'i/o error' : 'no space left on device';
  return Object.assign(new Error(`${code}: ${words}, ${syscall}`), { code, syscall, errno: code === 'EIO' ? -5 : -28 });
}

/** SQLITE_FULL is 13, SQLITE_IOERR 10 (SQLite, Result and Error Codes). */
function sqliteError(code: 'ENOSPC' | 'EIO'): Error {
  const [message, errcode] = code === 'EIO' ? ['disk I/O error', 10] : ['database or disk is full', 13];
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode, errstr: message });
}
