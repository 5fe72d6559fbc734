import type { Period } from '../../billing/period.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { AnalyticsOfLedger } from '../../ledger/ledger.ts';
import { getDocument, prepareDocument, setDocument } from './documents.ts';
import { analyticsKey } from './keys.ts';
import { fenceOf, lostLease } from './leases.ts';
import type { DynamodbTable } from './table.ts';

export class DynamodbAnalytics implements AnalyticsOfLedger {
  readonly #table: DynamodbTable;

  constructor(table: DynamodbTable) {
    this.#table = table;
  }

  async analytics(period: Period): Promise<AnalyticsRecord | undefined> {
    return getDocument(this.#table, analyticsKey(period));
  }

  async saveAnalytics(period: Period, epoch: number, record: AnalyticsRecord): Promise<void> {
    const key = analyticsKey(period);
    const document = await prepareDocument(this.#table, key.pk, record);
    const failed = await this.#table.transact([fenceOf(period, epoch), { key, ...setDocument(document) }]);
    if (failed.length > 0) throw lostLease(period, epoch);
  }
}
