import type { Period } from '../../billing/period.ts';
import type { AnalyticsRecord } from '../../ledger/analyticsRecord.ts';
import type { AnalyticsOfLedger } from '../../ledger/ledger.ts';
import { getDocument, prepareDocument } from './documents.ts';
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
    const names = Object.keys(document);
    const others = ['content', 'digest', 'chunks'].filter((name) => !(name in document));
    const write = {
      update: `set ${names.map((name) => `${name} = :${name}`).join(', ')} remove ${others.join(', ')}`,
      values: Object.fromEntries(Object.entries(document).map(([name, value]) => [`:${name}`, value])),
    };
    const failed = await this.#table.transact([fenceOf(period, epoch), { key, ...write }]);
    if (failed.length > 0) throw lostLease(period, epoch);
  }
}
