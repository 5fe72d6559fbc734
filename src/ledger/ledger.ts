import type { Moment } from '../base/moment.ts';
import type { ColumnType } from '../billing/columnType.ts';
import type { Partition } from '../billing/partition.ts';
import type { Period } from '../billing/period.ts';
import type { PayerSource } from '../billing/source.ts';
import type { VersionId } from '../billing/version.ts';
import type { Activity } from './activity.ts';
import type { AnalyticsRecord } from './analyticsRecord.ts';
import type { Delivery } from './delivery.ts';
import type { Message } from './message.ts';
import type { PartitionRecord, PartitionUpdate, Reopening } from './partitionRecord.ts';
import type { VersionRecord } from './versionRecord.ts';

/**
 * The ledger: what the reactor knows, and the only thing that decides. Messages are hints; whatever they say is looked
 * up here. Every method is one durable step and may be repeated after a crash.
 *
 * Glossary
 *   version     one content of one source object, and what became of it: staged, empty, quarantined or removed
 *   delivery    the files that one manifest names, fixed to versions when the manifest was read
 *   awaited     what a delivery still waits for; when it is empty the delivery is complete
 *   change      anything that may alter a partition's current set: a new version, a new or completed delivery
 *   settled     changes that a run has worked into what readers see, or could not
 *   dirty       changes have been counted that no run has settled, or analytics have not seen what was published
 *   tickOwner     the version or delivery whose message has to send the tick, however often it is delivered
 *   lease       the right to finalize one period until a moment; its epoch grows with every holder
 *   report      a whole bill of a payer's months, in a folder of its own; the first one that arrives is the bill
 *   watermark   the newest source LastModified staged, and the one that analytics have seen; neither moves back
 *   analytics   the newest run of the analytics script over a period: how far it is, and what is in hand
 *   outbox      messages for other systems that the broker has not confirmed yet
 *   configuration  whose reports arrive where, as reconcile has found it last: a copy of the payers table
 *   activity    when reconcile and the sweep ended last; nothing is decided by it
 *
 * A partition's life: clean → (change) dirty → (due) a run registers, audits, publishes: settled, unless changes came
 * meanwhile → analytics run over it, however long → clean. With a problem it stays dirty, with a time to try again.
 */
export interface Ledger {
  /** What is known of a version; undefined when nothing is. */
  version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined>;
  /** The same, with the record of its partition: for whoever records the version next. */
  readVersion(partition: Partition, id: VersionId): Promise<VersionReading>;
  /** All versions of a partition that are known. */
  versions(partition: Partition): Promise<VersionRecord[]>;
  /**
   * Records what became of a version. New knowledge counts as a change, resolves what a delivery waits for, and moves
   * the watermark. Saying the same again is no change, and never moves the version's order backwards; it resolves a
   * delivery that was recorded after the version and waits for it by its id.
   *
   * `before` is what was read of this version before, and saves reading it again. It may be out of date: what was recorded
   * since is neither lost nor undone, but what two calls found new may count as two changes, and a version that was known already
   * does not resolve a delivery that was recorded since. Whoever recorded that delivery requests the version afterwards.
   */
  recordVersion(record: VersionRecord, now: Moment, before?: VersionReading): Promise<Recorded>;
  /** Records a delivery with what it still waits for. An older one than the newest known changes nothing, unless it is complete and the newest is not. */
  recordDelivery(delivery: Delivery, awaited: readonly string[], now: Moment): Promise<Recorded>;
  delivery(partition: Partition, id: string): Promise<Delivery | undefined>;
  /**
   * Makes a report the bill of a partition (see billing/report.ts), whichever came first. A change, if it is another one
   * than before: the deliveries known are forgotten, and its own have to be recorded again.
   */
  chooseReport(partition: Partition, report: string, now: Moment): Promise<Recorded>;
  /**
   * Counts a change of a partition that nothing new has arrived for: the next run forms its set anew. With
   * `forgetDeliveries`, its manifests are gone, and count no more. Nothing happens where the partition is not known.
   */
  reopen(partition: Partition, how: Reopening, now: Moment): Promise<Recorded | undefined>;
  /** Keeps a file's columns under their id; idempotent. */
  recordSchema(schema: FileSchema): Promise<void>;
  /** The schemas with these ids. Throws when one is missing: versions are recorded after their schema. */
  schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>>;

