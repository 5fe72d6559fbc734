import type { Moment } from '../../base/moment.ts';
import type { Partition } from '../../billing/partition.ts';
import type { Period } from '../../billing/period.ts';
import { versionIdOf } from '../../billing/version.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import type { PartitionsOfLedger, Recorded } from '../../ledger/ledger.ts';
import {
  applyDelivery,
  applyReopening,
  applyReportChoice,
  countChange,
  type Reopening,
  tickFor,
} from '../../ledger/partitionChanges.ts';
import { newPartitionRecord, type PartitionRecord } from '../../ledger/partitionRecord.ts';
import { applyUpdate, type PartitionUpdate } from '../../ledger/partitionUpdate.ts';
import { IN_PLAY_MS, type PeriodInPlay } from '../../ledger/periodInPlay.ts';
import type { SqliteDatabase } from './database.ts';
import { fencedPeriod } from './leases.ts';

/** A delivery, and when it was recorded. */
type StoredDelivery = Delivery & { readonly recordedAt: Moment };

export class SqlitePartitions implements PartitionsOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return readPartition(this.#db, partition);
  }

  async partitions(period: Period): Promise<PartitionRecord[]> {
    return this.#db.all('select body from partitions where period = ? order by payer', [period]);
  }

  async periods(): Promise<Period[]> {
    const rows = this.#db.prepare('select distinct period from partitions order by period').all();
    return rows.map((row) => row.period as Period);
  }

  async periodsInPlay(): Promise<PeriodInPlay[]> {
    return this.#db.all('select body from periods_in_play order by period', []);
  }

  async retirePeriod({ period, touchedAt }: PeriodInPlay): Promise<void> {
    this.#db.transaction(() => {
      if (inPlay(this.#db, period)?.touchedAt !== touchedAt) return;
      this.#db.prepare('delete from periods_in_play where period = ?').run(period);
    });
  }

  async recordDelivery(delivery: Delivery, awaited: readonly string[], now: number): Promise<Recorded> {
    const { id, executionId, manifest, partition } = delivery;
    const by = versionIdOf(manifest);
    return this.#db.transaction(() => {
      touchPeriod(this.#db, partition.period, now);
      const before = this.#read(partition);
      const progress = { id, executionId, manifest, files: delivery.files.length, awaited };
      const after = applyDelivery(before, awaited.length === 0 ? { ...progress, completedBy: by } : progress, now);
      if (!after?.isNew) {
        if (after) putPartition(this.#db, after.record);
        return { partition: after?.record ?? before, isNew: false, tick: tickFor(before, by) };
      }
      this.#db.put('deliveries', [partition.period, partition.payer, id], { ...delivery, recordedAt: now });
      const record = countChange(after.record, by, now);
      putPartition(this.#db, record);
      return { partition: record, isNew: true, tick: tickFor(record, by) };
    });
  }

  async delivery({ period, payer }: Partition, id: string): Promise<Delivery | undefined> {
    const sql = 'select body from deliveries where period = ? and payer = ? and id = ?';
    const stored = this.#db.get<StoredDelivery>(sql, [period, payer, id]);
    if (!stored) return undefined;
    const { recordedAt: _, ...delivery } = stored;
    return delivery;
  }

  async forgetDeliveries(partition: Partition, epoch: number, recordedBy: Moment): Promise<void> {
    const { period, payer } = partition;
    this.#db.transaction(() => {
      fencedPeriod(this.#db, period, epoch);
      const { delivery, completeDelivery } = this.#read(partition);
      const sql = `delete from deliveries
        where period = ? and payer = ? and id not in (?, ?) and body ->> '$.recordedAt' <= ?`;
      this.#db.prepare(sql).run(period, payer, delivery?.id ?? '', completeDelivery?.id ?? '', recordedBy);
    });
  }

  async chooseReport(partition: Partition, report: string, now: number): Promise<Recorded> {
    return this.#db.transaction(() => {
      touchPeriod(this.#db, partition.period, now);
      const before = this.#read(partition);
      const after = applyReportChoice(before, report, now);
      if (!after) return { partition: before, isNew: false, tick: 'none' };
      putPartition(this.#db, after.record);
      return { partition: after.record, isNew: after.isNew, tick: after.isNew ? 'quiet' : 'none' };
    });
  }

  async reopen(partition: Partition, how: Reopening, now: number): Promise<Recorded | undefined> {
    return this.#db.transaction(() => {
      const before = readPartition(this.#db, partition);
      if (!before) return undefined;
      touchPeriod(this.#db, partition.period, now);
      const after = applyReopening(before, how, now);
      putPartition(this.#db, after);
      return { partition: after, isNew: true, tick: tickFor(after, how.by) };
    });
  }

  async commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#db.transaction(() => {
      fencedPeriod(this.#db, partition.period, epoch);
      const record = applyUpdate(this.#read(partition), update);
      putPartition(this.#db, record);
      return record;
    });
  }

  #read(partition: Partition): PartitionRecord {
    return readPartition(this.#db, partition) ?? newPartitionRecord(partition);
  }
}

export function readPartition(db: SqliteDatabase, { period, payer }: Partition): PartitionRecord | undefined {
  return db.get('select body from partitions where period = ? and payer = ?', [period, payer]);
}

export function putPartition(db: SqliteDatabase, record: PartitionRecord): void {
  db.put('partitions', [record.partition.period, record.partition.payer], record);
}

/** Puts a period into play; that is said again after a while only. */
export function touchPeriod(db: SqliteDatabase, period: Period, now: Moment): void {
  const touchedAt = inPlay(db, period)?.touchedAt;
  const isRecent = touchedAt !== undefined && Math.abs(now - touchedAt) < IN_PLAY_MS / 4;
  if (!isRecent) db.put('periods_in_play', [period], { period, touchedAt: now });
}

function inPlay(db: SqliteDatabase, period: Period): PeriodInPlay | undefined {
  return db.get('select body from periods_in_play where period = ?', [period]);
}
