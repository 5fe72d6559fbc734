import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Period } from '../../billing/period.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { periodListingKey } from './keys.ts';
import { fenceOf, lostLease } from './leases.ts';
import { type LogEntry, replay } from './log.ts';
import type { Appended, DynamodbPartitionItems, PartitionItem } from './partitionItems.ts';
import type { DynamodbTable } from './table.ts';
import type { DynamodbVersionItems } from './versionItems.ts';
import { WriteOnce } from './writeOnce.ts';

/**
 * An expression takes 4 KB and 300 operators (DynamoDB Developer Guide, "Constraints"): far more
 * than this.
 */
const MAX_FOLDED = 100;
/** A log this many times too long says that whoever was folding it is gone. */
const FOLDER_IS_GONE = 4;
/** A writer folds on while others fill the log again, but not for ever: its own message waits. */
const MAX_FOLDS = 8;
/** A record is replaced by folds, deliveries and commits alone; nobody is overtaken this often. */
const TRIES = 20;

/**
 * How what is recorded of a partition gets into its items.
 *
 * What is recorded of a version is appended to its partition's log, unconditionally, in one write:
 * at that moment it is known. There is no half of it, so a crash leaves nothing to mend, and
 * hundreds of writers do not get in each other's way. (A transaction over the version's and the
 * partition's item would be as whole, but transactions that meet on one item cancel each other.)
 * The writer whose entry has filled the log folds it:
 *
 *   1  append   partition item: log [a, b]           b is known: its version, change, watermark, what it resolves
 *   2  fold     version items: a, b                  merged; doing it again changes nothing
 *   3           partition item: new record, log []   only if nobody else has replaced the record meanwhile
 *
 *   crash after 1    nothing is lost: every reader works the log in, and the next fold takes it along
 *   crash after 2    a and b are in the log and in their items: merging them again changes nothing
 *   two folders      both merge the same versions; one replaces the record, the other finds that done
 *   append in 2, 3   it stays in the log: a fold takes away only what it has read
 *
 * Readers read the log first and the version items after it, so nothing that a fold moves from one
 * to the other escapes them. Hence whoever reads a record and then the versions sees every version
 * that the record has counted, and whoever sees a version finds it counted in every record read
 * later.
 *
 * A new data file costs one append and one version item, and every 16th file one replacement. Files
 * that come to one process at the same time share their append, so that a batch of ten costs 1.4
 * writes a file, and one alone 2.06. A version that is recorded again costs none. An entry takes
 * about 800 bytes and a write is charged by the whole item's size: so the log is short. Deliveries
 * and commits replace the record in the same way and fold the log with it. What a run writes is
 * fenced: the same transaction checks the period's epoch.
 */
export class DynamodbFolds {
  readonly #table: DynamodbTable;
  readonly #partitions: DynamodbPartitionItems;
  readonly #versions: DynamodbVersionItems;
  readonly #foldEvery: number;
  readonly #periods = new WriteOnce();

  /** `foldEvery`: how long a log may grow before it is folded. */
  constructor(
    table: DynamodbTable,
    items: { readonly partitions: DynamodbPartitionItems; readonly versions: DynamodbVersionItems },
    foldEvery: number,
  ) {
    this.#table = table;
    this.#partitions = items.partitions;
    this.#versions = items.versions;
    this.#foldEvery = foldEvery;
  }

  /**
   * Appends an entry to a partition's log, and folds the log if that is up to this writer. Answers
   * the record after it.
   */
  async append(partition: Partition, entry: LogEntry): Promise<PartitionRecord> {
    await this.#listPeriod(partition.period);
    const appended = await this.#partitions.append(partition, entry);
    const { state } = appended;
    if (this.#isFolder(appended)) await this.#foldOn(state);
    return state.record ?? state.base;
  }

  /**
   * Replaces a partition's record, its log worked in. Nothing is written where `change` answers
   * undefined. With an epoch the write is fenced: throws LeaseLost when a newer one was handed out.
   */
  async replace(
    partition: Partition,
    change: (before: PartitionRecord, stored: PartitionRecord | undefined) => Promise<PartitionRecord | undefined>,
    epoch?: number,
  ): Promise<PartitionRecord> {
    const fence = epoch === undefined ? undefined : fenceOf(partition.period, epoch);
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const state = await this.#partitions.read(partition);
      if (state.entries.length > MAX_FOLDED) {
        await this.#fold(state);
        continue;
      }
      const before = state.record ?? state.base;
      const record = await change(before, state.record);
      if (!record) return before;
      await this.#listPeriod(partition.period);
      await this.#versions.merge(state.entries);
      const replaced = await this.#partitions.replace(state, { record, folded: state.entries.length }, fence);
      if (replaced.is === 'done') return record;
      if (replaced.is === 'refused') throw lostLease(partition.period, epoch);
    }
    throw new Error(`${partitionName(partition)} was replaced by others ${TRIES} times in a row`);
  }

  /**
   * Whether the writer whose entry made the log that long folds it. One of all writers passes each
   * length: so one folds, and the others write on. Only when that one seems to have died does
   * another take over.
   */
  #isFolder({ state, lengthBefore, leads }: Appended): boolean {
    const passes = (every: number) => Math.floor(state.entries.length / every) > Math.floor(lengthBefore / every);
    const isFirst = lengthBefore < this.#foldEvery && passes(this.#foldEvery);
    return leads && (isFirst || passes(FOLDER_IS_GONE * this.#foldEvery));
  }

  /** Folds until the log is short, or somebody else folds it. */
  async #foldOn(state: PartitionItem): Promise<void> {
    let found = state;
    for (let folds = 1; ; folds += 1) {
      const entriesLeft = await this.#fold(found);
      if (entriesLeft === undefined || entriesLeft < this.#foldEvery || folds === MAX_FOLDS) return;
      found = await this.#partitions.read(state.partition);
    }
  }

  /**
   * Works a log's head into the record and the version items. Answers what is left of it; undefined
   * when overtaken.
   */
  async #fold(state: PartitionItem): Promise<number | undefined> {
    const entries = state.entries.slice(0, MAX_FOLDED);
    await this.#versions.merge(entries);
    const record = replay(state.base, entries);
    const replaced = await this.#partitions.replace(state, { record, folded: entries.length });
    return replaced.is === 'done' ? replaced.entriesLeft : undefined;
  }

  /**
   * Lists a period before its first partition is written: a sweep finds every partition through it.
   */
  async #listPeriod(period: Period): Promise<void> {
    const key = periodListingKey(period);
    await this.#periods.write(key, () => this.#table.put(key, {}));
  }
}
