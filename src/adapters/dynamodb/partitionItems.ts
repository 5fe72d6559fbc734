import { randomUUID } from 'node:crypto';
import type { Partition } from '../../billing/partition.ts';
import { parsePayer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import { newPartitionRecord, type PartitionRecord } from '../../ledger/partitionRecord.ts';
import { DynamodbAwaited, type StoredRecord } from './awaited.ts';
import { decodeIntent, encodeIntent, type Intent } from './intents.ts';
import { intentsKey, partitionPk, payerListingKey, payersPk, recordKey } from './keys.ts';
import {
  type DynamodbTable,
  type Expressions,
  type Item,
  type ItemKey,
  number,
  numberOf,
  type TransactionStep,
  text,
  textOf,
} from './table.ts';

/**
 * A partition's two items as they were read. Intents are numbered from 0 on, for ever; the list
 * holds those from `listStart` on, and the record has all before `folded` in it, but for the
 * `carried` ones.
 */
export interface PartitionItems {
  readonly partition: Partition;
  /**
   * The record without what is still in the list; `stored` as its item holds it, absent where there
   * is no item.
   */
  readonly base: PartitionRecord;
  readonly stored?: StoredRecord | undefined;
  /** How often the record was replaced. */
  readonly revision: number;
  readonly folded: number;
  /**
   * Those that did not count when they were folded, and then those that are not folded, in their
   * order.
   */
  readonly intents: readonly Intent[];
  /** Where the list begins and ends. */
  readonly listStart: number;
  readonly listEnd: number;
  readonly hasList: boolean;
}

/**
 * The numbers of the intents that an append has added: from `first` on, `length` being that of the
 * list right after.
 */
export interface Appended {
  readonly first: number;
  readonly length: number;
}

/**
 * What takes a record's place: intents up to the end of the list that was read are in it, but for
 * the carried ones.
 */
interface Replacement {
  readonly record: PartitionRecord;
  readonly carried: readonly Intent[];
}

/**
 * An expression takes 4 KB and 300 operators (DynamoDB Developer Guide, "Constraints"): far more
 * than this.
 */
const MAX_TRIMMED = 100;
/** The items of this many partitions are read at a time: 100 keys a request, and two requests. */
const PARTITIONS_PER_READ = 100;
/**
 * Two items are not read at one moment. A fold between them is seen, and they are read again;
 * nobody meets one so often.
 */
const TRIES = 20;

/**
 * The partitions' records, and the lists of intents beside them. A list grows at its end, whatever
 * becomes of the record: an append is one small write without conditions, so that hundreds of
 * writers do not get in each other's way. A record is replaced only under the revision that was
 * read, and says up to which number the intents are in it. Then the list's head is cut off; where
 * that is left out, or done late, readers skip what is in the record already.
 */
export class DynamodbPartitionItems {
  readonly #table: DynamodbTable;
  readonly #awaited: DynamodbAwaited;

  constructor(table: DynamodbTable) {
    this.#table = table;
    this.#awaited = new DynamodbAwaited(table);
  }

  async read(partition: Partition): Promise<PartitionItems> {
    const [items] = await this.#readAll([partition]);
    if (!items) throw new Error(`${partitionPk(partition)} was not read`);
    return items;
  }

  /**
   * Those of a period, by payer. One that was listed and never written is without a record and
   * intents.
   */
  async list(period: Period): Promise<PartitionItems[]> {
    const listed = await this.#table.query(payersPk(period));
    const partitions = listed.map((item) => ({
      payer: parsePayer(textOf(item, 'sk')),
      period,
    }));
    const found: PartitionItems[] = [];
    for (let start = 0; start < partitions.length; start += PARTITIONS_PER_READ) {
      found.push(...(await this.#readAll(partitions.slice(start, start + PARTITIONS_PER_READ))));
    }
    return found;
  }

  /**
   * Lists a partition in its period, before its first item is written: no reader of the period
   * misses it.
   */
  async enlist(partition: Partition): Promise<void> {
    await this.#table.put(payerListingKey(partition), {});
  }

  /** Puts intents at the end of the list. */
  async append(partition: Partition, intents: readonly Intent[]): Promise<Appended> {
    const append: Expressions = {
      update: 'set intents = list_append(if_not_exists(intents, :none), :intents)',
      values: { ':none': { L: [] }, ':intents': { L: intents.map((intent) => text(encodeIntent(intent))) } },
    };
    const key = intentsKey(partition);
    let written = await this.#table.update(key, { ...append, condition: 'attribute_exists(pk)' });
    if (!written.done) {
      await this.enlist(partition);
      written = await this.#table.update(key, append);
    }
    const item = written.done ? written.item : written.found;
    const length = item?.intents?.L?.length ?? 0;
    return { first: startOf(item) + length - intents.length, length };
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
    { partition, stored, revision, folded, listEnd }: PartitionItems,
    { record, carried }: Replacement,
    fence?: TransactionStep,
  ): Promise<'done' | 'overtaken' | 'refused'> {
    const packed = await this.#awaited.pack(record, stored);
    const writer = randomUUID();
    const values = {
      ':body': text(JSON.stringify(packed)),
      ':next': number(revision + 1),
      ':writer': text(writer),
      ':folded': number(Math.max(folded, listEnd)),
      ':carried': { L: carried.map((intent) => text(encodeIntent(intent))) },
    };
    const expressions: Expressions = {
      update: 'set body = :body, revision = :next, writer = :writer, folded = :folded, carried = :carried',
      condition: revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :revision',
      values: revision === 0 ? values : { ...values, ':revision': number(revision) },
    };
    const key = recordKey(partition);
    if (fence) {
      const failed = await this.#table.transact([fence, { key, ...expressions }]);
      if (failed.includes(0)) return 'refused';
      return failed.length === 0 ? 'done' : 'overtaken';
    }
    const written = await this.#table.update(key, expressions);
    const item = written.done ? written.item : written.found;
    return item?.writer?.S === writer ? 'done' : 'overtaken';
  }

  /**
   * Cuts off the list's head, up to the end that was read. Answers how long it is then; undefined
   * when somebody else did so.
   */
  async trim({ partition, listStart, listEnd }: PartitionItems): Promise<number | undefined> {
    let left = 0;
    for (let start = listStart; start < listEnd; start += MAX_TRIMMED) {
      const next = Math.min(listEnd, start + MAX_TRIMMED);
      const heads = Array.from({ length: next - start }, (_, index) => `intents[${index}]`);
      const written = await this.#table.update(intentsKey(partition), {
        update: `set listStart = :next remove ${heads.join(', ')}`,
        condition: start === 0 ? 'attribute_not_exists(listStart)' : 'listStart = :start',
        values: start === 0 ? { ':next': number(next) } : { ':next': number(next), ':start': number(start) },
      });
      if (!written.done) return undefined;
      left = written.item.intents?.L?.length ?? 0;
    }
    return left;
  }

  async #readAll(partitions: readonly Partition[]): Promise<PartitionItems[]> {
    const found = new Map<Partition, PartitionItems>();
    let asked = partitions;
    for (let attempt = 1; asked.length > 0; attempt += 1) {
      if (attempt > TRIES) throw new Error(`${asked.length} partitions were folded between two reads ${TRIES} times`);
      const items = await this.#table.getAll(asked.flatMap((one) => [recordKey(one), intentsKey(one)]));
      const byKey = new Map(items.map((item) => [nameOf({ pk: textOf(item, 'pk'), sk: textOf(item, 'sk') }), item]));
      for (const partition of asked) {
        const record = byKey.get(nameOf(recordKey(partition)));
        const list = byKey.get(nameOf(intentsKey(partition)));
        // The record is older than the list: what was cut off from the list is not in it yet.
        if (startOf(list) > foldedOf(record)) continue;
        found.set(partition, await this.#itemsOf(partition, record, list));
      }
      asked = asked.filter((partition) => !found.has(partition));
    }
    return partitions.flatMap((partition) => found.get(partition) ?? []);
  }

  async #itemsOf(partition: Partition, record: Item | undefined, list: Item | undefined): Promise<PartitionItems> {
    const stored = record && (JSON.parse(textOf(record, 'body')) as StoredRecord);
    const folded = foldedOf(record);
    const listStart = startOf(list);
    const entries = list?.intents?.L ?? [];
    const intents = [...(record?.carried?.L ?? []), ...entries.slice(folded - listStart)];
    return {
      partition,
      base: stored ? await this.#awaited.unpack(stored) : newPartitionRecord(partition),
      stored,
      revision: numberOf(record, 'revision') ?? 0,
      folded,
      intents: intents.map(({ S }) => decodeIntent(S ?? '')),
      listStart,
      listEnd: listStart + entries.length,
      hasList: list !== undefined,
    };
  }
}

function foldedOf(record: Item | undefined): number {
  return numberOf(record, 'folded') ?? 0;
}

function startOf(list: Item | undefined): number {
  return numberOf(list, 'listStart') ?? 0;
}

function nameOf({ pk, sk }: ItemKey): string {
  return `${pk} ${sk}`;
}
