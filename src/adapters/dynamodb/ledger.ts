import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ColumnType } from '../../billing/columnType.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import { type Period, parsePeriod } from '../../billing/period.ts';
import { type VersionId, versionIdOf } from '../../billing/version.ts';
import type { Activity } from '../../ledger/activity.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import {
  type FileSchema,
  type LeaseAnswer,
  LeaseLost,
  type Ledger,
  type PeriodRecord,
  type Recorded,
  type StoredConfiguration,
  type VersionReading,
} from '../../ledger/ledger.ts';
import { byAge, type Message } from '../../ledger/message.ts';
import {
  applyDelivery,
  applyReopening,
  applyReportChoice,
  applyUpdate,
  countChange,
  newPartitionRecord,
  type PartitionRecord,
  type PartitionUpdate,
  type Reopening,
  tickFor,
} from '../../ledger/partitionRecord.ts';
import { isUsable, mergeVersion, removedOutcome, type VersionRecord } from '../../ledger/versionRecord.ts';
import { getDocument, packDocument, putDocument } from './documents.ts';
import {
  ACTIVITY,
  activityKey,
  analyticsKey,
  configurationKey,
  deliveryKey,
  OUTBOX,
  outboxKey,
  PERIODS,
  periodListingKey,
  schemaKey,
} from './keys.ts';
import { DynamodbLeases, fenceOf } from './leases.ts';
import { latestVersion, latestVersions, replay } from './log.ts';
import { type Appended, DynamodbPartitions, type PartitionItem } from './partitions.ts';
import { DynamodbTable, type ItemKey, text, textOf } from './table.ts';
import { DynamodbVersions } from './versions.ts';

interface DynamodbLedgerSettings {
  /** How long a partition's log may grow before somebody folds it: see {@link DynamodbLedger}. */
  readonly foldEvery: number;
}

const SETTINGS: DynamodbLedgerSettings = { foldEvery: 16 };
/** An expression takes 4 KB and 300 operators (DynamoDB Developer Guide, "Constraints"): far more than this. */
const MAX_FOLDED = 100;
/** A log this many times too long says that whoever was folding it is gone. */
const FOLDER_IS_GONE = 4;
/** A writer folds on while others fill the log again, but not for ever: its own message waits. */
const MAX_FOLDS = 8;
/** A record is replaced by folds, deliveries and commits alone; nobody is overtaken this often. */
const TRIES = 20;

/**
 * The ledger in one DynamoDB table: see `ledgerKeys.ts` for what lies where.
 *
 * What is told of a version is appended to its partition's log, unconditionally, in one write: at that moment it is
 * known. There is no half of it, so a crash leaves nothing to mend, and hundreds of writers do not get in each other's
 * way. (A transaction over the version's and the partition's item would be as whole, but transactions that meet on one
 * item cancel each other.) The writer whose entry has filled the log folds it:
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
 * Readers read the log first and the version items after it, so nothing that a fold moves from one to the other escapes
 * them. Hence whoever reads a record and then the versions sees every version that the record has counted, and whoever
 * sees a version finds it counted in every record read later.
 *
 * A new data file costs one append and one version item, and every 16th file one replacement. Files that come to one
 * process at the same time share their append, so that a batch of ten costs 1.4 writes a file and one alone 2.06. A version
 * told again costs none. An entry takes about 800 bytes and a write is charged by the whole item's size: so the log is
 * kept short. Deliveries and commits replace the record in the same way and fold the log with it. What a run writes
 * is fenced: the same transaction checks the period's epoch.
 *
 * Errors of DynamoDB are thrown on: the message is kept for retry.
 */
export class DynamodbLedger implements Ledger {
  readonly #table: DynamodbTable;
  readonly #partitions: DynamodbPartitions;
  readonly #versions: DynamodbVersions;
  readonly #leases: DynamodbLeases;
  readonly #foldEvery: number;
  /** What this process has written before and need not write again. */
  readonly #written = new Map<string, Promise<unknown>>();

  constructor(client: DynamoDBClient, tableName: string, settings: DynamodbLedgerSettings = SETTINGS) {
    this.#table = new DynamodbTable(client, tableName);
    this.#partitions = new DynamodbPartitions(this.#table);
    this.#versions = new DynamodbVersions(this.#table);
    this.#leases = new DynamodbLeases(this.#table);
    this.#foldEvery = settings.foldEvery;
  }

