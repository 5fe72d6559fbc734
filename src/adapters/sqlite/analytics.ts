import type { Period } from '../../billing/period.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { AnalyticsOfLedger } from '../../ledger/ledger.ts';
import type { SqliteDatabase } from './database.ts';
import { fencedPeriod } from './leases.ts';

export class SqliteAnalytics implements AnalyticsOfLedger {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  async analytics(period: Period): Promise<AnalyticsRecord | undefined> {
    return this.#db.get('select body from analytics where period = ?', [period]);
  }

  async saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void> {
    this.#db.transaction(() => {
      fencedPeriod(this.#db, period, epoch);
      this.#db.put('analytics', [period], record);
    });
  }
}
