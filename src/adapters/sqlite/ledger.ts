import type { Moment } from '../../base/moment.ts';
import type { ColumnType } from '../../billing/columnType.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { ObjectPlace, VersionId } from '../../billing/version.ts';
import type { Activity } from '../../ledger/activity.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import type { LeaseAnswer, PeriodRecord } from '../../ledger/lease.ts';
import type { FileSchema, Ledger, Recorded, StoredConfiguration } from '../../ledger/ledger.ts';
import type { Message, OutboxPage } from '../../ledger/message.ts';
import type { Reopening } from '../../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import type { PartitionUpdate } from '../../ledger/partitionUpdate.ts';
import type { PeriodInPlay } from '../../ledger/periodInPlay.ts';
import { problemsOf, withProblem } from '../../ledger/problems.ts';
import type { ReconcileEnd, ReconcileHop, ReconcileProgress, ReconcileRun } from '../../ledger/reconcileRuns.ts';
import type { LongRemoved, VersionReading, VersionRecord } from '../../ledger/versionRecord.ts';
import { SqliteActivity } from './activity.ts';
import { SqliteAnalytics } from './analytics.ts';
import { SqliteConfiguration } from './configuration.ts';
import { SqliteDatabase } from './database.ts';
import { SqliteLeases } from './leases.ts';
import { SqliteOutbox } from './outbox.ts';
import { putPartition, SqlitePartitions } from './partitions.ts';
import { SqliteReconcileRuns } from './reconcileRuns.ts';
import { SqliteSchemas } from './schemas.ts';
import { SqliteVersions } from './versions.ts';

/** The embedded ledger, in one SQLite file or ':memory:'. Each method is one transaction on it. */
export class SqliteLedger implements Ledger {
  readonly #db: SqliteDatabase;
  readonly #versions: SqliteVersions;
  readonly #partitions: SqlitePartitions;
  readonly #schemas: SqliteSchemas;
  readonly #leases: SqliteLeases;
  readonly #analytics: SqliteAnalytics;
  readonly #outbox: SqliteOutbox;
  readonly #configuration: SqliteConfiguration;
  readonly #activity: SqliteActivity;
  readonly #reconcileRuns: SqliteReconcileRuns;

  constructor(path: string) {
    this.#db = new SqliteDatabase(path);
    this.#versions = new SqliteVersions(this.#db);
    this.#partitions = new SqlitePartitions(this.#db);
    this.#schemas = new SqliteSchemas(this.#db);
    this.#leases = new SqliteLeases(this.#db);
    this.#analytics = new SqliteAnalytics(this.#db);
    this.#outbox = new SqliteOutbox(this.#db);
    this.#configuration = new SqliteConfiguration(this.#db);
    this.#activity = new SqliteActivity(this.#db);
    this.#reconcileRuns = new SqliteReconcileRuns(this.#db);
  }

  close(): void {
    this.#db.close();
  }

  /**
   * Reads everything once. Throws LedgerDamaged, or SQLite's error, for a file that was damaged:
   * nobody works on with a part of what was known. For a composition root, before it begins.
   */
  checkWhole(): void {
    this.#db.checkWhole();
  }