  async version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return (await this.readVersion(partition, id)).version;
  }

  async readVersion(partition: Partition, id: VersionId): Promise<VersionReading> {
    const { record, entries } = await this.#partitions.read(partition);
    return { version: latestVersion(await this.#versions.get(partition, id), id, entries), partition: record };
  }

  async versions(partition: Partition): Promise<VersionRecord[]> {
    const { entries } = await this.#partitions.read(partition);
    return latestVersions(await this.#versions.list(partition), entries);
  }

  async recordVersion(told: VersionRecord, now: number, before?: VersionReading): Promise<Recorded> {
    const { partition, id, awaitsManifest } = told;
    const known = before ?? (await this.readVersion(partition, id));
    const { record, isNew } = mergeVersion(known.version, told);
    if (!isNew && !isAwaited(known.partition, record)) {
      const unchanged = known.partition ?? newPartitionRecord(partition);
      return { partition: unchanged, isNew: false, tick: tickFor(unchanged, id) };
    }
    await this.#listPeriod(partition.period);
    const appended = await this.#partitions.append(partition, { record, isNew, awaitsManifest, at: now });
    const { state } = appended;
    if (this.#isFolder(appended)) await this.#foldOn(state);
    const recorded = state.record ?? state.base;
    return { partition: recorded, isNew: true, tick: tickFor(recorded, id) };
  }

  async recordDelivery(delivery: Delivery, awaited: readonly string[], now: number): Promise<Recorded> {
    const { id, executionId, manifest, partition } = delivery;
    const by = versionIdOf(manifest);
    const progress = { id, executionId, manifest, files: delivery.files.length, awaited };
    let isNew = false;
    const record = await this.#replace(partition, async (before) => {
      const after = applyDelivery(before, awaited.length === 0 ? { ...progress, completedBy: by } : progress, now);
      isNew = after?.isNew ?? false;
      if (!after?.isNew) return after?.record;
      // Before anything refers to it; a delivery that nothing refers to does no harm.
      await putDocument(this.#table, deliveryKey(partition, id), delivery);
      return countChange(after.record, by, now);
    });
    return { partition: record, isNew, tick: tickFor(record, by) };
  }

  async delivery(partition: Partition, id: string): Promise<Delivery | undefined> {
    return getDocument(this.#table, deliveryKey(partition, id));
  }

  async chooseReport(partition: Partition, report: string, now: number): Promise<Recorded> {
    let isNew = false;
    const record = await this.#replace(partition, async (before) => {
      const after = applyReportChoice(before, report, now);
      isNew = after?.isNew ?? false;
      return after?.record;
    });
    return { partition: record, isNew, tick: isNew ? 'quiet' : 'none' };
  }

  async reopen(partition: Partition, how: Reopening, now: number): Promise<Recorded | undefined> {
    let isKnown = false;
    const record = await this.#replace(partition, async (before, stored) => {
      isKnown = stored !== undefined;
      return isKnown ? applyReopening(before, how, now) : undefined;
    });
    return isKnown ? { partition: record, isNew: true, tick: tickFor(record, how.by) } : undefined;
  }

  async recordSchema(schema: FileSchema): Promise<void> {
    const key = schemaKey(schema.id);
    await this.#once(key, async () => {
      if (!(await this.#table.get(key))) await putDocument(this.#table, key, schema.columns);
    });
  }

  async schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>> {
    const schemas = new Map<string, readonly ColumnType[]>();
    for (const id of new Set(ids)) {
      const columns = await getDocument<readonly ColumnType[]>(this.#table, schemaKey(id));
      if (!columns) throw new Error(`the ledger has no schema ${id}`);
      schemas.set(id, columns);
    }
    return schemas;
  }

  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return (await this.#partitions.read(partition)).record;
  }

  async partitions(period: Period): Promise<PartitionRecord[]> {
    return this.#partitions.list(period);
  }

  /** A period whose first partition was about to be written when the process died is among them. */
  async periods(): Promise<Period[]> {
    return (await this.#table.query(PERIODS, '20')).map((item) => parsePeriod(textOf(item, 'sk')));
  }

  async period(period: Period): Promise<PeriodRecord> {
    return this.#leases.read(period);
  }

  async acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer> {
    return this.#leases.acquire(period, holder, now, until);
  }

  async renewLease(period: Period, epoch: number, until: number): Promise<void> {
    await this.#leases.renew(period, epoch, until);
  }

  async releaseLease(period: Period, epoch: number): Promise<void> {
    await this.#leases.release(period, epoch);
  }

  async raiseEpoch(period: Period, epoch: number): Promise<void> {
    await this.#leases.raiseEpoch(period, epoch);
  }

  async noteTick(period: Period, at: number): Promise<void> {
    await this.#leases.noteTick(period, at);
  }

  /**
   * What comes while this is under way stays in the log and counts as told after it: a run that settles leaves the
   * partition dirty then.
   */
  async commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#replace(partition, async (before) => applyUpdate(before, update), epoch);
  }

  async markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: number | undefined,
  ): Promise<void> {
    await this.#changeStaged(partition, epoch, ids, ({ supersededAt: _, ...outcome }) =>
      since === undefined ? outcome : { ...outcome, supersededAt: since },
    );
  }

  async markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[]): Promise<void> {
    await this.#changeStaged(partition, epoch, ids, removedOutcome);
  }

  async analytics(period: Period): Promise<AnalyticsRecord | undefined> {
    return getDocument(this.#table, analyticsKey(period));
  }

  async saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void> {
    const content = await packDocument(record);
    const write = { key: analyticsKey(period), update: 'set content = :content', values: { ':content': content } };
    const failed = await this.#table.transact([fenceOf(period, epoch), write]);
    if (failed.length > 0) throw lostLease(period, epoch);
  }

  async putIntoOutbox(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      const content = { body: text(JSON.stringify(message)) };
      await this.#table.put(outboxKey(message.id), content, { condition: 'attribute_not_exists(pk)' });
    }
  }

  async outbox(): Promise<Message[]> {
    const items = await this.#table.query(OUTBOX);
    return items.map((item) => JSON.parse(textOf(item, 'body')) as Message).sort(byAge);
  }

  async takeFromOutbox(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#table.delete(outboxKey(id));
  }

  async saveConfiguration(configuration: StoredConfiguration): Promise<void> {
    await putDocument(this.#table, configurationKey(), configuration);
  }

  async configuration(): Promise<StoredConfiguration | undefined> {
    return getDocument(this.#table, configurationKey());
  }

  async noteActivity(activity: Activity): Promise<void> {
    for (const [name, part] of Object.entries(activity)) {
      await this.#table.put(activityKey(name), { body: text(JSON.stringify({ [name]: part })) });
    }
  }

  async activity(): Promise<Activity> {
    const items = await this.#table.query(ACTIVITY);
    return Object.assign({}, ...items.map((item) => JSON.parse(textOf(item, 'body')) as Activity));
  }

  /** Versions that lie in the log alone get their items first. The log may keep them: merged again, a mark stays. */
  async #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: Parameters<DynamodbVersions['changeStaged']>[2],
  ): Promise<void> {
    const { entries } = await this.#partitions.read(partition);
    const named = new Set(ids);
    await this.#versions.merge(entries.filter(({ record }) => named.has(record.id)));
    const held = await this.#versions.changeStaged(partition, ids, change, fenceOf(partition.period, epoch));
    if (!held) throw lostLease(partition.period, epoch);
  }

  /** Replaces a partition's record, its log worked in. Nothing is written where `change` answers undefined. */
  async #replace(
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
   * Whether the writer whose entry made the log that long folds it. One of all writers passes each length: so one folds,
   * and the others write on. Only when that one seems to have died does another take over.
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

  /** Works a log's head into the record and the version items. Answers what is left of it; undefined when overtaken. */
  async #fold(state: PartitionItem): Promise<number | undefined> {
    const entries = state.entries.slice(0, MAX_FOLDED);
    await this.#versions.merge(entries);
    const record = replay(state.base, entries);
    const replaced = await this.#partitions.replace(state, { record, folded: entries.length });
    return replaced.is === 'done' ? replaced.entriesLeft : undefined;
  }

  /** Lists a period before its first partition is written: a sweep finds every partition through it. */
  async #listPeriod(period: Period): Promise<void> {
    const key = periodListingKey(period);
    await this.#once(key, () => this.#table.put(key, {}));
  }

  /** Writes what never changes once a process; who asks meanwhile waits for the same write. One that fails is done again. */
  async #once(key: ItemKey, write: () => Promise<unknown>): Promise<void> {
    const name = `${key.pk} ${key.sk}`;
    const writing = this.#written.get(name) ?? write();
    this.#written.set(name, writing);
    try {
      await writing;
    } catch (error) {
      this.#written.delete(name);
      throw error;
    }
  }
}

function isAwaited(record: PartitionRecord | undefined, version: VersionRecord): boolean {
  return isUsable(version) && (record?.delivery?.awaited.includes(version.id) ?? false);
}

function lostLease(period: Period, epoch: number | undefined): LeaseLost {
  return new LeaseLost(`epoch ${epoch} of ${period} is over`);
}
