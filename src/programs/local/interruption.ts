import { accessSync, constants } from 'node:fs';

/**
 * Signals by which people and supervisors end a program, with the exit statuses that shells give
 * them: 128 and the number.
 */
const ENDINGS = [
  { signal: 'SIGINT', status: 130, by: 'Ctrl-C' },
  { signal: 'SIGTERM', status: 143, by: 'SIGTERM' },
  { signal: 'SIGHUP', status: 129, by: 'a hang-up of its terminal' },
] as const;

/**
 * From now on a signal ends the process at once, with one line that says so, wherever it is. There
 * is no orderly way out to wait for: every step is durable by itself, and a process that is killed
 * anywhere goes on when it is started again.
 */
export function endOnSignals(write: (line: string) => void, lossless: string): void {
  for (const { signal, status, by } of ENDINGS) {
    process.on(signal, () => {
      write(`stopped by ${by}; ${lossless}\n`);
      endNow(status);
    });
  }
}

/**
 * Ends the process without waiting for anything. `process.exit` waits for what runs in the thread
 * pool: a long statement of DuckDB's, or a read from a network drive that is gone, held it for
 * minutes. Replacing the process by one that only ends takes its threads and its locks with it.
 * Where there is no such call (Windows), or no shell, the wait remains.
 */
export function endNow(status: number): never {
  if (isShellThere()) process.execve?.(SHELL, ['sh', '-c', `exit ${status}`], {});
  process.exit(status);
}

const SHELL = '/bin/sh';

/** A call that fails aborts the process with a report: it is made only where it will not. */
function isShellThere(): boolean {
  try {
    accessSync(SHELL, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
