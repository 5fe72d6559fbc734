import pMap from 'p-map';
import type { Moment } from '../base/moment.ts';
import type { Payer } from '../billing/payer.ts';
import { type Period, recentPeriods } from '../billing/period.ts';
import type { ReconcileActivity } from '../ledger/activity.ts';
import type { ReconcileRun } from '../ledger/reconcileRuns.ts';
import type { Fields } from '../outbox/compose.ts';
import { reconciled, reportsUndecided, stale as staleMessage } from '../outbox/reconcileMessages.ts';
import { freshness } from '../sweep/freshness.ts';
import { sweep } from '../sweep/sweep.ts';
import { wakeOutbox } from '../sweep/wakeOutbox.ts';
import type { PayerPart } from './reconcilePayer.ts';
import type { PartitionReport } from './reconcileReport.ts';
import { messageContext, type ReconcileServices } from './services.ts';

/**
 * Ends a run whose payers are all done: wakes what is dirty and asleep and what waits to be
 * cleared, reports payers whose newest complete delivery is too old and months with several
 * reports, and notes and reports that it has ended. It may happen twice after a crash: ticks are
 * hints, and messages have the same ids.
 *
 * Throws what the ledger and the queues throw.
 */
export async function endReconcile(services: ReconcileServices, run: ReconcileRun): Promise<void> {
  const { ledger, now } = services;
  if (run.dryRun) return ledger.endReconcile(run, { at: now(), ticks: 0 });
  const parts = await ledger.reconciledParts<PayerPart>(run.id);
  const partitions = parts.flatMap((part) => part.partitions);
  await wakeToClear(services, new Set(parts.flatMap(({ overdue }) => overdue)));
  await notifyStale(services, run.payers);
  await notifyUndecided(services, partitions);
  const ticks = await sweep(services);
  const outline = outlineOf(run, parts, ticks);
  await ledger.noteActivity({ reconcile: activityOf(run, outline, now()) });
  await services.notify([reconciled(messageContext(services), outline)]);
  await wakeOutbox(services);
  await ledger.endReconcile(run, { at: now(), ticks });
}

async function wakeToClear({ finalizeQueue }: ReconcileServices, periods: ReadonlySet<Period>): Promise<void> {
  await finalizeQueue.send([...periods].map((period) => ({ body: { period, clear: true }, group: period })));
}

/**
 * A payer that has just been added counts as stale until its first delivery is in: better one
 * message too many.
 */
async function notifyStale(services: ReconcileServices, payers: readonly Payer[]): Promise<void> {
  const { ledger, now, staleAfterHours, notify } = services;
  const at = now();
  const records = await pMap(recentPeriods(at), (period) => ledger.partitions(period), { concurrency: 1 });
  const stale = freshness(payers, records.flat(), at).filter(({ hours }) => hours > staleAfterHours);
  await notify(stale.map((one) => staleMessage(messageContext(services), one, staleAfterHours)));
}

/**
 * Months with several reports: until the configuration says which one is the bill, the first one
 * is.
 */
async function notifyUndecided(services: ReconcileServices, partitions: readonly PartitionReport[]): Promise<void> {
  const undecided = partitions.filter(({ otherReports }) => otherReports.length > 0);
  await services.notify(
    undecided.map(({ payer, period, report, otherReports }) =>
      reportsUndecided(
        messageContext(services),
        { payer, period },
        { report: report ?? '', otherReports: [...otherReports] },
      ),
    ),
  );
}

function outlineOf(
  { periods, configuration: { from, wrongRows } }: ReconcileRun,
  parts: readonly PayerPart[],
  ticks: number,
): Fields<'reconciled'> {
  const partitions = parts.flatMap((part) => part.partitions);
  const sum = (count: (partition: PartitionReport) => number) =>
    partitions.reduce((total, partition) => total + count(partition), 0);
  return {
    periods: [...periods],
    partitions: partitions.length,
    upToDate: sum(({ upToDate }) => upToDate),
    stale: sum(({ stale }) => stale),
    missing: sum(({ missing }) => missing),
    quarantined: sum(({ quarantined }) => quarantined),
    queued: sum(({ queued }) => queued),
    unreadable: parts.reduce((total, { unreadable }) => total + unreadable.length, 0),
    ticks,
    configuration: from,
    wrongRows: wrongRows.length,
  };
}

/** What status shows of it later. */
function activityOf(
  { payers, periods, configuration: { from, why } }: ReconcileRun,
  { queued, unreadable }: Pick<ReconcileActivity, 'queued' | 'unreadable'>,
  endedAt: Moment,
): ReconcileActivity {
  const activity = { endedAt, payers: payers.length, periods, queued, unreadable, configuration: from };
  return why === undefined ? activity : { ...activity, why };
}
