import { placeBySources } from '../billing/placement.ts';
import { quoteValue } from '../billing/printable.ts';
import { type LoadedPayers, loadPayers, type PayersOrigins, payersOf } from '../config/loadPayers.ts';
import type { WrongRow } from '../config/payersTable.ts';
import type { ConfigurationOrigin } from '../notify/events.ts';
import { type Reconciling, reconcile } from './reconcile.ts';
import { parseReconcileInput } from './reconcileInput.ts';
import type { ReconcileReport } from './reconcileReport.ts';

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
 * Loads the payers' configuration, keeps it for the copy function, and reconciles the sources that it names. It is kept
 * before the first message is queued: whoever works on that message finds its payer. A dry run keeps nothing.
 *
 * Throws what `loadPayers` and `reconcile` throw; nothing is done then but a configuration kept.
 */
export async function reconcileConfigured(
  reconciling: Omit<Reconciling, 'sources' | 'place'>,
  { readTable, fallback }: Pick<PayersOrigins, 'readTable' | 'fallback'>,
  input: unknown,
): Promise<ConfiguredReport> {
  const { ledger, now, report } = reconciling;
  const loaded = await loadPayers({ readTable, fallback, cached: () => ledger.configuration(), now, report });
  const { sources, keep } = loaded;
  const { dryRun } = parseReconcileInput(input, payersOf(sources), now());
  if (keep && !dryRun) await ledger.saveConfiguration(keep);
  const answer = await reconcile({ ...reconciling, sources, place: placeBySources(sources) }, input);
  return { ...answer, configuration: describe(loaded), summary: [...troubles(loaded), ...answer.summary] };
}

function describe({ from, sources, wrongRows, readAt }: LoadedPayers): ConfiguredReport['configuration'] {
  const payers = payersOf(sources).size;
  return { from, payers, wrongRows, readAt: readAt === undefined ? null : new Date(readAt).toISOString() };
}

/** What a person has to mend, as sentences. */
function troubles({ from, readAt, wrongRows, trouble }: LoadedPayers): string[] {
  const instead = readAt === undefined ? 'the payers file' : `the copy of ${new Date(readAt).toISOString()}`;
  const unread = trouble === undefined ? [] : [`payers are from the ${from}, ${instead}: ${quoteValue(trouble)}`];
  return [...unread, ...wrongRows.map(({ row, reason }) => `row ${row} of the payers table does not count: ${reason}`)];
}
