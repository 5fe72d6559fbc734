import type { Period } from '../../billing/period.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { AnalyticsOfLedger } from '../../ledger/ledger.ts';
import { getDocument, packDocument } from './documents.ts';
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
    const content = await packDocument(record);
    const write = { key: analyticsKey(period), update: 'set content = :content', values: { ':content': content } };
    const failed = await this.#table.transact([fenceOf(period, epoch), write]);
    if (failed.length > 0) throw lostLease(period, epoch);
  }
}
