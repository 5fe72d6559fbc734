import type { Moment } from '../base/moment.ts';
import type { ColumnType } from '../billing/columnType.ts';
import type { Partition } from '../billing/partition.ts';
import type { Period } from '../billing/period.ts';
import type { PayerSource } from '../billing/source.ts';
import type { ObjectPlace, VersionId } from '../billing/version.ts';
import type { Activity } from './activity.ts';
import type { AnalyticsRecord } from './analyticsRecord.ts';
import type { Delivery } from './delivery.ts';
import type { LeaseAnswer, PeriodRecord } from './lease.ts';
import type { Message, OutboxPage } from './message.ts';
import type { Reopening } from './partitionChanges.ts';
import type { PartitionRecord } from './partitionRecord.ts';
import type { PartitionUpdate } from './partitionUpdate.ts';
import type { PeriodInPlay } from './periodInPlay.ts';
import type { ReconcileRunsOfLedger } from './reconcileRuns.ts';
import type { LongRemoved, VersionReading, VersionRecord } from './versionRecord.ts';

/**
 * The ledger: what the reactor knows. Messages are only hints: whoever receives one reads here what
 * is true, and what is to be done follows from that alone (decide.ts). Every method is one durable
 * step, and may be repeated after a crash.
 *
 * What arrives
 *   partition      one payer's billing month: the unit of change
 *   version        one content of one source object: bucket, key and etag
 *   outcome        what became of a version: staged, empty, quarantined, set aside or removed
 *                  (versionRecord.ts)
 *   withdrawn      a staged version that its source no longer counts, with the reason
 *   report         a whole bill of a payer's months, in a folder of its own. One of them is the
 *                  bill of a partition: the first that arrived, or the one that was chosen
 *   delivery       the files that one manifest names, pinned to versions when the manifest was read
 *   awaited        what a delivery still waits for: ids of versions, or keys of which any version
 *                  will do
 *   complete       a delivery that awaits nothing. The newest one is the set to publish
 *                  (currentSet.ts)
 *   deliveredAt    when the newest complete delivery was written at its source: how old a bill is
 *                  (deliveredAt.ts)
 *   watermark      the newest source LastModified that was staged, or that analytics have seen.
 *                  Never moves back
 *
 * What is to be done
 *   change         anything that may alter a partition's current set: a new version, a new or
 *                  completed delivery
 *   settled        a change that a run has worked into what readers see, or could not: then the
 *                  partition is held
 *   published      the set of staged files that readers see, and the epoch of the run that
 *                  published it
 *   analysed       the set that the analytics have run over
 *   dirty          a partition with changes not settled, or published and not analysed since
 *   due            dirty, and the quiet period or the time until the retry is over (decide.ts)
 *   problem        why publishing or analysing failed, and when it is tried again (problems.ts)
 *   tick owner     the version or delivery whose message sends the tick, however often that message
 *                  is delivered
 *
 * Who does it
 *   lease          the right to finalize one period until a moment
 *   epoch          the number of a lease. It grows with every lease: a run that a newer one
 *                  overtook can change nothing
 *   superseded     a staged version that a publish has hidden; removed after a grace time
 *   analytics      the newest run of the analytics script over a period: how far it is, and what is
 *                  in flight
 *   outbox         messages for other systems that the broker has not confirmed yet
 *   configuration  whose reports arrive where, as reconcile read it last: a copy of the payers
 *                  table
 *   activity       when reconcile and the sweep ended last. Nothing is decided by it
 *   reconcile      a reconcile under way, and its report: see reconcileRuns.ts
 *
 * The life of a partition
 *
 *   clean ── a change ──▶ dirty ── due ──▶ a run publishes ──▶ settled ── analytics run ──▶ clean
 *                           ▲                    │                  │
 *                           ├── until its retry ─┘ a problem        │
 *                           └───────────────────────────────────────┘ changes came meanwhile
 *
 * The parts of this contract are files of the same name in every implementation: versions.ts,
 * partitions.ts, leases.ts, and so on. composeLedger.ts makes one ledger of them.
 */
