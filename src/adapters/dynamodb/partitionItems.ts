import { randomUUID } from 'node:crypto';
import { type Partition, partitionName } from '../../billing/partition.ts';
import { parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { newPartitionRecord, type PartitionRecord } from '../../ledger/partitionRecord.ts';
import { DynamodbAwaited, type StoredRecord } from './awaited.ts';
import { PARTITION_PREFIX, partitionKey, periodPk } from './keys.ts';
import { decodeEntry, encodeEntry, type LogEntry, replay } from './log.ts';
import {
  type DynamodbTable,
  type Expressions,
  type Item,
  number,
  numberOf,
  type TransactionStep,
  text,
  textOf,
} from './table.ts';

/** A partition's item as it was read. */
export interface PartitionItem {
  readonly partition: Partition;
  /**
   * What it all comes to: the stored record with every entry worked in. Undefined while nothing was
   * ever recorded.
   */
  readonly record: PartitionRecord | undefined;
  readonly entries: readonly LogEntry[];
  /** The stored record, and how often it was replaced. */
  readonly base: PartitionRecord;
  readonly stored: StoredRecord | undefined;
  readonly revision: number;
}

/** What becomes of the first `folded` entries of the log, and which record takes their place. */
interface Replacement {
  readonly record: PartitionRecord;
  readonly folded: number;
}

/** `entriesLeft` is how long the log was right after: known where it was no transaction. */
type Replaced =
  | { readonly is: 'done'; readonly entriesLeft?: number }
  | { readonly is: 'overtaken' }
  | { readonly is: 'refused' };

/** What an append has left. */
export interface Appended {
  /** Right after this very write. */
  readonly state: PartitionItem;
  /** How long the log was before it. */
  readonly lengthBefore: number;
  /**
   * Whether this caller's entry is the first of those that were written together: one of them does
   * what is to be done once.
   */
  readonly leads: boolean;
}

/** One append of several entries; open until it is sent. */
interface GroupAppend {
  readonly entries: LogEntry[];
  readonly written: Promise<PartitionItem>;
  isOpen: boolean;
}

/** An entry takes about 800 bytes, an item 400 KB at most. */
const MAX_GROUP = 50;

/**
 * The partition items: a stored record under a revision, and the log of what was recorded since.
 * The log grows at its end, whatever the revision; the record is replaced, and entries taken from
 * the log's head, only under the revision that was read. So an append and a replacement never undo
 * each other, and neither waits for the other.
 */
export class DynamodbPartitionItems {
  readonly #table: DynamodbTable;
  readonly #awaited: DynamodbAwaited;
  /** The last append to each partition, by its name, while it is under way. */
  readonly #appends = new Map<string, GroupAppend>();

  constructor(table: DynamodbTable) {
    this.#table = table;
    this.#awaited = new DynamodbAwaited(table);
  }

  async read(partition: Partition): Promise<PartitionItem> {
    return this.#stateOf(partition, await this.#table.get(partitionKey(partition)));
  }

  async list(period: Period): Promise<PartitionRecord[]> {
    const items = await this.#table.query(periodPk(period), PARTITION_PREFIX);
    const states = items.map((item) => {
      const payer = parsePayer(textOf(item, 'sk').slice(PARTITION_PREFIX.length));
      return this.#stateOf({ period, payer }, item);
    });
    return (await Promise.all(states)).flatMap(({ record }) => record ?? []);
  }

  /**
   * Puts an entry at the log's end. While an append of this process is under way, those that come
   * for the same partition go along in the next one (a group commit): a batch of messages costs few
   * writes, and does not meet itself.
   */
  async append(partition: Partition, entry: LogEntry): Promise<Appended> {
    const name = partitionName(partition);
    const last = this.#appends.get(name);
    const append = last?.isOpen && last.entries.length < MAX_GROUP ? last : this.#appendAfter(last, partition);
    this.#appends.set(name, append);
    const leads = append.entries.push(entry) === 1;
    try {
      const state = await append.written;
      return { state, lengthBefore: state.entries.length - append.entries.length, leads };
    } finally {
      if (this.#appends.get(name) === append) this.#appends.delete(name);
    }
  }

  #appendAfter(last: GroupAppend | undefined, partition: Partition): GroupAppend {
    const entries: LogEntry[] = [];
    const previous = last?.written.catch(() => undefined) ?? Promise.resolve();
    const append: GroupAppend = {
      entries,
      isOpen: true,
      written: previous.then(() => {
        append.isOpen = false;
        return this.#write(partition, entries);
      }),
    };
    return append;
  }

  async #write(partition: Partition, entries: readonly LogEntry[]): Promise<PartitionItem> {
    const written = await this.#table.update(partitionKey(partition), {
      update: 'set #log = list_append(if_not_exists(#log, :none), :entries)',
      names: { '#log': 'log' },
      values: { ':none': { L: [] }, ':entries': { L: entries.map((entry) => text(encodeEntry(entry))) } },
    });
    return this.#stateOf(partition, written.done ? written.item : written.found);
  }

  /**
   * Replaces the record. 'overtaken': somebody else has replaced it since it was read, and nothing
   * was changed; 'refused': the fence did not hold, and nothing was changed.
   *
   * The SDK sends a request again when its answer was lost. The first one may have replaced the
   * record, and then the second one finds its condition broken by itself; the name of this call in
   * `writer` distinguishes that from being overtaken. A transaction needs none: the SDK names it,
   * and DynamoDB answers its repetition like the first one.
   */
  async replace(
    { partition, stored, revision }: PartitionItem,
    { record, folded }: Replacement,
    fence?: TransactionStep,
  ): Promise<Replaced> {
    const packed = await this.#awaited.pack(record, stored);
    const heads = Array.from({ length: folded }, (_, index) => `#log[${index}]`);
    const writer = randomUUID();
    const values = {
      ':body': text(JSON.stringify(packed)),
      ':next': number(revision + 1),
      ':writer': text(writer),
    };
    const expressions: Expressions = {
      update: `set body = :body, revision = :next, writer = :writer${folded > 0 ? ` remove ${heads.join(', ')}` : ''}`,
      condition: revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :revision',
      names: folded > 0 ? { '#log': 'log' } : undefined,
      values: revision === 0 ? values : { ...values, ':revision': number(revision) },
    };
    const key = partitionKey(partition);
    if (fence) {
      const failed = await this.#table.transact([fence, { key, ...expressions }]);
      if (failed.includes(0)) return { is: 'refused' };
      return { is: failed.length === 0 ? 'done' : 'overtaken' };
    }
    const written = await this.#table.update(key, expressions);
    const item = written.done ? written.item : written.found;
    if (item?.writer?.S !== writer) return { is: 'overtaken' };
    return { is: 'done', entriesLeft: item.log?.L?.length ?? 0 };
  }

  async #stateOf(partition: Partition, item: Item | undefined): Promise<PartitionItem> {
    const stored = item?.body && (JSON.parse(textOf(item, 'body')) as StoredRecord);
    const base = stored ? await this.#awaited.unpack(stored) : newPartitionRecord(partition);
    const entries = (item?.log?.L ?? []).map(({ S }) => decodeEntry(partition, S ?? ''));
    return {
      partition,
      record: item && replay(base, entries),
      entries,
      base,
      stored,
      revision: numberOf(item, 'revision') ?? 0,
    };
  }
}
