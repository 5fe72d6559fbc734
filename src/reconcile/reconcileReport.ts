import { counted } from '../base/counted.ts';
import { quoteValue } from '../base/printable.ts';
import { partitionName } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import { deliveredAt } from '../ledger/deliveredAt.ts';
import { type PartitionState, stateOf } from '../ledger/partitionState.ts';
import type { FileState, KnownPartition } from './knownPartition.ts';
import type { PartitionTally } from './tally.ts';

/**
 * What reconcile found and did. The summary is for people, all else for programs; times are ISO
 * 8601.
 */
export interface ReconcileReport {
  readonly at: string;
  readonly dryRun: boolean;
  readonly periods: readonly Period[];
  readonly summary: readonly string[];
  /**
   * One per payer and period, also where nothing was found; none for a payer that could not be
   * read.
   */
  readonly partitions: readonly PartitionReport[];
  readonly unreadable: readonly UnreadableSource[];
  /** Ticks that woke periods with dirty partitions. */
  readonly ticks: number;
}

/**
 * Counts of files. `upToDate`, `stale`, `missing`, `quarantined` and `setAside` add up to the files
 * that count now.
 */
export interface PartitionReport {
  readonly payer: Payer;
  readonly period: Period;
  /**
   * Data files and manifests that were listed. Of older deliveries that have folders of their own
   * these are the manifests alone, except with `full`.
   */
  readonly listed: number;
  readonly upToDate: number;
  /**
   * Messages sent to the copy queue; with dryRun, that would have been sent. A manifest's own
   * delivery asks for its files.
   */
  readonly queued: number;
  readonly quarantined: number;
  /** Read, and no part of a bill. */
  readonly setAside: number;
  /** The staging bucket has an older content of it. */
  readonly stale: number;
  /** The staging bucket has nothing of it. */
  readonly missing: number;
  /**
   * Files that make up what is published, or would be, and are not at the source any more; null
   * while one of the payer's sources cannot be read. They go on counting until a delivery says
   * otherwise.
   */
  readonly gone: number | null;
  /** Copies in the staging bucket that no version owns, old enough to be marked for removal. */
  readonly unowned: number;
  /** `unknown` when nothing of it was ever seen. */
  readonly state: PartitionState | 'unknown';
  /** Why it is not published. */
  readonly why: string;
  /** The report that is the bill; null while none has arrived. */
  readonly report: string | null;
  /**
   * Reports of the same month that are left out, until the configuration says which one is the
   * bill.
   */
  readonly otherReports: readonly string[];
  /** The newest source LastModified staged. */
  readonly watermark: string | null;
  /**
   * When the newest complete delivery was written at the source, as far as the ledger knows: see
   * ledger/deliveredAt.ts.
   */
  readonly deliveredAt: string | null;
  readonly deliveryAgeHours: number | null;
}

export interface UnreadableSource {
  readonly payer: Payer;
  readonly bucket: string;
  readonly prefix: string;
  readonly reason: string;
}

const HOUR_MS = 3_600_000;

/** What reconcile finds out about a partition beside what its sources list. */
interface Surroundings {
  /** Copies that no version owns. */
  readonly unowned: number;
  /** Whether all of the payer's sources could be read. */
  readonly isWhole: boolean;
}

/**
 * The report on one partition: what its payer's sources have of it (`tallies`, those of other
 * partitions are left out), and what is known. `now` is milliseconds since 1970.
 */
export function reportPartition(
  { partition, record, countedObjects }: Pick<KnownPartition, 'partition' | 'record' | 'countedObjects'>,
  allTallies: readonly PartitionTally[],
  { unowned, isWhole }: Surroundings,
  now: number,
): PartitionReport {
  const name = partitionName(partition);
  const tallies = allTallies.filter((tally) => partitionName(tally.partition) === name);
  const count = (state: FileState) => tallies.reduce((sum, { files }) => sum + files[state], 0);
  const writtenAt = record && deliveredAt(record);
  const seen = new Set(tallies.flatMap((tally) => [...tally.seen]));
  const { state, why } = record ? stateOf(record) : { state: 'unknown' as const, why: 'nothing of it was ever staged' };
  return {
    ...partition,
    listed: tallies.reduce((sum, { listed }) => sum + listed, 0),
    upToDate: count('upToDate'),
    queued: tallies.reduce((sum, { queued }) => sum + queued, 0),
    quarantined: count('quarantined'),
    setAside: count('setAside'),
    stale: count('stale'),
    missing: count('missing'),
    gone: isWhole ? countedObjects.size - seen.size : null,
    unowned,
    state,
    why,
    report: record?.report ?? null,
    otherReports: (record?.otherReports ?? []).map(({ report }) => report),
    watermark: timeOf(record?.watermark),
    deliveredAt: timeOf(writtenAt),
    deliveryAgeHours: writtenAt === undefined ? null : Math.round(((now - writtenAt) / HOUR_MS) * 10) / 10,
  };
}

/** The report as sentences: what needs a person first. Of `shown` each has one. */
export function summarize(
  partitions: readonly PartitionReport[],
  unreadable: readonly UnreadableSource[],
  { dryRun, shown }: { readonly dryRun: boolean; readonly shown: readonly PartitionReport[] },
): string[] {
  const troubles = unreadable.map(
    ({ payer, bucket, prefix, reason }) =>
      `${payer}: ${location(bucket, prefix)} cannot be read: ${quoteValue(reason)}`,
  );
  const total = partitions.reduce((sum, { queued }) => sum + queued, 0);
  const did = dryRun
    ? `dry run: ${counted(total, 'message')} would have been queued`
    : `${counted(total, 'message')} queued`;
  const undecided = partitions.flatMap(choiceSentence);
  return [
    `${did}, ${counted(unreadable.length, 'source')} unreadable`,
    ...troubles,
    ...undecided,
    ...shown.map(sentence),
  ];
}

function choiceSentence({ payer, period, report, otherReports }: PartitionReport): string[] {
  if (otherReports.length === 0) return [];
  const others = otherReports.map(quoteValue).join(', ');
  return [
    `${payer} ${period}: the bill is the report ${quoteValue(report)}; left out until \`report\` names one: ${others}`,
  ];
}

const WORDS = new Map([
  ['upToDate', 'up to date'],
  ['setAside', 'set aside'],
]);

function sentence(partition: PartitionReport): string {
  const { payer, period, listed, upToDate, queued, quarantined, setAside, stale, missing, state } = partition;
  const { deliveryAgeHours } = partition;
  const gone = partition.gone ?? 0;
  if (listed === 0) {
    const lost = gone === 0 ? '' : `, ${gone} gone: they stay published until a delivery says otherwise`;
    return `${payer} ${period}: nothing at the source (${state})${lost}`;
  }
  const counts = Object.entries({ upToDate, stale, missing, quarantined, setAside, gone, queued })
    .filter(([name, count]) => count > 0 || name === 'upToDate')
    .map(([name, count]) => `${count} ${WORDS.get(name) ?? name}`);
  const age = deliveryAgeHours === null ? '' : `, delivered ${deliveryAgeHours} h ago`;
  return `${payer} ${period}: ${state}, ${counts.join(', ')}${age}`;
}

function location(bucket: string, prefix: string): string {
  return quoteValue(`s3://${bucket}/${prefix}`);
}

function timeOf(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}
