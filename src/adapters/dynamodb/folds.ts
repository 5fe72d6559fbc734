import type { Moment } from '../../base/moment.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Period } from '../../billing/period.ts';
import type { VersionId } from '../../billing/version.ts';
import { hasChanges, type PartitionRecord } from '../../ledger/partitionRecord.ts';
import { IN_PLAY_MS } from '../../ledger/periodInPlay.ts';
import { notAbandoned } from './intents.ts';
import { periodListingKey } from './keys.ts';
import { fenceOf, lostLease } from './leases.ts';
import type { DynamodbPartitionItems } from './partitionItems.ts';
import type { Grown } from './recording.ts';
import { type DynamodbTable, number } from './table.ts';
import { type DynamodbViews, type PartitionView, recordOf } from './views.ts';
import { WriteOnce } from './writeOnce.ts';

/** A change of a partition's record other than by its versions. */
interface RecordChange {
  /**
   * Nothing is written where it answers undefined. `stored` is undefined where nothing is known of
   * the partition.
   */
  readonly change: (
    before: PartitionRecord,
    stored: PartitionRecord | undefined,
  ) => Promise<PartitionRecord | undefined>;
  /** The version, or whatever it is named after, whose message sends the tick. */
  readonly by?: string;
  /** When it is made, where it may leave the partition dirty that was not. */
  readonly now?: Moment;
  /** Under which a run changes it. */
  readonly epoch?: number;
}

/** A list this many times too long says that whoever was folding it is gone. */
const FOLDER_IS_GONE = 4;
/** A quarter of {@link IN_PLAY_MS}: whoever has touched a period since need not do so again. */
const TOUCH_EVERY_MS = IN_PLAY_MS / 4;
/** A writer folds on while others fill the list again, but not for ever: its own message waits. */
const MAX_FOLDS = 8;
/** A record is replaced by folds, deliveries and commits alone; nobody is overtaken this often. */
const TRIES = 20;

/**
 * How what is recorded of a partition gets into its items, and the intents into its record.
 *
 * A version is recorded in three requests, and known when the last of them takes effect:
 *
 *   1  read     version item: a          what is known of it: its body and its marks
 *   2  append   intents: [… a:m]         a is about to get the mark m
 *   3  put      version item: a, … m     only if nobody has written it since it was read
 *
 * The writer whose intent has filled the list folds it:
 *
 *   4  read     record, intents, and the version items that the intents name
 *   5  put      record, folded up to 16  only if nobody else has replaced the record meanwhile
 *   6  trim     intents from 16 on       only if nobody else has trimmed them
 *
 *   crash after 2          the intent counts nothing. When the message comes again, it is appended
 *                          once more, and both count once
 *   crash after 3          nothing is lost: every reader works it in, and the next fold takes it along
 *   crash after 5          readers skip what is in the record already; the next fold trims
 *   fold between 2 and 3   the record carries the intent along until its item has the mark
 *   two of one version     one of them finds the item changed, and merges what it knows into it
 *   append in 4 to 6       it stays in the list: a fold takes away only what it has read
 *
 * So nothing is half known, nobody waits for anybody else, and no transaction is needed over items
 * that many write: transactions that meet on one item cancel each other, and cost twice. views.ts
 * says what readers may rely on, recording.ts who sends the tick.
 *
 * The item of a version is one write unit, and the append to a list of 16 intents of 45 bytes is
 * another; a 16th of a record and of a trim comes on top: 2.3 units a file. Files that come to one
 * process at the same time share their append: 1.3 units then. A version that is recorded again
 * costs none. Deliveries and commits replace the record in the same way. What a run writes is
 * fenced: a transaction checks the period's epoch along with it.
 */
export class DynamodbFolds {
  readonly #table: DynamodbTable;
  readonly #partitions: DynamodbPartitionItems;
  readonly #views: DynamodbViews;
  readonly #foldEvery: number;
  readonly #periods = new WriteOnce();

