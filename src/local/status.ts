import { mkdtempDisposable, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Debounce } from '../finalizing/decide.ts';
import type { Moment } from '../ledger/ledger.ts';
import { SqliteLedger } from '../ledger/sqliteLedger.ts';
import { status } from '../status/status.ts';
import type { StatusRequest } from '../status/statusInput.ts';
import type { StatusReport } from '../status/statusReport.ts';

/** Nothing was ever kept there. Consequence: the message, exit status 1. */
export class NoState extends Error {
  override readonly name = 'NoState';
}

const WAIT_MS = 5_000;

/**
 * The status of an embedded state, told from a copy of its ledger: the state stays as it is, whoever works on it works
 * on, and all that is told is of one moment. Write-ahead logging lets a reader read beside a writer (SQLite, "Write-Ahead
 * Logging"), and VACUUM INTO copies what one read transaction sees. `now` is in milliseconds since 1970.
 *
 * Throws NoState where there is no ledger.
 */
export async function embeddedStatus(
  keep: string,
  request: Pick<StatusRequest, 'payers' | 'periods'>,
  debounce: Debounce,
  now: () => Moment,
): Promise<StatusReport> {
  const path = join(keep, 'ledger.sqlite');
  if (!(await stat(path).catch(() => undefined))?.isFile()) {
    throw new NoState(`there is no state in ${keep} yet: npm start makes one, with the same options but --status`);
  }
  await using folder = await mkdtempDisposable(join(tmpdir(), 'status-'));
  const copy = join(folder.path, 'ledger.sqlite');
  copyLedger(path, copy);
  const ledger = new SqliteLedger(copy);
  try {
    return await status({ ledger, debounce, now }, { periods: 'all', ...request });
  } finally {
    ledger.close();
  }
}

function copyLedger(path: string, copy: string): void {
  const db = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS });
  try {
    db.prepare('vacuum into ?').run(copy);
  } finally {
    db.close();
  }
}

/** The report for a terminal: the table, then what there is to say of the whole. */
export function statusText({ table = [], summary }: StatusReport): string {
  return `${[...table, '', ...summary].join('\n')}\n`;
}
