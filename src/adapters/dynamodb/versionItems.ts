import type { Partition } from '../../billing/partition.ts';
import type { VersionId } from '../../billing/version.ts';
import {
  mergeVersion,
  type StagedOutcome,
  type VersionOutcome,
  type VersionRecord,
} from '../../ledger/versionRecord.ts';
import { partitionPk, VERSION, versionKey } from './keys.ts';
import type { LogEntry } from './log.ts';
import { type DynamodbTable, type Item, STEPS_PER_TRANSACTION, type TransactionStep, text, textOf } from './table.ts';

export type ChangeOfStaged = (outcome: StagedOutcome) => VersionOutcome;

/**
 * Each time a version's item is found changed, somebody else has got ahead; nobody does so this
 * often.
 */
const TRIES = 20;

/**
 * The version items: what is known of versions without what still lies in their partition's log.
 */
export class DynamodbVersionItems {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async get(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    const item = await this.#table.get(versionKey(partition, id));
    return item && recordOf(item);
  }

  async list(partition: Partition): Promise<VersionRecord[]> {
    return (await this.#table.query(partitionPk(partition), VERSION)).map(recordOf);
  }

  /**
   * Merges log entries into their versions' items: one write for a version that has none yet, none
   * where everything is merged already.
   */
  async merge(entries: readonly LogEntry[]): Promise<void> {
    const byVersion = Map.groupBy(
      entries.map(({ record }) => record),
      ({ id }) => id,
    );
    await Promise.all([...byVersion.values()].map((records) => this.#merge(records)));
  }

  /**
   * All of one version. They are merged one by one: what a run has marked between them lies in the
   * item alone.
   */
  async #merge(records: readonly VersionRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    const key = versionKey(first.partition, first.id);
    let item: Item | undefined;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const record = mergeAll(item && recordOf(item), records);
      if (!record) return;
      const only = item
        ? { condition: 'body = :known', values: { ':known': text(textOf(item, 'body')) } }
        : { condition: 'attribute_not_exists(pk)' };
      const written = await this.#table.put(key, { body: text(JSON.stringify(record)) }, only);
      if (written.done) return;
      item = written.found;
    }
    throw new Error(`version ${first.id} was changed by others ${TRIES} times in a row`);
  }

  /**
   * Changes the outcome of those of the versions that are staged, as far as the fence holds: up to
   * 99 versions a transaction, each with the fence. Answers whether it held for all of them.
   */
  async changeStaged(
    partition: Partition,
    ids: readonly VersionId[],
    change: ChangeOfStaged,
    fence: TransactionStep,
  ): Promise<boolean> {
    const size = STEPS_PER_TRANSACTION - 1;
    for (let start = 0; start === 0 || start < ids.length; start += size) {
      if (!(await this.#changeBatch(partition, ids.slice(start, start + size), change, fence))) return false;
    }
    return true;
  }

  async #changeBatch(
    partition: Partition,
    ids: readonly VersionId[],
    change: ChangeOfStaged,
    fence: TransactionStep,
  ): Promise<boolean> {
    const keys = [...new Set(ids)].map((id) => versionKey(partition, id));
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const items = await this.#table.getAll(keys);
      const failed = await this.#table.transact([fence, ...items.flatMap((item) => changeStep(item, change))]);
      if (failed.includes(0)) return false;
      if (failed.length === 0) return true;
    }
    throw new Error(`versions of ${partitionPk(partition)} were changed by others ${TRIES} times in a row`);
  }
}

/** The version with all records of it merged in; undefined when all of it is known already. */
function mergeAll(known: VersionRecord | undefined, records: readonly VersionRecord[]): VersionRecord | undefined {
  let [record, isNew] = [known, false];
  for (const each of records) {
    const merged = mergeVersion(record, each);
    record = merged.record;
    isNew ||= merged.isNew;
  }
  return isNew ? record : undefined;
}

function changeStep(item: Item, change: ChangeOfStaged): TransactionStep | [] {
  const record = recordOf(item);
  if (record.outcome.status !== 'staged') return [];
  return {
    key: versionKey(record.partition, record.id),
    update: 'set body = :body',
    condition: 'body = :known',
    values: {
      ':known': text(textOf(item, 'body')),
      ':body': text(JSON.stringify({ ...record, outcome: change(record.outcome) })),
    },
  };
}

function recordOf(item: Item): VersionRecord {
  return JSON.parse(textOf(item, 'body')) as VersionRecord;
}
