import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteLedger, type SqliteLedger } from '../../adapters/sqlite/ledger.ts';
import type { Moment } from '../../base/moment.ts';
import type { Debounce } from '../../ledger/decide.ts';
import type { StatusWords } from '../../status/reasons.ts';
import { type StatusReading, status } from '../../status/status.ts';
import type { StatusRequest } from '../../status/statusInput.ts';
import type { StatusReport } from '../../status/statusReport.ts';
import { checkState, ledgerPath } from './state.ts';
import { refuseOtherFormat } from './stateFormat.ts';
import { isStateHeld } from './stateLock.ts';

const WAIT_MS = 5_000;

/**
 * The status of an embedded state, read from a copy of its ledger: the state stays as it is,
 * whoever works on it works on, and all that is said is of one moment. Write-ahead logging lets a
 * reader read beside a writer (SQLite, "Write-Ahead Logging"), and VACUUM INTO copies what one read
 * transaction sees. `now` is in milliseconds since 1970.
 *
 * Throws NoState where there is no ledger.
 */
export async function embeddedStatus(
  keep: string,
  request: Pick<StatusRequest, 'payers' | 'periods'>,
  debounce: Debounce,
  now: () => Moment,
): Promise<StatusReport> {
  await checkState(keep, '--status');
  await refuseOtherFormat(keep);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'status-'));
  const copy = join(folder.path, 'ledger.sqlite');
  copyLedger(ledgerPath(keep), copy);
  const isAtWork = isStateHeld(keep);
  const ledger = openSqliteLedger(copy);
  try {
    const reading = { ledger: isAtWork ? ledger : atRest(ledger), debounce, now, words: wordsFor(isAtWork) };
    return await status(reading, { ...request, periods: request.periods ?? 'all' });
  } finally {
    ledger.close();
  }
}

/**
 * Here is no sweep and no schedule: what is left to do waits for the process that works on the
 * state, or the next one.
 */
function wordsFor(isAtWork: boolean): StatusWords {
  return {
    overdue: isAtWork
      ? 'the process that works on this state takes it up'
      : 'npm start takes it up, with the same options but --status',
    neverArrived: 'nothing of it has ever arrived here',
  };
}

/**
 * A ledger that nobody works on: the runs, ticks and leases of a process that died are none any
 * more. The next process begins with what is left to do.
 */
function atRest(ledger: SqliteLedger): StatusReading['ledger'] {
  return {
    activity: () => ledger.activity(),
    reconcileProgress: (id) => ledger.reconcileProgress(id),
    configuration: () => ledger.configuration(),
    outbox: (page) => ledger.outbox(page),
    periods: () => ledger.periods(),
    period: async (period) => {
      const { epoch } = await ledger.period(period);
      return { period, epoch };
    },
    partitions: (period) => ledger.partitions(period),
    analytics: async (period) => {
      const record = await ledger.analytics(period);
      return record?.status === 'running' ? undefined : record;
    },
    delivery: (partition, id) => ledger.delivery(partition, id),
    versions: (partition) => ledger.versions(partition),
  };
}

function copyLedger(path: string, copy: string): void {
  const db = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS });
  try {
    db.prepare('vacuum into ?').run(copy);
  } finally {
    db.close();
  }
}