  partition(partition: Partition): Promise<PartitionRecord | undefined>;
  /** The records of all partitions of a period. */
  partitions(period: Period): Promise<PartitionRecord[]>;
  /** The periods that have partitions, oldest first. */
  periods(): Promise<Period[]>;
  period(period: Period): Promise<PeriodRecord>;

  /** Takes the period's lease when it is free, has run out, or ends later than one that is taken now could (lease.ts). A new epoch. */
  acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer>;
  /** Throws LeaseLost when a newer epoch was handed out. */
  renewLease(period: Period, epoch: number, until: number): Promise<void>;
  /** Frees the lease; when it is no longer this epoch's, nothing happens. */
  releaseLease(period: Period, epoch: number): Promise<void>;
  /** From now on epochs are higher than this one: what a warehouse has seen a ledger must not hand out again. */
  raiseEpoch(period: Period, epoch: number): Promise<void>;
  /** Remembers that a tick was sent for that moment. A hint for not sending it twice. */
  noteTick(period: Period, at: number): Promise<void>;
  /** Changes a partition's record in the name of a run. Throws LeaseLost, and changes nothing, when a newer epoch was handed out. */
  commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord>;
  /** Notes since when staged versions are hidden from readers, or that they are not (undefined). Throws LeaseLost like `commit`. */
  markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: Moment | undefined,
  ): Promise<void>;
  /** Marks superseded versions as removed before their staged copies are deleted. Throws LeaseLost like `commit`. */
  markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[]): Promise<void>;

  /** The newest run of the analytics script over a period; undefined when there never was one. */
  analytics(period: Period): Promise<AnalyticsRecord | undefined>;
  /** Keeps it in place of the one before. Throws LeaseLost like `commit`. */
  saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void>;

  /** Keeps messages until they are taken out; one whose id is there already stays as it is. */
  putIntoOutbox(messages: readonly Message[]): Promise<void>;
  /** All messages in the outbox, in the order in which they came. */
  outbox(): Promise<Message[]>;
  /** Takes messages out; ids that are not there are no failure. */
  takeFromOutbox(ids: readonly string[]): Promise<void>;

  /** Keeps the configuration, of any size, in place of the one before: whoever reads meanwhile sees one of both, whole. */
  saveConfiguration(configuration: StoredConfiguration): Promise<void>;
  /** The configuration that was kept last; undefined when none ever was. */
  configuration(): Promise<StoredConfiguration | undefined>;

  /** Notes what has just ended, in place of what it noted before; what the other noted stays. */
  noteActivity(activity: Activity): Promise<void>;
  /** What was noted last; a part that never was is absent. */
  activity(): Promise<Activity>;
}

/** The columns of a file, kept once per distinct list. `id` is a hash of them. */
export interface FileSchema {
  readonly id: string;
  readonly columns: readonly ColumnType[];
}

/** What is known of a version and of its partition; undefined where nothing is. */
export interface VersionReading {
  readonly version: VersionRecord | undefined;
  readonly partition: PartitionRecord | undefined;
}

/** What a recording did, and whether the message that caused it has to send a tick: at once, or after the quiet period. */
export interface Recorded {
  readonly partition: PartitionRecord;
  readonly isNew: boolean;
  readonly tick: 'none' | 'quiet' | 'now';
}

export interface PeriodRecord {
  readonly period: Period;
  readonly epoch: number;
  readonly lease?: { readonly holder: string; readonly until: Moment };
  readonly nextTickAt?: Moment;
}

export type LeaseAnswer =
  | { readonly taken: true; readonly epoch: number }
  | { readonly taken: false; readonly heldUntil: Moment };

/** Whose reports arrive where, as it was read at a moment. */
export interface StoredConfiguration {
  /** `fallback`: there was no payers table to read any more, and the payers file counts, not these sources. */
  readonly from: 'table' | 'fallback';
  readonly sources: readonly PayerSource[];
  readonly readAt: Moment;
}

/** A newer run holds the period. Consequence: this run ends at once; the newer one does its work. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * What the file holds is not what was written: a disk has changed it. Consequence: stop, and say which file it is; what it
 * knew is found again in the sources.
 */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
}
