import type { Period } from '../../billing/period.ts';
import type { LeaseAnswer, PeriodRecord } from '../../ledger/lease.ts';
import { isHeld } from '../../ledger/lease.ts';
import { LeaseLost, type LeasesOfLedger } from '../../ledger/ledger.ts';
import type { SqliteDatabase } from './database.ts';

export class SqliteLeases implements LeasesOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async period(period: Period): Promise<PeriodRecord> {
    return readPeriod(this.#db, period);
  }

  async acquireLease(period: Period, holder: string, now: number, until: number): Promise<LeaseAnswer> {
    return this.#db.transaction(() => {
      const record = readPeriod(this.#db, period);
      const { lease } = record;
      if (lease && isHeld(lease.until, now, until)) return { taken: false, heldUntil: lease.until };
      const epoch = record.epoch + 1;
      this.#put({ ...record, epoch, lease: { holder, until } });
      return { taken: true, epoch };
    });
  }

  async renewLease(period: Period, epoch: number, until: number): Promise<void> {
    this.#db.transaction(() => {
      const record = fencedPeriod(this.#db, period, epoch);
      if (!record.lease) throw new LeaseLost(`epoch ${epoch} of ${period} was released`);
      this.#put({ ...record, lease: { ...record.lease, until } });
    });
  }

  async releaseLease(period: Period, epoch: number): Promise<void> {
    this.#db.transaction(() => {
      const { lease: _, ...record } = readPeriod(this.#db, period);
      if (record.epoch === epoch) this.#put(record);
    });
  }

  async raiseEpoch(period: Period, epoch: number): Promise<void> {
    this.#db.transaction(() => {
      const record = readPeriod(this.#db, period);
      if (record.epoch < epoch) this.#put({ ...record, epoch });
    });
  }

  async noteTick(period: Period, at: number): Promise<void> {
    this.#db.transaction(() => this.#put({ ...readPeriod(this.#db, period), nextTickAt: at }));
  }

  /** Frees every lease and forgets the ticks that were sent: as a part of a transaction. */
  freeAll(): void {
    for (const { period, epoch } of this.#db.all<PeriodRecord>('select body from periods', [])) {
      this.#put({ period, epoch });
    }
  }

  #put(record: PeriodRecord): void {
    this.#db.put('periods', [record.period], record);
  }
}

/**
 * The period, if this epoch is still the newest. Throws LeaseLost otherwise: the transaction
 * changes nothing.
 */
export function fencedPeriod(db: SqliteDatabase, period: Period, epoch: number): PeriodRecord {
  const record = readPeriod(db, period);
  if (record.epoch !== epoch) throw new LeaseLost(`epoch ${epoch} of ${period} is over: ${record.epoch} runs now`);
  return record;
}

function readPeriod(db: SqliteDatabase, period: Period): PeriodRecord {
  return db.get('select body from periods where period = ?', [period]) ?? { period, epoch: 0 };
}
