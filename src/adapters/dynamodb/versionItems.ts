import { setImmediate } from 'node:timers/promises';
import pMap from 'p-map';
import type { Partition } from '../../billing/partition.ts';
import type { ObjectPlace } from '../../billing/version.ts';
import { objectName, type VersionId, versionIdPrefix } from '../../billing/version.ts';
import type { VersionOutcome, VersionRecord } from '../../ledger/versionRecord.ts';
import { markOf } from './intents.ts';
import { partitionPk, VERSION, versionKey } from './keys.ts';
import { type DynamodbTable, type Item, STEPS_PER_TRANSACTION, type TransactionStep, text, textOf } from './table.ts';

/** The outcome of a staged version after what a run marks in it. */
export type ChangeOfStaged = (outcome: Extract<VersionOutcome, { status: 'staged' }>) => VersionOutcome;

/** A version's item as it was read. */
export interface VersionItem {
  readonly record: VersionRecord;
  /** What names each of the recordings that have written it, the newest last. Runs leave none. */
  readonly marks: readonly string[];
  readonly body: string;
}

/** What a recording writes into a version's item. */
export interface VersionWrite {
  readonly record: VersionRecord;
  readonly mark: string;
  readonly body: string;
  /** The item as it was read; undefined where there was none. */
  readonly known: VersionItem | undefined;
}

interface VersionName {
  readonly partition: Partition;
  readonly id: VersionId;
}

/**
 * Each time a version's item is found changed, somebody else has got ahead; nobody does so this
 * often.
 */
const TRIES = 20;
/**
 * Of a version that is recorded over and over, the newest marks: no intent waits for an older one.
 */
const MAX_MARKS = 16;
const QUERIES_AT_A_TIME = 8;

/**
 * The version items. Each is written once for a recording, under the condition that nobody has
 * written it since it was read.
 */
export class DynamodbVersionItems {
  readonly #table: DynamodbTable;
  /** What is asked for one by one in the same turn is read together. */
  #asked: VersionName[] = [];
  #answer: Promise<ReadonlyMap<string, VersionItem>> | undefined;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  /** The files of a batch are looked up at the same time: one request reads them all. */
  async get(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    this.#asked.push({ partition, id });
    this.#answer ??= this.#answerAsked();
    return (await this.#answer).get(versionName({ partition, id }))?.record;
  }

  /** Those that exist, by {@link versionName}. */
  async find(wanted: readonly VersionName[]): Promise<Map<string, VersionItem>> {
    const byName = new Map(wanted.map((one) => [versionName(one), one]));
    const keys = [...byName.values()].map(({ partition, id }) => versionKey(partition, id));
    const found = new Map<string, VersionItem>();
    for (const item of await this.#table.getAll(keys)) {
      const name = `${textOf(item, 'pk')} ${textOf(item, 'sk')}`;
      const one = byName.get(name);
      if (one) found.set(name, itemOf(one.partition, item));
    }
    return found;
  }

  async list(partition: Partition): Promise<VersionRecord[]> {
    const items = await this.#table.query(partitionPk(partition), { prefix: VERSION });
    return items.map((item) => itemOf(partition, item).record);
  }

  /** The versions of some objects: those of one lie side by side. */
  async listObjects(partition: Partition, objects: readonly ObjectPlace[]): Promise<VersionRecord[]> {
    const names = new Set(objects.map(objectName));
    const prefixes = [...new Set(objects.map(versionIdPrefix))];
    const query = (prefix: string) => this.#table.query(partitionPk(partition), { prefix: `${VERSION}${prefix}` });
    const items = (await pMap(prefixes, query, { concurrency: QUERIES_AT_A_TIME })).flat();
    return items.map((item) => itemOf(partition, item).record).filter(({ source }) => names.has(objectName(source)));
  }

  /** Whether it is written. If not, somebody else has written another state since it was read. */
  async write({ record, mark, body, known }: VersionWrite): Promise<boolean> {
    const marks = [...(known?.marks ?? []), mark].slice(-MAX_MARKS);
    const only = known
      ? { condition: 'body = :known', values: { ':known': text(known.body) } }
      : { condition: 'attribute_not_exists(pk)' };
    const key = versionKey(record.partition, record.id);
    const written = await this.#table.put(key, { body: text(body), marks: text(marks.join(' ')) }, only);
    // Where the answer to the first try was lost, the second finds what the first has written.
    return written.done || (written.found !== undefined && marksOf(written.found).includes(mark));
  }

  /**
   * Changes versions as far as the fence holds: up to 99 of them a transaction, each with the
   * fence. Answers whether it held for all of them.
   */
  async changeAll(
    partition: Partition,
    ids: readonly VersionId[],
    change: (item: VersionItem) => TransactionStep | undefined,
    fence: TransactionStep,
  ): Promise<boolean> {
    const size = STEPS_PER_TRANSACTION - 1;
    for (let start = 0; start === 0 || start < ids.length; start += size) {
      if (!(await this.#changeBatch(partition, ids.slice(start, start + size), change, fence))) return false;
    }
    return true;
  }

  async #answerAsked(): Promise<ReadonlyMap<string, VersionItem>> {
    await setImmediate();
    const asked = this.#asked;
    this.#asked = [];
    this.#answer = undefined;
    return this.find(asked);
  }

  async #changeBatch(
    partition: Partition,
    ids: readonly VersionId[],
    change: (item: VersionItem) => TransactionStep | undefined,
    fence: TransactionStep,
  ): Promise<boolean> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const items = [...(await this.find(ids.map((id) => ({ partition, id })))).values()];
      const failed = await this.#table.transact([fence, ...items.flatMap((item) => change(item) ?? [])]);
      if (failed.includes(0)) return false;
      if (failed.length === 0) return true;
    }
    throw new Error(`versions of ${partitionPk(partition)} were changed by others ${TRIES} times in a row`);
  }
}

