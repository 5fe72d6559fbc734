import { quoteValue } from '../base/printable.ts';
import type { Payer } from '../billing/payer.ts';
import { compareText } from '../billing/version.ts';
import type { WrongRow } from '../config/payersTable.ts';
import type { ConfigurationOrigin } from '../ledger/activity.ts';
import type { ReconcileProgress, ReconcileRun } from '../ledger/reconcileRuns.ts';
import type { PayerPart } from './reconcilePayer.ts';
import { type PartitionReport, type ReconcileReport, summarize } from './reconcileReport.ts';

/** Reconcile's report, as far as its payers are done, and whose sources it has looked at. */
export interface ReconcileAnswer extends ReconcileReport {
  /** What `{"run": …}` asks for. */
  readonly run: string;
  /** Whether all payers are done, and all that follows from them. */
  readonly isComplete: boolean;
  /** How many payers are done, and how many are on their way. */
  readonly done: number;
  readonly onItsWay: number;
  /** Partitions that did not fit into the answer: those that need nothing are left out first. */
  readonly leftOut: number;
  readonly configuration: {
    readonly from: ConfigurationOrigin;
    readonly payers: number;
    readonly wrongRows: readonly WrongRow[];
    /** When the payers table was read, ISO 8601; null for the payers file. */
    readonly readAt: string | null;
  };
}

/** Lambda answers up to 6 MB; a partition and its sentence take less than 1 kB. */
const MOST_PARTITIONS = 5_000;

/** The answer about a run: what of it is done, in the order of payers and periods. */
export function reconcileAnswer(
  run: ReconcileRun,
  { payers, done, ended }: ReconcileProgress,
  parts: readonly PayerPart[],
): ReconcileAnswer {
  const all = parts.flatMap(({ partitions }) => partitions).sort(byPayerAndPeriod);
  const unreadable = parts.flatMap((part) => part.unreadable).sort((a, b) => compareText(a.payer, b.payer));
  const partitions = fitting(all);
  const { from, wrongRows, readAt, payers: configured } = run.configuration;
  const summary = summarize(all, unreadable, { dryRun: run.dryRun, shown: partitions });
  return {
    run: run.id,
    isComplete: ended !== undefined,
    done,
    onItsWay: payers - done,
    at: new Date(run.startedAt).toISOString(),
    dryRun: run.dryRun,
    periods: run.periods,
    summary: [...wayTo(run.id, done, payers), ...troubles(run), ...summary],
    partitions,
    leftOut: all.length - partitions.length,
    unreadable,
    ticks: ended?.ticks ?? 0,
    configuration: {
      from,
      payers: configured,
      wrongRows,
      readAt: readAt === undefined ? null : new Date(readAt).toISOString(),
    },
  };
}

function wayTo(run: string, done: number, payers: number): string[] {
  if (done >= payers) return [];
  return [`${done} of ${payers} payers are done, the others are on their way: ask again with {"run": "${run}"}`];
}

/** What a person has to mend, as sentences. */
function troubles({ configuration: { from, readAt, wrongRows, why } }: ReconcileRun): string[] {
  const instead = readAt === undefined ? 'the payers file' : `the copy of ${new Date(readAt).toISOString()}`;
  const unread = why === undefined ? [] : [`payers are from the ${from}, ${instead}: ${quoteValue(why)}`];
  return [...unread, ...wrongRows.map(({ row, reason }) => `row ${row} of the payers table does not count: ${reason}`)];
}

function fitting(all: readonly PartitionReport[]): readonly PartitionReport[] {
  if (all.length <= MOST_PARTITIONS) return all;
  const needy = all.filter(needsSomething);
  const others = all.filter((partition) => !needsSomething(partition));
  return [...needy, ...others].slice(0, MOST_PARTITIONS).sort(byPayerAndPeriod);
}

function needsSomething({ state, queued, missing, stale, quarantined, otherReports }: PartitionReport): boolean {
  return state !== 'published' || queued + missing + stale + quarantined + otherReports.length > 0;
}

function byPayerAndPeriod(a: { payer: Payer; period: string }, b: { payer: Payer; period: string }): number {
  return compareText(a.payer, b.payer) || compareText(a.period, b.period);
}
