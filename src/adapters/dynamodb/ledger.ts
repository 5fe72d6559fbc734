import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Backoff } from '../../base/backoff.ts';
import type { Moment } from '../../base/moment.ts';
import type { ColumnType } from '../../billing/columnType.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { ObjectPlace, VersionId } from '../../billing/version.ts';
import type { Activity } from '../../ledger/activity.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import type {
  FileSchema,
  LeaseAnswer,
  Ledger,
  PeriodRecord,
  Recorded,
  StoredConfiguration,
} from '../../ledger/ledger.ts';
import type { Message, OutboxPage } from '../../ledger/message.ts';
import type { Reopening } from '../../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import type { PartitionUpdate } from '../../ledger/partitionUpdate.ts';
import type { PeriodInPlay } from '../../ledger/periodInPlay.ts';
import type { ReconcileEnd, ReconcileHop, ReconcileProgress, ReconcileRun } from '../../ledger/reconcileRuns.ts';
import type { VersionReading, VersionRecord } from '../../ledger/versionRecord.ts';
import { DynamodbActivity } from './activity.ts';
import { DynamodbAnalytics } from './analytics.ts';
import { DynamodbConfiguration } from './configuration.ts';
import { DynamodbFolds } from './folds.ts';
import { DynamodbLeases } from './leases.ts';
import { DynamodbOutbox } from './outbox.ts';
import { DynamodbPartitionItems } from './partitionItems.ts';
import { DynamodbPartitions } from './partitions.ts';
import { DynamodbReconcileRuns } from './reconcileRuns.ts';
import { DynamodbRecording } from './recording.ts';
import { DynamodbSchemas } from './schemas.ts';
import { DynamodbTable } from './table.ts';
import { DynamodbVersionItems } from './versionItems.ts';
import { DynamodbVersions } from './versions.ts';
import { DynamodbViews } from './views.ts';

interface DynamodbLedgerSettings {
  /** How long a partition's list of intents may grow before it is folded: see folds.ts. */
  readonly foldEvery: number;
  /** Waits before a request is sent again that the SDK gives up. */
  readonly backoff?: Backoff;
}

const SETTINGS: DynamodbLedgerSettings = { foldEvery: 16 };

/**
 * The ledger in one DynamoDB table: keys.ts says what lies where, folds.ts how what is recorded
 * gets there. Errors of DynamoDB are passed on: the message stays in its queue for retry.
 */
export class DynamodbLedger implements Ledger {
  readonly #versions: DynamodbVersions;
  readonly #partitions: DynamodbPartitions;
  readonly #schemas: DynamodbSchemas;
  readonly #leases: DynamodbLeases;
  readonly #analytics: DynamodbAnalytics;
  readonly #outbox: DynamodbOutbox;
  readonly #configuration: DynamodbConfiguration;
  readonly #activity: DynamodbActivity;
  readonly #reconcileRuns: DynamodbReconcileRuns;

  constructor(client: DynamoDBClient, tableName: string, { foldEvery, backoff }: DynamodbLedgerSettings = SETTINGS) {
    const table = new DynamodbTable(client, tableName, backoff);
    const partitions = new DynamodbPartitionItems(table);
    const versions = new DynamodbVersionItems(table);
    const views = new DynamodbViews(partitions, versions);
    const folds = new DynamodbFolds(table, { partitions, views }, foldEvery);
    const recording = new DynamodbRecording({ partitions, versions, views }, (grown) => folds.foldIfLong(grown));
    this.#versions = new DynamodbVersions(versions, recording, folds);
    this.#partitions = new DynamodbPartitions(table, views, folds);
    this.#schemas = new DynamodbSchemas(table);
    this.#leases = new DynamodbLeases(table);
    this.#analytics = new DynamodbAnalytics(table);
    this.#outbox = new DynamodbOutbox(table);
    this.#configuration = new DynamodbConfiguration(table);
    this.#activity = new DynamodbActivity(table);
    this.#reconcileRuns = new DynamodbReconcileRuns(table);
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

  forgetVersions(partition: Partition, epoch: number, ids: readonly VersionId[]): Promise<void> {
    return this.#versions.forgetVersions(partition, epoch, ids);
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
