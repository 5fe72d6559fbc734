import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Payer } from '../../billing/payer.ts';
import { COUNTED, type Counted, type HourlyCount, type HourlyCounts } from '../../ledger/hourlyCounts.ts';
import { countsKey } from './keys.ts';
import { DynamodbTable, number, numberOf, textOf } from './table.ts';

/** An hour begins once, so whoever lost a race to begin it counts at the second attempt. */
const ATTEMPTS = 2;
const NAMES = { '#hour': 'hour', '#count': 'count' };

/** One small item for each payer and kind of count, which a new hour begins anew. */
export class DynamodbHourlyCounts implements HourlyCounts {
  readonly #table: DynamodbTable;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#table = new DynamodbTable(client, tableName);
  }

  /** See {@link HourlyCounts.add}. Throws what DynamoDB throws. */
  async add(payer: Payer, what: Counted, hour: number, by: number): Promise<number> {
    const key = countsKey(payer, what);
    const values = { ':hour': number(hour), ':by': number(by) };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const counted = await this.#table.update(key, {
        update: 'set #count = #count + :by',
        condition: '#hour = :hour',
        names: NAMES,
        values,
      });
      if (counted.done) return numberOf(counted.item, 'count') ?? by;
      const begun = await this.#table.put(
        key,
        { hour: number(hour), count: number(by) },
        {
          condition: 'attribute_not_exists(pk) or #hour < :hour',
          names: { '#hour': 'hour' },
          values: { ':hour': number(hour) },
        },
      );
      if (begun.done) return by;
    }
    // A newer hour has begun: another clock is ahead.
    return by;
  }

  /** See {@link HourlyCounts.sums}: a request for each 33 payers. Throws what DynamoDB throws. */
  async sums(payers: readonly Payer[], hour: number): Promise<HourlyCount[]> {
    const all = payers.flatMap((payer) => COUNTED.map((what) => ({ payer, what, key: countsKey(payer, what) })));
    const items = await this.#table.getAll(all.map(({ key }) => key));
    const found = new Map(items.map((item) => [`${textOf(item, 'pk')} ${textOf(item, 'sk')}`, item]));
    return all.flatMap(({ payer, what, key }) => {
      const item = found.get(`${key.pk} ${key.sk}`);
      return item && numberOf(item, 'hour') === hour ? { payer, what, count: numberOf(item, 'count') ?? 0 } : [];
    });
  }
}