  /**
   * Frees every lease, and lets what has failed be tried at once: whoever starts the reactor again
   * may have fixed the cause. Only for a composition root that knows that no other process works on
   * this ledger.
   */
  takeOver(): void {
    this.#db.transaction(() => {
      this.#leases.freeAll();
      for (const record of this.#db.all<PartitionRecord>('select body from partitions', [])) {
        const problems = problemsOf(record).map((problem) => ({ ...problem, attempts: 0, retryAt: 0 }));
        if (problems.length > 0) putPartition(this.#db, problems.reduceRight(withProblem, record));
      }
    });
  }

  /**
   * Removes a partition, as if nothing of it had ever arrived; answers how many versions were
   * known. The period's epoch stays. A run of the analytics that the payer is in is removed too:
   * the next one begins anew. Only for a composition root that knows that no other process works on
   * this ledger.
   */
  forget({ period, payer }: Partition): number {
    return this.#db.transaction(() => {
      const remove = (table: string) =>
        Number(this.#db.prepare(`delete from ${table} where period = ? and payer = ?`).run(period, payer).changes);
      const versions = remove('versions');
      remove('deliveries');
      remove('partitions');
      const analytics = this.#db.get<AnalyticsRecord>('select body from analytics where period = ?', [period]);
      if (analytics?.members.some((member) => member.payer === payer)) {
        this.#db.prepare('delete from analytics where period = ?').run(period);
      }
      return versions;
    });
  }

  version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return this.#versions.version(partition, id);
  }

  versionsById(partition: Partition, ids: readonly VersionId[]): Promise<VersionRecord[]> {
    return this.#versions.versionsById(partition, ids);
  }

  versionsOfObjects(partition: Partition, objects: readonly ObjectPlace[]): Promise<VersionRecord[]> {
    return this.#versions.versionsOfObjects(partition, objects);
  }

  versions(partition: Partition): Promise<VersionRecord[]> {
    return this.#versions.versions(partition);
  }

  recordVersion(record: VersionRecord, now: Moment, before?: VersionReading): Promise<Recorded> {
    return this.#versions.recordVersion(record, now, before);
  }

  markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: Moment | undefined,
  ): Promise<void> {
    return this.#versions.markSuperseded(partition, epoch, ids, since);
  }

  markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[], at: Moment): Promise<void> {
    return this.#versions.markRemoved(partition, epoch, ids, at);
  }

  forgetVersions(partition: Partition, epoch: number, which: LongRemoved): Promise<void> {
    return this.#versions.forgetVersions(partition, epoch, which);
  }

  partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return this.#partitions.partition(partition);
  }

  partitions(period: Period): Promise<PartitionRecord[]> {
    return this.#partitions.partitions(period);
  }

  periods(): Promise<Period[]> {
    return this.#partitions.periods();
  }

  periodsInPlay(): Promise<PeriodInPlay[]> {
    return this.#partitions.periodsInPlay();
  }

  retirePeriod(period: PeriodInPlay): Promise<void> {
    return this.#partitions.retirePeriod(period);
  }

  recordDelivery(delivery: Delivery, awaited: readonly string[], now: Moment): Promise<Recorded> {
    return this.#partitions.recordDelivery(delivery, awaited, now);
  }

  delivery(partition: Partition, id: string): Promise<Delivery | undefined> {
    return this.#partitions.delivery(partition, id);
  }

  forgetDeliveries(partition: Partition, epoch: number, recordedBy: Moment): Promise<void> {
    return this.#partitions.forgetDeliveries(partition, epoch, recordedBy);
  }

  chooseReport(partition: Partition, report: string, now: Moment): Promise<Recorded> {
    return this.#partitions.chooseReport(partition, report, now);
  }

  reopen(partition: Partition, how: Reopening, now: Moment): Promise<Recorded | undefined> {
    return this.#partitions.reopen(partition, how, now);
  }

  commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#partitions.commit(partition, epoch, update);
  }

  recordSchema(schema: FileSchema): Promise<void> {
    return this.#schemas.recordSchema(schema);
  }

  schemas(ids: readonly string[]): Promise<Map<string, readonly ColumnType[]>> {
    return this.#schemas.schemas(ids);
  }

  period(period: Period): Promise<PeriodRecord> {
    return this.#leases.period(period);
  }

  acquireLease(period: Period, holder: string, now: Moment, until: Moment): Promise<LeaseAnswer> {
    return this.#leases.acquireLease(period, holder, now, until);
  }

  renewLease(period: Period, epoch: number, until: Moment): Promise<void> {
    return this.#leases.renewLease(period, epoch, until);
  }

  releaseLease(period: Period, epoch: number): Promise<void> {
    return this.#leases.releaseLease(period, epoch);
  }

  raiseEpoch(period: Period, epoch: number): Promise<void> {
    return this.#leases.raiseEpoch(period, epoch);
  }

  noteTick(period: Period, at: Moment): Promise<void> {
    return this.#leases.noteTick(period, at);
  }

  analytics(period: Period): Promise<AnalyticsRecord | undefined> {
    return this.#analytics.analytics(period);
  }

  saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void> {
    return this.#analytics.saveAnalytics(period, epoch, record);
  }

  putIntoOutbox(messages: readonly Message[]): Promise<void> {
    return this.#outbox.putIntoOutbox(messages);
  }

  outbox(page?: OutboxPage): Promise<Message[]> {
    return this.#outbox.outbox(page);
  }

  takeFromOutbox(ids: readonly string[]): Promise<void> {
    return this.#outbox.takeFromOutbox(ids);
  }

  saveConfiguration(configuration: StoredConfiguration): Promise<void> {
    return this.#configuration.saveConfiguration(configuration);
  }

  configuration(): Promise<StoredConfiguration | undefined> {
    return this.#configuration.configuration();
  }

  noteActivity(activity: Activity): Promise<void> {
    return this.#activity.noteActivity(activity);
  }

  activity(): Promise<Activity> {
    return this.#activity.activity();
  }

  openReconcile(run: ReconcileRun): Promise<void> {
    return this.#reconcileRuns.openReconcile(run);
  }

  reconcileRun(id: string): Promise<ReconcileRun | undefined> {
    return this.#reconcileRuns.reconcileRun(id);
  }

  reconcileProgress(id: string): Promise<ReconcileProgress | undefined> {
    return this.#reconcileRuns.reconcileProgress(id);
  }

  recordReconciled(run: ReconcileRun, payer: Payer, part: object): Promise<ReconcileProgress> {
    return this.#reconcileRuns.recordReconciled(run, payer, part);
  }

  isReconciled(id: string, payer: Payer): Promise<boolean> {
    return this.#reconcileRuns.isReconciled(id, payer);
  }

  reconciledParts<Part>(id: string): Promise<Part[]> {
    return this.#reconcileRuns.reconciledParts(id);
  }

  endReconcile(run: ReconcileRun, end: ReconcileEnd): Promise<void> {
    return this.#reconcileRuns.endReconcile(run, end);
  }

  saveReconcileCursor(run: ReconcileRun, hop: ReconcileHop, cursor: object): Promise<void> {
    return this.#reconcileRuns.saveReconcileCursor(run, hop, cursor);
  }

  reconcileCursor<Cursor>(hop: ReconcileHop): Promise<Cursor | undefined> {
    return this.#reconcileRuns.reconcileCursor(hop);
  }
}