export interface Ledger
  extends VersionsOfLedger,
    PartitionsOfLedger,
    SchemasOfLedger,
    LeasesOfLedger,
    AnalyticsOfLedger,
    OutboxOfLedger,
    ConfigurationOfLedger,
    ActivityOfLedger,
    ReconcileRunsOfLedger {}

/** What became of each version. */
export interface VersionsOfLedger {
  /** What is known of a version; undefined when nothing is. */
  version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined>;
  /** Those of the versions that are known, in any order. */
  versionsById(partition: Partition, ids: readonly VersionId[]): Promise<VersionRecord[]>;
  /** All versions of some objects that are known, in any order. */
  versionsOfObjects(partition: Partition, objects: readonly ObjectPlace[]): Promise<VersionRecord[]>;
  /**
   * All versions of a partition that are known: 100,000 of them, it may be, at a month's end. Only
   * the set of a month without manifests is formed of them.
   */
  versions(partition: Partition): Promise<VersionRecord[]>;
  /**
   * Records what became of a version. What is new counts as a change, resolves what a delivery
   * waits for, and moves the watermark. Recording the same again is no change, and never moves the
   * version's order backwards; it resolves a delivery that was recorded after the version and waits
   * for it by its id.
   *
   * `before` is what was read of this version before, and saves reading it again where it was not
   * known. It may be out of date: what was recorded since is neither lost nor undone.
   */
  recordVersion(record: VersionRecord, now: Moment, before?: VersionReading): Promise<Recorded>;
  /**
   * Notes since when staged versions are hidden from readers, or that they are not (undefined).
   * Throws LeaseLost like `commit`.
   */
  markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: Moment | undefined,
  ): Promise<void>;
  /**
   * Marks superseded versions as removed, before their staged copies are deleted. Throws LeaseLost
   * like `commit`.
   */
  markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[], at: Moment): Promise<void>;
  /**
   * Forgets versions that were removed long ago: a part of them, and those that are left with the
   * next calls. Those that their source has withdrawn stay: that a month is empty may depend on
   * them. So may one that is just being recorded. Throws LeaseLost like `commit`.
   */
  forgetVersions(partition: Partition, epoch: number, which: LongRemoved): Promise<void>;
}

/** How each partition stands, and the deliveries that it is made of. */
export interface PartitionsOfLedger {
  partition(partition: Partition): Promise<PartitionRecord | undefined>;
  /** The records of all partitions of a period. */
  partitions(period: Period): Promise<PartitionRecord[]>;
  /** The periods that have partitions, oldest first. */
  periods(): Promise<Period[]>;
  /** Those in which a partition may be dirty: what is recorded puts its period into play first. */
  periodsInPlay(): Promise<PeriodInPlay[]>;
  /**
   * Takes a period out of play that was found clean, unless something has put it into play again
   * since. It has been in play for IN_PLAY_MS then (periodInPlay.ts).
   */
  retirePeriod(period: PeriodInPlay): Promise<void>;
  /**
   * Records a delivery with what it still waits for. One that is older than the newest known
   * changes nothing, unless it is complete and the newest is not.
   */
  recordDelivery(delivery: Delivery, awaited: readonly string[], now: Moment): Promise<Recorded>;
  delivery(partition: Partition, id: string): Promise<Delivery | undefined>;
  /**
   * Forgets deliveries that were recorded by a moment and are neither the newest nor the newest
   * complete one any more, with what they waited for: a part of them, and those that are left with
   * the next calls. Throws LeaseLost like `commit`.
   */
  forgetDeliveries(partition: Partition, epoch: number, recordedBy: Moment): Promise<void>;
  /**
   * Makes a report the bill of a partition (billing/report.ts), whichever came first. If another
   * one was the bill, that is a change: the deliveries known are forgotten, and those of the chosen
   * report have to be recorded again.
   */
  chooseReport(partition: Partition, report: string, now: Moment): Promise<Recorded>;
  /**
   * Counts a change of a partition for which nothing new has arrived: the next run forms its set
   * anew. With `forgetDeliveries`, its manifests are gone and no longer count. Nothing happens
   * where the partition is not known.
   */
  reopen(partition: Partition, how: Reopening, now: Moment): Promise<Recorded | undefined>;
  /**
   * Changes a partition's record on behalf of a run. Throws LeaseLost, and changes nothing, when a
   * newer epoch was handed out.
   */
  commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord>;
}

