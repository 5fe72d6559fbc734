import { DatabaseSync } from 'node:sqlite';
import type { ColumnType } from '../../billing/columnType.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Period } from '../../billing/period.ts';
import { type VersionId, versionIdOf } from '../../billing/version.ts';
import type { Activity } from '../../ledger/activity.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import { isHeld } from '../../ledger/lease.ts';
import {
  type FileSchema,
  type LeaseAnswer,
  LeaseLost,
  type Ledger,
  LedgerDamaged,
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
  applyVersion,
  countChange,
  newPartitionRecord,
  type PartitionRecord,
  type PartitionUpdate,
  type Reopening,
  tickFor,
} from '../../ledger/partitionRecord.ts';
import { problemsOf, withProblem } from '../../ledger/problems.ts';
import { mergeVersion, removedOutcome, type VersionOutcome, type VersionRecord } from '../../ledger/versionRecord.ts';

const TABLES = `
  create table if not exists versions (
    period text, payer text, id text, body text not null, primary key (period, payer, id)) without rowid;
  create table if not exists deliveries (
    period text, payer text, id text, body text not null, primary key (period, payer, id)) without rowid;
  create table if not exists partitions (
    period text, payer text, body text not null, primary key (period, payer)) without rowid;
  create table if not exists periods (period text primary key, body text not null) without rowid;
  create table if not exists schemas (id text primary key, body text not null) without rowid;
  create table if not exists analytics (period text primary key, body text not null) without rowid;
  create table if not exists outbox (id text primary key, body text not null) without rowid;
  create table if not exists configurations (id text primary key, body text not null) without rowid;
  create table if not exists activities (id text primary key, body text not null) without rowid;
`;

/** The only configuration that there is. */
const PAYERS = 'payers';

/**
 * The embedded ledger: one SQLite file (Node's own `node:sqlite`), or ':memory:'. Each method is one transaction on it.
 * Write-ahead logging with synchronous=normal keeps every committed step when the process is killed at any point; a power
 * cut may lose the newest steps, never mix them (SQLite, "Write-Ahead Logging"). The log is moved into the file every
 * 32 MiB only: that waits for the disk.
 */
export class SqliteLedger implements Ledger {
  readonly #db: DatabaseSync;
  /** Most files of a delivery have the same columns: they are written once. */
  readonly #knownSchemas = new Set<string>();
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 8192;');
    this.#db.exec(TABLES);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Reads everything once. Throws LedgerDamaged, or SQLite's error, for a file that was damaged: nobody works on with a part
   * of what was known. For a composition root, before it begins.
   */
  checkWhole(): void {
    const [first] = this.#prepare('pragma quick_check(1)').all();
    if (first?.quick_check !== 'ok') {
      throw new LedgerDamaged(`malformed: ${String(first?.quick_check).replace(/^\*\*\*.*\*\*\*\s/, '')}`);
    }
    const tables = this.#prepare("select name from sqlite_schema where type = 'table'").all();
    for (const { name } of tables) {
      const wrong = this.#prepare(`select count(*) as count from ${name} where not json_valid(body)`).get()?.count;
      if (wrong !== 0) throw new LedgerDamaged(`malformed: ${wrong} records of ${name} cannot be read`);
    }
  }

