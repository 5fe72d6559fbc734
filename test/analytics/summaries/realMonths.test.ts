import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyse, openWarehouse } from '../lineItems.ts';
import { FOLDER, isThere, load, PAYER, title } from '../realReports.ts';

async function rowsOf(warehouse: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  return (await warehouse.runAndReadAll(sql)).getRowObjectsJson() as never;
}

describe.skipIf(!isThere)(title('the summaries of 2018-10 and 2018-11'), () => {
  let warehouse: DuckDBConnection;
  beforeAll(async () => {
    warehouse = await openWarehouse();
    for (const month of ['10', '11']) {
      const file = `legacy-2018/WorkshopCUR-2018-${month}.snappy.parquet`;
      await load(warehouse, file, { year: '2018', month, payer: `'${PAYER}'` });
      await analyse(warehouse, `2018-${month}`, [PAYER]);
    }
  });

  it.each(['cur_daily_cost', 'cur_monthly_cost'])('%s come to the two invoices', async (table) => {
    const bills = await rowsOf(
      warehouse,
      `select sum(unblended_cost) as bill from ${table} group by month order by month`,
    );
    expect(bills.map(({ bill }) => Number(bill).toFixed(4))).toEqual(['4064.4831', '3505.3270']);
  });

  it('explain the change of 559.1562 over 586 keys, without a remainder', async () => {
    const [change] = await rowsOf(
      warehouse,
      `select count(*)::integer as keys, sum(change) as change, sum(quantity_change) as quantity,
        sum(price_change) as price, sum(new_cost + gone_cost) as new_and_gone,
        sum(discount_change + credit_change) as others from cur_cost_changes`,
    );
    expect(change).toEqual({
      keys: 586,
      change: expect.closeTo(-559.1562, 4),
      quantity: expect.closeTo(-532.9536, 4),
      price: expect.closeTo(0.1726, 3),
      new_and_gone: expect.closeTo(-26.3751, 4),
      others: 0,
    });
  });

  it('split what each reservation costs into used and unused as the raw lines do', async () => {
    const raw = `read_parquet('${FOLDER}/legacy-2018/*.parquet', union_by_name = true)`;
    const expected = await rowsOf(
      warehouse,
      `select month(bill_billing_period_start_date)::integer as month, reservation_reservation_a_r_n as arn,
        sum(case when line_item_line_item_type = 'DiscountedUsage' then reservation_effective_cost else 0 end) as used,
        sum(case when line_item_line_item_type = 'RIFee' then reservation_unused_recurring_fee
          + reservation_unused_amortized_upfront_fee_for_billing_period else 0 end) as unused
      from ${raw} where line_item_line_item_type in ('DiscountedUsage', 'RIFee') group by all order by all`,
    );
    const found = await rowsOf(
      warehouse,
      'select month, arn, used_cost as used, unused_cost as unused from cur_commitment_utilisation order by month, arn',
    );
    expect(found).toEqual(
      expected.map(({ used, unused, ...key }) => ({
        ...key,
        used: expect.closeTo(Number(used), 8),
        unused: expect.closeTo(Number(unused), 8),
      })),
    );
    expect(found).not.toEqual([]);
  });
});

describe.skipIf(!isThere)(title('the summaries of half a month in CUR 2.0'), () => {
  it('come to the raw lines, credits included, and stop before the report’s last day', async () => {
    const warehouse = await openWarehouse();
    await load(warehouse, 'cur2-2026-04/*.parquet', { year: '2026', month: '4', payer: `'${PAYER}'` });
    await analyse(warehouse, '2026-04', [PAYER]);
    const [found] = await rowsOf(warehouse, 'select sum(unblended_cost) as cost from cur_daily_cost');
    const raw = `select sum(line_item_unblended_cost) as cost from read_parquet('${FOLDER}/cur2-2026-04/*.parquet')`;
    const [expected] = await rowsOf(warehouse, raw);
    expect(found?.cost).toBeCloseTo(Number(expected?.cost), 8);
    expect(await rowsOf(warehouse, 'select whole_days, days_in_month, last_whole_day from cur_months')).toEqual([
      { whole_days: 15, days_in_month: 30, last_whole_day: '2026-04-15' },
    ]);
    expect(await rowsOf(warehouse, 'select * from cur_month_to_date')).toEqual([]);
  });
});