/** One name for a version's item. */
export function versionName({ partition, id }: VersionName): string {
  const { pk, sk } = versionKey(partition, id);
  return `${pk} ${sk}`;
}

/** The write that leaves `record` in its version's item. */
export function versionWrite(record: VersionRecord, known: VersionItem | undefined): VersionWrite {
  const body = encodeVersion(record);
  return { record, mark: markOf(known?.marks.length ?? 0, body), body, known };
}

/** The step that changes the outcome of a version, if that is staged. */
export function changeOfStaged({ record, body }: VersionItem, change: ChangeOfStaged): TransactionStep | undefined {
  if (record.outcome.status !== 'staged') return undefined;
  const changed = encodeVersion({ ...record, outcome: change(record.outcome) });
  return {
    key: versionKey(record.partition, record.id),
    update: 'set body = :body',
    condition: 'body = :known',
    values: { ':known': text(body), ':body': text(changed) },
  };
}

/** The step that forgets a version, if that is removed. */
export function deletionOfRemoved({ record, body }: VersionItem): TransactionStep | undefined {
  if (record.outcome.status !== 'removed') return undefined;
  const key = versionKey(record.partition, record.id);
  return { key, isDeletion: true, condition: 'body = :known', values: { ':known': text(body) } };
}

/**
 * Without what the item's key says already, and the folder where it is the key's: most items are
 * below 1 KB then.
 */
function encodeVersion({ partition: _, folder, ...record }: VersionRecord): string {
  return JSON.stringify(folder === folderOf(record.source.key) ? record : { ...record, folder });
}

function itemOf(partition: Partition, item: Item): VersionItem {
  const body = textOf(item, 'body');
  const stored = JSON.parse(body) as Omit<VersionRecord, 'partition' | 'folder'> & Partial<VersionRecord>;
  const record = { ...stored, partition, folder: stored.folder ?? folderOf(stored.source.key) };
  return { record, marks: marksOf(item), body };
}

function marksOf(item: Item): readonly string[] {
  return textOf(item, 'marks').split(' ');
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