/** The columns of files, each distinct list once. */
export interface SchemasOfLedger {
  /** Stores a file's columns under their id; idempotent. */
  recordSchema(schema: FileSchema): Promise<void>;
  /**
   * The schemas with these ids. Throws when one is missing: versions are recorded after their
   * schema.
   */
  schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>>;
}

/** Who may finalize a period, and when it is looked at next. */
export interface LeasesOfLedger {
  period(period: Period): Promise<PeriodRecord>;
  /**
   * Takes the period's lease when it is free, has run out, or ends later than one that is taken now
   * could (lease.ts). A lease that is taken has a new epoch.
   */
  acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer>;
  /** Throws LeaseLost when a newer epoch was handed out. */
  renewLease(period: Period, epoch: number, until: number): Promise<void>;
  /** Frees the lease; when it is no longer this epoch's, nothing happens. */
  releaseLease(period: Period, epoch: number): Promise<void>;
  /**
   * From now on epochs are higher than this one: what a warehouse has seen, a ledger must not hand
   * out again.
   */
  raiseEpoch(period: Period, epoch: number): Promise<void>;
  /** Notes that a tick was sent for that moment: a hint not to send it twice. */
  noteTick(period: Period, at: number): Promise<void>;
}

/** How far the analytics are. */
export interface AnalyticsOfLedger {
  /** The newest run of the analytics script over a period; undefined when there never was one. */
  analytics(period: Period): Promise<AnalyticsRecord | undefined>;
  /** Stores it in place of the one before. Throws LeaseLost like `commit`. */
  saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void>;
}

/** Messages on their way to the broker. */
export interface OutboxOfLedger {
  /** Stores messages until they are taken out; one whose id is there already stays as it is. */
  putIntoOutbox(messages: readonly Message[]): Promise<void>;
  /**
   * Messages in the outbox, in the order in which they came. With a page, only as many of those
   * whose ids come after `after`: the next page begins after the last of their ids.
   */
  outbox(page?: OutboxPage): Promise<Message[]>;
  /** Takes messages out; ids that are not there are no failure. */
  takeFromOutbox(ids: readonly string[]): Promise<void>;
}

/** The copy of the payers table. */
export interface ConfigurationOfLedger {
  /**
   * Stores the configuration, of any size, in place of the one before: whoever reads meanwhile gets
   * one or the other, whole.
   */
  saveConfiguration(configuration: StoredConfiguration): Promise<void>;
  /** The configuration that was saved last; undefined when none ever was. */
  configuration(): Promise<StoredConfiguration | undefined>;
}

/** What ended when. */
export interface ActivityOfLedger {
  /**
   * Notes what has just ended, in place of what was noted of the same before; the other part stays
   * as it is.
   */
  noteActivity(activity: Activity): Promise<void>;
  /** What was noted last; a part that never was is absent. */
  activity(): Promise<Activity>;
}

/** The columns of a file. `id` is a hash of them. */
export interface FileSchema {
  readonly id: string;
  readonly columns: readonly ColumnType[];
}

/**
 * What recording did, and whether the message that caused it has to send a tick: at once, or after
 * the quiet period.
 */
export interface Recorded {
  readonly partition: PartitionRecord;
  readonly isNew: boolean;
  readonly tick: 'none' | 'quiet' | 'now';
}

/** Whose reports arrive where, as it was read at a moment. */
export interface StoredConfiguration {
  /**
   * `fallback`: there is no payers table to read any more, and the payers file counts instead of
   * these sources.
   */
  readonly from: 'table' | 'fallback';
  readonly sources: readonly PayerSource[];
  readonly readAt: Moment;
}

/**
 * A newer run holds the period. Consequence: this run ends at once; the newer one does its work.
 */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * The ledger takes no more requests for now. Consequence: nothing is wrong with what was asked; the
 * message comes back soon.
 */
export class LedgerThrottled extends Error {
  override readonly name = 'LedgerThrottled';
}