  /**
   * Frees every lease, and lets what has failed be tried at once: whoever starts the reactor again may have mended the cause.
   * Only for a composition root that knows that no other process works on this ledger.
   */
  takeOver(): void {
    this.#transaction(() => {
      for (const row of this.#all<PeriodRecord>('select body from periods', [])) {
        const { lease: _, nextTickAt: __, ...record } = row;
        this.#putPeriod(record);
      }
      for (const record of this.#all<PartitionRecord>('select body from partitions', [])) {
        const problems = problemsOf(record).map((problem) => ({ ...problem, attempts: 0, retryAt: 0 }));
        if (problems.length > 0) this.#putPartition(problems.reduceRight(withProblem, record));
      }
    });
  }

  /**
   * Takes a partition out, as if nothing of it had ever come; answers how many versions were known. The period's fence
   * stays, and a run of the analytics that the payer is in goes: the next one begins anew. Only for a composition root
   * that knows that no other process works on this ledger.
   */
  forget({ period, payer }: Partition): number {
    return this.#transaction(() => {
      const { changes } = this.#prepare('delete from versions where period = ? and payer = ?').run(period, payer);
      this.#prepare('delete from deliveries where period = ? and payer = ?').run(period, payer);
      this.#prepare('delete from partitions where period = ? and payer = ?').run(period, payer);
      const analytics = this.#get<AnalyticsRecord>('select body from analytics where period = ?', [period]);
      if (analytics?.members.some((member) => member.payer === payer)) {
        this.#prepare('delete from analytics where period = ?').run(period);
      }
      return Number(changes);
    });
  }

  async version({ period, payer }: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return this.#version(period, payer, id);
  }

  async readVersion(partition: Partition, id: VersionId): Promise<VersionReading> {
    const { period, payer } = partition;
    return { version: this.#version(period, payer, id), partition: this.#storedPartition(partition) };
  }

  async versions({ period, payer }: Partition): Promise<VersionRecord[]> {
    return this.#all<VersionRecord>('select body from versions where period = ? and payer = ?', [period, payer]);
  }

  /** Reads again what was read before: it costs nothing here. */
  async recordVersion(told: VersionRecord, now: number): Promise<Recorded> {
    const { period, payer } = told.partition;
    return this.#transaction(() => {
      const { record, isNew } = mergeVersion(this.#version(period, payer, told.id), told);
      if (isNew) this.#putVersion(record);
      const before = this.#partition(told.partition);
      const after = applyVersion(before, record, { isNew, awaitsManifest: told.awaitsManifest }, now);
      if (after !== before) this.#putPartition(after);
      return { partition: after, isNew: isNew || after !== before, tick: tickFor(after, told.id) };
    });
  }

  async recordDelivery(delivery: Delivery, awaited: readonly string[], now: number): Promise<Recorded> {
    const { id, executionId, manifest, partition } = delivery;
    const by = versionIdOf(manifest);
    return this.#transaction(() => {
      const before = this.#partition(partition);
      const progress = { id, executionId, manifest, files: delivery.files.length, awaited };
      const after = applyDelivery(before, awaited.length === 0 ? { ...progress, completedBy: by } : progress, now);
      if (!after?.isNew) {
        if (after) this.#putPartition(after.record);
        return { partition: after?.record ?? before, isNew: false, tick: tickFor(before, by) };
      }
      this.#put('deliveries', [partition.period, partition.payer, id], delivery);
      const record = countChange(after.record, by, now);
      this.#putPartition(record);
      return { partition: record, isNew: true, tick: tickFor(record, by) };
    });
  }

  async delivery({ period, payer }: Partition, id: string): Promise<Delivery | undefined> {
    return this.#get<Delivery>('select body from deliveries where period = ? and payer = ? and id = ?', [
      period,
      payer,
      id,
    ]);
  }

  async chooseReport(partition: Partition, report: string, now: number): Promise<Recorded> {
    return this.#transaction(() => {
      const before = this.#partition(partition);
      const after = applyReportChoice(before, report, now);
      if (after) this.#putPartition(after.record);
      return {
        partition: after?.record ?? before,
        isNew: after?.isNew ?? false,
        tick: after?.isNew ? 'quiet' : 'none',
      };
    });
  }

  async reopen(partition: Partition, how: Reopening, now: number): Promise<Recorded | undefined> {
    return this.#transaction(() => {
      const before = this.#storedPartition(partition);
      if (!before) return undefined;
      const after = applyReopening(before, how, now);
      this.#putPartition(after);
      return { partition: after, isNew: true, tick: tickFor(after, how.by) };
    });
  }

  async recordSchema(schema: FileSchema): Promise<void> {
    if (this.#knownSchemas.has(schema.id)) return;
    this.#put('schemas', [schema.id], schema);
    this.#knownSchemas.add(schema.id);
  }

  async schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>> {
    const schemas = new Map<string, readonly ColumnType[]>();
    for (const id of new Set(ids)) {
      const schema = this.#get<FileSchema>('select body from schemas where id = ?', [id]);
      if (!schema) throw new Error(`the ledger has no schema ${id}`);
      schemas.set(id, schema.columns);
    }
    return schemas;
  }

  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return this.#storedPartition(partition);
  }

  async partitions(period: Period): Promise<PartitionRecord[]> {
    return this.#all<PartitionRecord>('select body from partitions where period = ? order by payer', [period]);
  }

  async periods(): Promise<Period[]> {
    const rows = this.#prepare('select distinct period from partitions order by period').all();
    return rows.map((row) => row.period as Period);
  }

  async period(period: Period): Promise<PeriodRecord> {
    return this.#period(period);
  }

  async acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer> {
    return this.#transaction(() => {
      const record = this.#period(period);
      if (record.lease && isHeld(record.lease.until, now, until))
        return { taken: false, heldUntil: record.lease.until };
      const epoch = record.epoch + 1;
      this.#putPeriod({ ...record, epoch, lease: { holder, until } });
      return { taken: true, epoch };
    });
  }

  async renewLease(period: Period, epoch: number, until: number): Promise<void> {
    this.#transaction(() => {
      const record = this.#fenced(period, epoch);
      if (!record.lease) throw new LeaseLost(`epoch ${epoch} of ${period} was released`);
      this.#putPeriod({ ...record, lease: { ...record.lease, until } });
    });
  }

  async releaseLease(period: Period, epoch: number): Promise<void> {
    this.#transaction(() => {
      const { lease: _, ...record } = this.#period(period);
      if (record.epoch === epoch) this.#putPeriod(record);
    });
  }

  async raiseEpoch(period: Period, epoch: number): Promise<void> {
    this.#transaction(() => {
      const record = this.#period(period);
      if (record.epoch < epoch) this.#putPeriod({ ...record, epoch });
    });
  }

  async noteTick(period: Period, at: number): Promise<void> {
    this.#transaction(() => this.#putPeriod({ ...this.#period(period), nextTickAt: at }));
  }

  async commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#transaction(() => {
      this.#fenced(partition.period, epoch);
      const record = applyUpdate(this.#partition(partition), update);
      this.#putPartition(record);
      return record;
    });
  }

  async markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: number | undefined,
  ): Promise<void> {
    this.#changeStaged(partition, epoch, ids, ({ supersededAt: _, ...outcome }) =>
      since === undefined ? outcome : { ...outcome, supersededAt: since },
    );
  }

  async markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[]): Promise<void> {
    this.#changeStaged(partition, epoch, ids, removedOutcome);
  }

  async analytics(period: Period): Promise<AnalyticsRecord | undefined> {
    return this.#get('select body from analytics where period = ?', [period]);
  }

  async saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void> {
    this.#transaction(() => {
      this.#fenced(period, epoch);
      this.#put('analytics', [period], record);
    });
  }

  async putIntoOutbox(messages: readonly Message[]): Promise<void> {
    this.#transaction(() => {
      const insert = this.#prepare('insert or ignore into outbox values (?, ?)');
      for (const message of messages) insert.run(message.id, JSON.stringify(message));
    });
  }

  async outbox(): Promise<Message[]> {
    return this.#all<Message>('select body from outbox', []).sort(byAge);
  }

  async takeFromOutbox(ids: readonly string[]): Promise<void> {
    this.#transaction(() => {
      for (const id of ids) this.#prepare('delete from outbox where id = ?').run(id);
    });
  }

  async saveConfiguration(configuration: StoredConfiguration): Promise<void> {
    this.#put('configurations', [PAYERS], configuration);
  }

  async configuration(): Promise<StoredConfiguration | undefined> {
    return this.#get('select body from configurations where id = ?', [PAYERS]);
  }

  async noteActivity(activity: Activity): Promise<void> {
    this.#transaction(() => {
      for (const [id, part] of Object.entries(activity)) this.#put('activities', [id], { [id]: part });
    });
  }

  async activity(): Promise<Activity> {
    return Object.assign({}, ...this.#all<Activity>('select body from activities', []));
  }

  #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: (outcome: Extract<VersionOutcome, { status: 'staged' }>) => VersionOutcome,
  ): void {
    this.#transaction(() => {
      this.#fenced(partition.period, epoch);
      for (const id of ids) {
        const record = this.#version(partition.period, partition.payer, id);
        if (record?.outcome.status === 'staged') this.#putVersion({ ...record, outcome: change(record.outcome) });
      }
    });
  }

  #fenced(period: Period, epoch: number): PeriodRecord {
    const record = this.#period(period);
    if (record.epoch !== epoch) throw new LeaseLost(`epoch ${epoch} of ${period} is over: ${record.epoch} runs now`);
    return record;
  }

  #version(period: string, payer: string, id: VersionId): VersionRecord | undefined {
    return this.#get('select body from versions where period = ? and payer = ? and id = ?', [period, payer, id]);
  }

  #putVersion(record: VersionRecord): void {
    this.#put('versions', [record.partition.period, record.partition.payer, record.id], record);
  }

  #storedPartition({ period, payer }: Partition): PartitionRecord | undefined {
    return this.#get('select body from partitions where period = ? and payer = ?', [period, payer]);
  }

  #partition(partition: Partition): PartitionRecord {
    return this.#storedPartition(partition) ?? newPartitionRecord(partition);
  }

  #putPartition(record: PartitionRecord): void {
    this.#put('partitions', [record.partition.period, record.partition.payer], record);
  }

  #period(period: Period): PeriodRecord {
    return this.#get('select body from periods where period = ?', [period]) ?? { period, epoch: 0 };
  }

  #putPeriod(record: PeriodRecord): void {
    this.#put('periods', [record.period], record);
  }

  #put(table: string, key: readonly string[], body: object): void {
    const marks = [...key, body].map(() => '?').join(', ');
    this.#prepare(`insert or replace into ${table} values (${marks})`).run(...key, JSON.stringify(body));
  }

  #get<Body>(sql: string, key: readonly string[]): Body | undefined {
    const row = this.#prepare(sql).get(...key);
    return row && bodyOf<Body>(row);
  }

  #all<Body>(sql: string, key: readonly string[]): Body[] {
    return this.#prepare(sql)
      .all(...key)
      .map((row) => bodyOf<Body>(row));
  }

  #prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #transaction<Result>(step: () => Result): Result {
    this.#db.exec('begin immediate');
    try {
      const result = step();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      // A full disk has ended it already; what went wrong is said, and not that there is nothing to roll back.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }
}

function bodyOf<Body>({ body }: Record<string, unknown>): Body {
  try {
    return JSON.parse(String(body));
  } catch (cause) {
    throw new LedgerDamaged('malformed: a record cannot be read', { cause });
  }
}