  /** `foldEvery`: how long a list may grow before it is folded. */
  constructor(
    table: DynamodbTable,
    { partitions, views }: { readonly partitions: DynamodbPartitionItems; readonly views: DynamodbViews },
    foldEvery: number,
  ) {
    this.#table = table;
    this.#partitions = partitions;
    this.#views = views;
    this.#foldEvery = foldEvery;
  }

  /**
   * Puts a period into play before anything of it is written: a sweep finds every partition through
   * it. That is said again after a while only, and long before a sweep may retire it.
   */
  async touchPeriod(period: Period, now: Moment): Promise<void> {
    const key = periodListingKey(period);
    const stretch = Math.floor(now / TOUCH_EVERY_MS);
    await this.#periods.write({ ...key, sk: `${key.sk} ${stretch}` }, () =>
      this.#table.update(key, { update: 'set touchedAt = :now', values: { ':now': number(now) } }),
    );
  }

  /** The versions that intents name which are not folded yet, or do not count yet. */
  async namedIn(partition: Partition): Promise<ReadonlySet<VersionId>> {
    const { intents } = await this.#partitions.read(partition);
    return new Set(intents.map(({ id }) => id));
  }

  /** Answers the record, changed or not. Throws LeaseLost where a newer epoch was handed out. */
  async replace(partition: Partition, { change, by, now, epoch }: RecordChange): Promise<PartitionRecord> {
    const fence = epoch === undefined ? undefined : fenceOf(partition.period, epoch);
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const view = await this.#views.read(partition);
      const changed = await change(view.record, recordOf(view));
      if (!changed) return view.record;
      if (now !== undefined) await this.touchPeriod(partition.period, now);
      const record = by === undefined ? changed : withSureOwner(view, changed, by);
      if (!view.items.hasList && !view.items.stored) await this.#partitions.enlist(partition);
      const did = await this.#partitions.replace(view.items, { record, carried: view.pending }, fence);
      if (did === 'refused') throw lostLease(partition.period, epoch);
      if (did === 'overtaken') continue;
      // A short list may stay: who folds the next time cuts off what is in the record already.
      if (view.items.listEnd - view.items.listStart >= this.#foldEvery) await this.#partitions.trim(view.items);
      return record;
    }
    throw new Error(`${partitionName(partition)} was replaced by others ${TRIES} times in a row`);
  }

  /**
   * Folds a list that has become too long, until it is short, or somebody else folds it. Answers
   * whether this has made `by` the owner of the tick, as it is where the owner was not certain.
   */
  async foldIfLong(grown: Grown): Promise<boolean> {
    let becameOwner = false;
    for (let folds = 1; this.#isFolder(grown) && folds <= MAX_FOLDS; folds += 1) {
      const view = await this.#views.read(grown.partition);
      const record = withSureOwner(view, view.record, grown.by);
      const carried = notAbandoned(view.pending, grown.now);
      if ((await this.#partitions.replace(view.items, { record, carried })) !== 'done') break;
      becameOwner ||= record !== view.record;
      const left = await this.#partitions.trim(view.items);
      if (left === undefined || left < this.#foldEvery) break;
    }
    return becameOwner;
  }

  /**
   * Whether the writer whose intents made the list that long folds it. One of all writers passes
   * each length: so one folds, and the others write on. Only when that one seems to have died does
   * another take over.
   */
  #isFolder({ length, added }: Grown): boolean {
    const before = length - added;
    const passes = (every: number) => Math.floor(length / every) > Math.floor(before / every);
    return (before < this.#foldEvery && passes(this.#foldEvery)) || passes(FOLDER_IS_GONE * this.#foldEvery);
  }
}

/** See {@link WorkedIn.ownerIsUnsure}: whoever replaces the record sends the tick then. */
function withSureOwner({ ownerIsUnsure }: PartitionView, record: PartitionRecord, by: string): PartitionRecord {
  return ownerIsUnsure && hasChanges(record) ? { ...record, tickOwner: by } : record;
}
