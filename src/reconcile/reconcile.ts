import type { Moment } from '../base/moment.ts';
import { quoteValue } from '../base/printable.ts';
import { placeBySources } from '../billing/placement.ts';
import { type LoadedPayers, loadPayers, type PayersOrigins, payersOf } from '../config/loadPayers.ts';
import type { WrongRow } from '../config/payersTable.ts';
import type { ConfigurationOrigin, ReconcileActivity } from '../ledger/activity.ts';
import type { Fields } from '../outbox/compose.ts';
import { reconciled } from '../outbox/reconcileMessages.ts';
import { wakeOutbox } from '../sweep/wakeOutbox.ts';
import { parseReconcileInput } from './reconcileInput.ts';
import type { PartitionReport, ReconcileReport } from './reconcileReport.ts';
import { messageContext, type ReconcileServices, reconcileSources } from './reconcileSources.ts';

/** Reconcile's report, and whose sources it has looked at. */
export interface ConfiguredReport extends ReconcileReport {
  readonly configuration: {
    readonly from: ConfigurationOrigin;
    readonly payers: number;
    readonly wrongRows: readonly WrongRow[];
    /** When the payers table was read, ISO 8601; null for the payers file. */
    readonly readAt: string | null;
  };
}

/**
 * The reconcile workflow: loads the payers' configuration, stores it for the copy function, and
 * reconciles the sources that it names. It is stored before the first message is queued: whoever
 * works on that message finds its payer. At the end it notes that it is done, notifies others of
 * it, and wakes whoever sends the outbox. A dry run stores, notes and sends nothing.
 *
 * Throws ReconcileInputInvalid before anything is done, and what `loadPayers`, the ledger and the
 * queues throw.
 */
export async function reconcile(
  services: Omit<ReconcileServices, 'sources' | 'place'>,
  { readTable, fallback }: Pick<PayersOrigins, 'readTable' | 'fallback'>,
  input: unknown,
): Promise<ConfiguredReport> {
  const { ledger, now, report } = services;
  const loaded = await loadPayers({ readTable, fallback, cached: () => ledger.configuration(), now, report });
  const { sources, toSave } = loaded;
  const request = parseReconcileInput(input, payersOf(sources), now());
  const { dryRun, payers } = request;
  if (toSave && !dryRun) await ledger.saveConfiguration(toSave);
  const answer = await reconcileSources({ ...services, sources, place: placeBySources(sources) }, request);
  const configuration = configurationOf(loaded);
  if (!dryRun) {
    const outline = outlineOf(answer, configuration);
    const counts = { payers: payers.length, queued: outline.queued, unreadable: outline.unreadable };
    await ledger.noteActivity({ reconcile: activityOf(loaded, answer, counts, now()) });
    await services.notify([reconciled(messageContext(services), outline)]);
    await wakeOutbox(services);
  }
  return { ...answer, configuration, summary: [...troubles(loaded), ...answer.summary] };
}

function outlineOf(
  { periods, partitions, unreadable, ticks }: ReconcileReport,
  { from, wrongRows }: ConfiguredReport['configuration'],
): Fields<'reconciled'> {
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
    unreadable: unreadable.length,
    ticks,
    configuration: from,
    wrongRows: wrongRows.length,
  };
}

/** What status shows of it later. */
function activityOf(
  { from, why }: LoadedPayers,
  { periods }: ReconcileReport,
  { payers, queued, unreadable }: Pick<ReconcileActivity, 'payers' | 'queued' | 'unreadable'>,
  endedAt: Moment,
): ReconcileActivity {
  const activity = { endedAt, payers, periods, queued, unreadable, configuration: from };
  return why === undefined ? activity : { ...activity, why };
}

function configurationOf({ from, sources, wrongRows, readAt }: LoadedPayers): ConfiguredReport['configuration'] {
  const payers = payersOf(sources).size;
  return { from, payers, wrongRows, readAt: readAt === undefined ? null : new Date(readAt).toISOString() };
}

/** What a person has to mend, as sentences. */
function troubles({ from, readAt, wrongRows, why }: LoadedPayers): string[] {
  const instead = readAt === undefined ? 'the payers file' : `the copy of ${new Date(readAt).toISOString()}`;
  const unread = why === undefined ? [] : [`payers are from the ${from}, ${instead}: ${quoteValue(why)}`];
  return [...unread, ...wrongRows.map(({ row, reason }) => `row ${row} of the payers table does not count: ${reason}`)];
}
