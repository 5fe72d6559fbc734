import { shortHash } from '../../base/shortHash.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { DynamodbAged } from './aged.ts';
import { getDocument, putDocument } from './documents.ts';
import { awaitedKey } from './keys.ts';
import { type DynamodbTable, type ItemKey, number } from './table.ts';

/**
 * A partition's record as its item holds it. Where `awaitedList` is there, it stands for the
 * delivery's `awaited`.
 */
export type StoredRecord = PartitionRecord & { readonly awaitedList?: AwaitedList };

/**
 * The list of what a delivery waits for, by its digest, and which entries are still open: a bit
 * each, in base64.
 */
interface AwaitedList {
  readonly digest: string;
  readonly open: string;
}

/** As many stay in the record itself. */
const MAX_INLINE = 50;
const MAX_CACHED_LISTS = 16;

/**
 * Stores long lists of what a delivery waits for outside the partition's item. A write is charged
 * by the whole item's size, and every data file writes it: ten thousand ids would make it 200 write
 * units a file. The list is written once and never changes; the item holds its name and a bit for
 * each of its entries, 1.7 KB for ten thousand.
 */
export class DynamodbAwaited {
  readonly #table: DynamodbTable;
  readonly #aged: DynamodbAged;
  /**
   * Lists that this process has written or read, by the name of their item: each partition has
   * items of its own.
   */
  readonly #lists = new Map<string, readonly string[]>();
  /** What of each of them was open when it was read last. */
  readonly #opened = new WeakMap<readonly string[], { readonly open: string; readonly awaited: readonly string[] }>();

  constructor(table: DynamodbTable) {
    this.#table = table;
    this.#aged = new DynamodbAged(table);
  }

  /**
   * The record as its item shall hold it. A list that is not stored yet is. `before` is what the
   * item held last.
   */
  async pack(record: PartitionRecord, before: StoredRecord | undefined): Promise<StoredRecord> {
    const { delivery } = record;
    if (!delivery || delivery.awaited.length <= MAX_INLINE) return record;
    const awaitedList =
      (await this.#again(delivery.awaited, record, before)) ?? (await this.#store(delivery.awaited, record));
    return { ...record, delivery: { ...delivery, awaited: [] }, awaitedList };
  }

  /** The record that an item holds. Throws an Error when its list is missing. */
  async unpack({ awaitedList, ...record }: StoredRecord): Promise<PartitionRecord> {
    const { delivery } = record;
    if (!delivery || !awaitedList) return record;
    const list = await this.#list(record, awaitedList.digest);
    return { ...record, delivery: { ...delivery, awaited: this.#openOf(list, awaitedList.open) } };
  }

  /** The same list with fewer open, if that is what `awaited` is. */
  async #again(
    awaited: readonly string[],
    record: PartitionRecord,
    before: StoredRecord | undefined,
  ): Promise<AwaitedList | undefined> {
    if (!before?.awaitedList) return undefined;
    const { digest } = before.awaitedList;
    const list = await this.#list(record, digest);
    const open = new Set(awaited);
    const left = list.filter((token) => open.has(token));
    const isSame = left.length === awaited.length && left.every((token, index) => token === awaited[index]);
    return isSame ? { digest, open: bitsOf(list, open) } : undefined;
  }

  async #store(awaited: readonly string[], { partition, lastChangeAt = 0 }: PartitionRecord): Promise<AwaitedList> {
    const digest = shortHash(JSON.stringify(awaited), 32);
    const key = awaitedKey(partition, digest);
    if (!this.#lists.has(nameOf(key))) {
      await this.#aged.note(partition, 'awaited', { at: lastChangeAt, name: digest });
      await putDocument(this.#table, key, awaited, { writtenAt: number(lastChangeAt) });
      this.#remember(key, awaited);
    }
    return { digest, open: bitsOf(awaited, new Set(awaited)) };
  }

  async #list({ partition }: PartitionRecord, digest: string): Promise<readonly string[]> {
    const key = awaitedKey(partition, digest);
    const known = this.#lists.get(nameOf(key));
    if (known) return known;
    const list = await getDocument<readonly string[]>(this.#table, key);
    if (!list) throw new Error(`the ledger has no item ${key.pk} ${key.sk}`);
    this.#remember(key, list);
    return list;
  }

  /** Between two folds the same bits are read over and over. */
  #openOf(list: readonly string[], open: string): readonly string[] {
    const last = this.#opened.get(list);
    if (last?.open === open) return last.awaited;
    const bits = Buffer.from(open, 'base64');
    const awaited = list.filter((_, index) => ((bits[index >> 3] ?? 0) >> (index & 7)) & 1);
    this.#opened.set(list, { open, awaited });
    return awaited;
  }

  #remember(key: ItemKey, list: readonly string[]): void {
    this.#lists.set(nameOf(key), list);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > MAX_CACHED_LISTS && oldest !== undefined) this.#lists.delete(oldest);
  }
}

function nameOf({ pk, sk }: ItemKey): string {
  return `${pk} ${sk}`;
}

function bitsOf(list: readonly string[], open: ReadonlySet<string>): string {
  const bits = Buffer.alloc(Math.ceil(list.length / 8));
  for (const [index, token] of list.entries()) {
    if (open.has(token)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits.toString('base64');
}
