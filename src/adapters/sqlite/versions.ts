import type { Partition } from '../../billing/partition.ts';
import type { ObjectPlace } from '../../billing/version.ts';
import { objectName, type VersionId, versionIdPrefix } from '../../billing/version.ts';
import type { Recorded, VersionsOfLedger } from '../../ledger/ledger.ts';
import { applySighting, sightingOf, tickFor } from '../../ledger/partitionChanges.ts';
import { newPartitionRecord } from '../../ledger/partitionRecord.ts';
import type { LongRemoved, VersionReading } from '../../ledger/versionRecord.ts';
import {
  isLongRemoved,
  mergeVersion,
  removedOutcome,
  type StagedOutcome,
  type VersionOutcome,
  type VersionRecord,
} from '../../ledger/versionRecord.ts';
import type { SqliteDatabase } from './database.ts';
import { fencedPeriod } from './leases.ts';
import { putPartition, readPartition, touchPeriod } from './partitions.ts';

export class SqliteVersions implements VersionsOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return this.#read(partition, id);
  }

  async versionsById(partition: Partition, ids: readonly VersionId[]): Promise<VersionRecord[]> {
    return [...new Set(ids)].flatMap((id) => this.#read(partition, id) ?? []);
  }

  async versionsOfObjects({ period, payer }: Partition, objects: readonly ObjectPlace[]): Promise<VersionRecord[]> {
    const names = new Set(objects.map(objectName));
    const prefixes = [...new Set(objects.map(versionIdPrefix))];
    const sql = 'select body from versions where period = ? and payer = ? and id >= ? and id < ?';
    const found = prefixes.flatMap((prefix) =>
      // No digit of an id comes after f.
      this.#db.all<VersionRecord>(sql, [period, payer, prefix, `${prefix}g`]),
    );
    return found.filter(({ source }) => names.has(objectName(source)));
  }

  async versions({ period, payer }: Partition): Promise<VersionRecord[]> {
    return this.#db.all('select body from versions where period = ? and payer = ?', [period, payer]);
  }

  /** Reads again what was read before: it costs nothing here. */
  async recordVersion(seen: VersionRecord, now: number, _before?: VersionReading): Promise<Recorded> {
    const { partition, id, awaitsManifest } = seen;
    return this.#db.transaction(() => {
      touchPeriod(this.#db, partition.period, now);
      const { record, isNew } = mergeVersion(this.#read(partition, id), seen);
      if (isNew) this.#put(record);
      const before = readPartition(this.#db, partition) ?? newPartitionRecord(partition);
      const after = applySighting(before, sightingOf(record, { isNew, awaitsManifest, at: now }));
      if (after !== before) putPartition(this.#db, after);
      return { partition: after, isNew: isNew || after !== before, tick: tickFor(after, id) };
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

  async markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[], at: number): Promise<void> {
    this.#changeStaged(partition, epoch, ids, (outcome) => removedOutcome(outcome, at));
  }

  async forgetVersions({ period, payer }: Partition, epoch: number, { removedBy, kept }: LongRemoved): Promise<void> {
    this.#db.transaction(() => {
      fencedPeriod(this.#db, period, epoch);
      const sql = `select body from versions
        where period = ? and payer = ? and body ->> '$.outcome.status' = 'removed'`;
      const removed = this.#db.all<VersionRecord>(sql, [period, payer]);
      const forget = this.#db.prepare('delete from versions where period = ? and payer = ? and id = ?');
      for (const version of removed) {
        if (isLongRemoved(version, removedBy) && !kept.has(version.id)) forget.run(period, payer, version.id);
      }
    });
  }

  #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: (outcome: StagedOutcome) => VersionOutcome,
  ): void {
    this.#db.transaction(() => {
      fencedPeriod(this.#db, partition.period, epoch);
      for (const id of ids) {
        const record = this.#read(partition, id);
        if (record?.outcome.status === 'staged') this.#put({ ...record, outcome: change(record.outcome) });
      }
    });
  }

  #read({ period, payer }: Partition, id: VersionId): VersionRecord | undefined {
    return this.#db.get('select body from versions where period = ? and payer = ? and id = ?', [period, payer, id]);
  }

  #put(record: VersionRecord): void {
    const { period, payer } = record.partition;
    this.#db.put('versions', [period, payer, record.id], record);
  }
}
