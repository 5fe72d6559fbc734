import { shortHash } from '../base/shortHash.ts';
import type { Partition } from '../billing/partition.ts';
import { compareText } from '../billing/version.ts';
import type { DeliveryOrder } from './deliveryOrder.ts';
import type { Problem } from './problems.ts';

/**
 * What is stored of one partition. How it changes is pure arithmetic, the same in every
 * implementation of the ledger: partitionChanges.ts by what arrives, partitionUpdate.ts by what a
 * run does. Moments are milliseconds since 1970.
 */
export interface PartitionRecord {
  readonly partition: Partition;
  /** Counts every change ever; `settledChanges` of them have been worked into what readers see. */
  readonly changes: number;
  readonly settledChanges: number;
  /**
   * Since when it has changes that are not settled, and when it last changed. Absent when it has
   * none.
   */
  readonly firstChangeAt?: number;
  readonly lastChangeAt?: number;
  /**
   * Whose message sends the tick: the version or delivery of the first change that is not settled.
   */
  readonly tickOwner?: string | undefined;
  readonly awaitsManifest: boolean;
  /**
   * The report that is the bill (billing/report.ts): the first that arrived, or the one that was
   * chosen.
   */
  readonly report?: string;
  /**
   * Other reports of the same month: left out until somebody chooses. The first ones, in the order
   * of their arrival.
   */
  readonly otherReports?: readonly OtherReport[];
  /** The newest source LastModified staged. */
  readonly watermark?: number;
  /** The newest delivery known, complete or not. */
  readonly delivery?: DeliveryProgress;
  /** The newest delivery that is complete: the one to publish. */
  readonly completeDelivery?: DeliveryOrder;
  /**
   * How many seconds its next try may take, since it has used up a shorter time before. It is kept
   * until it needs less: a payer's next delivery is as large as its last. Absent: as long as a
   * first try.
   */
  readonly sliceSeconds?: number | undefined;
  readonly published?: Published;
  readonly analysed?: Analysed;
  /** Why the current set cannot be formed, as of the last run: for people. */
  readonly held?: string;
  /**
   * Why it failed last; and why its other step did, where both a publish and the analytics fail
   * (problems.ts).
   */
  readonly problem?: Problem | undefined;
  readonly otherProblem?: Problem | undefined;
}

/** A whole bill beside the one that counts. Adding them up would double the month. */
interface OtherReport {
  readonly report: string;
  /** When it was first seen: milliseconds since 1970. */
  readonly since: number;
}

export interface DeliveryProgress extends DeliveryOrder {
  readonly files: number;
  readonly awaited: readonly string[];
  /** The version or manifest whose message sends the tick, since it completed the delivery. */
  readonly completedBy?: string;
}

export interface Published {
  /** Names the set of staged files: see {@link setIdOf}. */
  readonly setId: string;
  readonly deliveryId?: string | undefined;
  readonly files: number;
  readonly rows: number;
  readonly epoch: number;
  readonly at: number;
  /** The newest source LastModified in the set. */
  readonly asOf?: number | undefined;
}

export interface Analysed {
  readonly setId: string;
  /**
   * The epoch under which they ran: a publish of a later epoch wants them again, even of a set that
   * was seen before.
   */
  readonly epoch: number;
  /** The newest source LastModified that analytics have seen. */
  readonly watermark: number;
  readonly at: number;
  /** The checks that failed in that run; absent where none did. Everything else of it counts. */
  readonly failedChecks?: FailedChecks | undefined;
}

/** They are run again at growing intervals, until they succeed or the month is published anew. */
export interface FailedChecks {
  readonly names: readonly string[];
  /** Why the first of them failed. */
  readonly reason: string;
  readonly attempts: number;
  readonly retryAt: number;
}

export function newPartitionRecord(partition: Partition): PartitionRecord {
  return { partition, changes: 0, settledChanges: 0, awaitsManifest: false };
}

/**
 * Whether something is left to do: changes to be worked in, or analytics to be run over what was
 * published.
 */
export function isDirty(record: PartitionRecord): boolean {
  return hasChanges(record) || wantsAnalytics(record);
}

export function hasChanges({ changes, settledChanges }: PartitionRecord): boolean {
  return changes > settledChanges;
}

/**
 * Whether the newest publish was made after the analytics ran last, or is of another set than they
 * ran over: the ledger may hear late of a run that was cut off after its publish, when analytics
 * under a later epoch are already noted.
 */
export function wantsAnalytics({ published, analysed }: PartitionRecord): boolean {
  if (published === undefined) return false;
  return analysed === undefined || analysed.epoch < published.epoch || analysed.setId !== published.setId;
}

/** The checks that have failed over what is published; undefined where none has. */
export function failedChecksOf(record: PartitionRecord): FailedChecks | undefined {
  return wantsAnalytics(record) ? undefined : record.analysed?.failedChecks;
}

/** Names a set of staged files, whatever their order. */
export function setIdOf(stagedKeys: readonly string[]): string {
  return shortHash([...stagedKeys].sort(compareText).join('\n'));
}

/** The entry in `awaited` for a file of which any version will do. */
export function awaitedKey(file: { readonly bucket: string; readonly key: string }): string {
  return `key-${shortHash(`${file.bucket}\0${file.key}`)}`;
}
