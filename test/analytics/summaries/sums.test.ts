import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyticsStatements, loadScript } from '../../../src/analytics/script.ts';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { between, pick, type Random, seededRandom } from '../../../src/programs/sample/random.ts';
import { compute, type LineItem, openWarehouse, plant, sqlPath } from '../lineItems.ts';
import { isoDay } from './spending.ts';

const PAYERS = ['900000000021', '900000000022'];
const TAG_KEYS = { ownerKey: 'user_owner', environmentKey: 'user_environment', requiredTags: ['user_owner', 'team'] };
const USAGE = ['Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage'];
/** A usage type of each class of data transfer, its operation, and the class; '' for none. */
const TRAFFIC: readonly (readonly [usageType: string, operation: string, transferClass: string, service?: string])[] = [
  ['DataTransfer-Out-Bytes', 'RunInstances', 'internet'],
  ['EUW2-DataTransfer-In-Bytes', 'RunInstances', 'internet'],
  ['DataTransfer-Out-ABytes', 'GetObject', 'internet'],
  ['USE1-EUW2-AWS-Out-Bytes', 'PublicIP-Out', 'between regions'],
  ['USE1-EU-AWS-In-Bytes', 'PutObject', 'between regions'],
  ['USE1-USW2-AWS-Out-Bytes', 'VPCPeering-Out', 'between regions'],
  ['DataTransfer-Regional-Bytes', 'InterZone-In', 'between zones'],
  ['USE1-DataTransfer-xAZ-Out-Bytes', '', 'between zones'],
  ['DataTransfer-Regional-Bytes', 'VPCPeering-In', 'peering'],
  ['USE1-VpcPeering-Out-Bytes', '', 'peering'],
  ['NatGateway-Bytes', 'NatGateway', 'NAT gateway'],
  ['USE1-TransitGateway-Bytes', 'TransitGatewayVPC', 'transit gateway'],
  ['DataTransfer-Out-Bytes', 'CreateVpnConnection', 'VPN'],
  ['CloudFront-Out-Bytes', 'GetObject', 'CloudFront'],
  ['EU-DataTransfer-Out-OBytes', 'GET', 'CloudFront', 'AmazonCloudFront'],
  ['USE1-DataXfer-Out:dc.3', '', 'Direct Connect', 'AWSDirectConnect'],
  ['USE1-VpcEndpoint-Bytes', 'VpcEndpoint', 'other'],
  ['DataTransfer-AZ-Out-Bytes', '', 'other'],
  ['NatGateway-Hours', 'NatGateway', ''],
  ['DataProcessing-Bytes', 'PutLogEvents', '', 'AmazonCloudWatch'],
  ['TimedStorage-ByteHrs', 'StandardStorage', ''],
  ['Requests-Tier1', 'PutObject', '', 'AmazonCloudFront'],
];

function lineOf(random: Random, day: number, type: string): LineItem {
  const [usageType, operation, , service = 'AmazonEC2'] = pick(random, TRAFFIC);
  const isCommitted = type !== 'Usage' && USAGE.includes(type);
  const tags = { user_owner: pick(random, ['Ann', '', null]), team: pick(random, ['x', null]) };
  const given = Object.entries(tags).flatMap(([key, value]) => (value === null ? [] : [`${key}=${value}`]));
  return {
    payer: pick(random, PAYERS),
    year: 2026,
    month: 9,
    line_item_usage_account_id: pick(random, ['111111111111', '222222222222']),
    line_item_usage_account_name: pick(random, ['one', null]),
    line_item_line_item_type: type,
    line_item_usage_start_date: `${isoDay(2026, 9, day)} 00:00:00`,
    line_item_usage_end_date: `${isoDay(2026, 9, day + 1)} 00:00:00`,
    bill_billing_period_start_date: '2026-09-01 00:00:00',
    bill_billing_period_end_date: '2026-10-01 00:00:00',
    line_item_product_code: service,
    line_item_usage_type: usageType,
    line_item_operation: operation,
    line_item_resource_id: pick(random, ['r1', 'r2', null]),
    product_region: pick(random, ['us-east-1', null]),
    line_item_currency_code: pick(random, ['USD', 'EUR', null]),
    line_item_usage_amount: between(random, 0, 50),
    line_item_unblended_cost: between(random, -1, 9),
    pricing_public_on_demand_cost: pick(random, [between(random, 0, 9), null]),
    reservation_effective_cost: between(random, 0, 5),
    reservation_unused_recurring_fee: between(random, 0, 2),
    savings_plan_savings_plan_effective_cost: between(random, 0, 5),
    savings_plan_total_commitment_to_date: 10,
    savings_plan_used_commitment: between(random, 0, 10),
    reservation_reservation_a_r_n: /^(RIFee|DiscountedUsage)$/.test(type) ? pick(random, ['arn:r1', 'arn:r2']) : null,
    savings_plan_savings_plan_a_r_n: /^SavingsPlan/.test(type) ? 'arn:p1' : null,
    savings_plan_end_time: /^SavingsPlan/.test(type) ? '2027-02-28T23:59:59.000Z' : null,
    pricing_purchase_option: isCommitted ? 'No Upfront' : null,
    resource_tags: given.length === 0 ? null : `{${given.join(', ')}}`,
  };
}

const TYPES = [
  ...USAGE,
  ...['Usage', 'Usage', 'Usage', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanNegation'],
  ...['Credit', 'Refund', 'EdpDiscount', 'Fee'],
];

function plantedItems(): LineItem[] {
  const random = seededRandom('sums');
  const daily = TYPES.flatMap((type) =>
    Array.from({ length: 60 }, () => lineOf(random, (1 + random() * 20) | 0, type)),
  );
  const monthly = ['Tax', 'Fee', 'RIFee'].map((type) => ({
    ...lineOf(random, 1, type),
    line_item_usage_end_date: '2026-09-30 23:59:59',
  }));
  const split = Array.from({ length: 20 }, () => ({
    ...lineOf(random, 3, 'Usage'),
    line_item_operation: 'EKSPod-EC2',
    line_item_unblended_cost: 1000,
  }));
  return [...daily, ...monthly, ...split];
}

const ITEMS = plantedItems();
let warehouse: DuckDBConnection;

/** The script as it is without checks: sums need none. */
async function summarise(payers: readonly string[]): Promise<void> {
  const script = (await loadScript(sqlPath('analytics_wastage_queries.sql'))).replace('-- reactor: checks', '');
  const scope = { period: parsePeriod('2026-09'), payers: payers.map(parsePayer), tagKeys: TAG_KEYS };
  for (const { sql } of analyticsStatements(script, scope)) await warehouse.run(sql);
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await warehouse.runAndReadAll(sql)).getRowObjectsJson() as never;
}

/** The other columns of rows, by the values of the first ones. */
async function amounts(sql: string, keys: number): Promise<Record<string, unknown[]>> {
  const found = (await rows(sql)).map((row) => Object.values(row));
  return Object.fromEntries(found.map((row) => [row.slice(0, keys).join(' '), row.slice(keys)]));
}

/** The same to expect: numbers to the billionth. */
async function expectedAmounts(sql: string, keys: number): Promise<Record<string, unknown[]>> {
  const close = (value: unknown) => (typeof value === 'number' ? expect.closeTo(value, 8) : value);
  const found = await amounts(sql, keys);
  return Object.fromEntries(Object.entries(found).map(([key, values]) => [key, values.map(close)]));
}

beforeAll(async () => {
  warehouse = await openWarehouse();
  await plant(warehouse, ITEMS);
  await compute(warehouse);
  await summarise(PAYERS);
});

/** What each line is counted by: rows of split cost are none. */
const LINES = `(select *, coalesce(line_item_currency_code, '') as currency, coalesce(line_item_product_code, '') as service,
  coalesce(line_item_usage_account_id, '') as account, coalesce(product_region, '') as region
  from cur_line_items where coalesce(line_item_operation, '') <> 'EKSPod-EC2')`;
const SOURCE_SUMS = `sum(line_item_unblended_cost), sum(coalesce(amortized_cost, 0)), sum(coalesce(net_amortized_cost, 0)),
  sum(coalesce(pricing_public_on_demand_cost, 0)), count(*)::varchar`;
const SUMS = 'sum(unblended_cost), sum(amortized_cost), sum(net_amortized_cost), sum(list_cost), sum(lines)::varchar';

describe('the sums of', () => {
  it.each(['cur_daily_cost', 'cur_monthly_cost'])('%s are the bill’s, per payer and currency', async (table) => {
    const found = await amounts(`select payer, currency, ${SUMS} from ${table} group by all`, 2);
    expect(Object.keys(found)).toHaveLength(2 * 3);
    expect(found).toEqual(
      await expectedAmounts(`select payer, currency, ${SOURCE_SUMS} from ${LINES} group by all`, 2),
    );
  });

  it('cur_daily_cost are those of its account, service, region, charge type, currency, day and length', async () => {
    const grain = 'payer, account, service, region, charge_type, currency, usage_day, is_monthly';
    const source = `select payer, account, service, region, line_item_line_item_type, currency,
      line_item_usage_start_date::date, (line_item_usage_end_date - line_item_usage_start_date > interval 1 day)::int,
      ${SOURCE_SUMS} from ${LINES} group by all`;
    expect(await amounts(`select ${grain}, ${SUMS} from cur_daily_cost group by ${grain}`, 8)).toEqual(
      await expectedAmounts(source, 8),
    );
    expect(await rows(`select 1 from cur_daily_cost group by ${grain} having count(*) > 1`)).toEqual([]);
    expect(await rows('select 1 from cur_daily_cost where is_monthly = 1')).not.toEqual([]);
  });

  it('cur_monthly_cost are those of its usage type and operation too', async () => {
    const grain = 'payer, account, service, region, usage_type, operation, charge_type, currency';
    const source = `select payer, account, service, region, line_item_usage_type, line_item_operation,
      line_item_line_item_type, currency, sum(line_item_usage_amount), ${SOURCE_SUMS} from ${LINES} group by all`;
    const found = `select ${grain}, sum(usage_amount), ${SUMS} from cur_monthly_cost group by ${grain}`;
    expect(await amounts(found, 8)).toEqual(await expectedAmounts(source, 8));
    expect(await rows(`select 1 from cur_monthly_cost group by ${grain} having count(*) > 1`)).toEqual([]);
  });

  it('cur_untagged are the bill’s for each required key: tagged, not tagged, and what nobody can tag', async () => {
    const part = (key: string) => `case when nullif(resource_tags['${key}'], '') is not null then 'tagged'
      when line_item_line_item_type in ('${USAGE.join("', '")}') and line_item_resource_id is not null then 'untagged'
      else 'untaggable' end`;
    const source = TAG_KEYS.requiredTags.map((key) => {
      const sums = ['tagged', 'untagged', 'untaggable'].map(
        (one) => `sum(case when ${part(key)} = '${one}' then amortized_cost else 0 end)`,
      );
      return `select payer, account, service, '${key}', currency, ${sums} from ${LINES} group by all`;
    });
    const found = 'select payer, account, service, tag_key, currency, tagged_cost, untagged_cost, untaggable_cost';
    expect(await amounts(`${found} from cur_untagged`, 5)).toEqual(
      await expectedAmounts(source.join(' union all '), 5),
    );
  });

  it('cur_commitment_use are those of usage and fees of each reservation and plan', async () => {
    const grain = 'payer, account, arn, kind, currency';
    const source = `select payer, account, coalesce(reservation_reservation_a_r_n, savings_plan_savings_plan_a_r_n),
      if(line_item_line_item_type in ('RIFee', 'DiscountedUsage'), 'reservation', 'savings plan'), currency,
      max(if(line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee'), 1, 0)),
      sum(if(line_item_line_item_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage'), amortized_cost, 0)),
      sum(case line_item_line_item_type when 'DiscountedUsage' then coalesce(pricing_public_on_demand_cost, 0)
        when 'SavingsPlanCoveredUsage' then coalesce(pricing_public_on_demand_cost, line_item_unblended_cost) else 0 end),
      sum(if(line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee'), amortized_cost, 0)),
      max(case when savings_plan_end_time is not null then '2027-02-28' end)
      from ${LINES} where line_item_line_item_type in ('RIFee', 'DiscountedUsage', 'SavingsPlanRecurringFee', 'SavingsPlanCoveredUsage')
      group by all`;
    const found = `select ${grain}, is_owner, used_cost, covered_list_cost, unused_cost, end_date from cur_commitment_use`;
    expect(await amounts(found, 5)).toEqual(await expectedAmounts(source, 5));
  });

  it('cur_data_transfer are those of the usage types of each class, and of no other', async () => {
    const classes = new Map(
      TRAFFIC.map(([type, operation, name, service]) => [[type, operation, service].join(), name]),
    );
    const used = await rows(`select payer, account, region, service, line_item_usage_type as type,
      line_item_operation as operation, currency, line_item_usage_amount as amount, amortized_cost as cost
      from ${LINES} where line_item_line_item_type in ('${USAGE.join("', '")}')`);
    const classOf = ({ type, operation, service }: Record<string, unknown>) =>
      classes.get([type, operation, service === 'AmazonEC2' ? undefined : service].join()) ?? '';
    const expected = [...Map.groupBy(used, (row) => [row.payer, row.region, classOf(row), row.currency].join(' '))]
      .filter(([, [first]]) => first !== undefined && classOf(first) !== '')
      .map(([key, mine]) => [
        key,
        ['amount', 'cost'].map((name) =>
          expect.closeTo(
            mine.reduce((total, row) => total + Number(row[name]), 0),
            8,
          ),
        ),
      ]);
    const found = `select payer, region, transfer_class, currency, sum(gigabytes), sum(cost)
      from cur_data_transfer group by all`;
    expect(await amounts(found, 4)).toEqual(Object.fromEntries(expected));
    const transferClasses = new Set(TRAFFIC.map(([, , name]) => name).filter((name) => name !== ''));
    expect((await rows('select distinct transfer_class from cur_data_transfer')).length).toBe(transferClasses.size);
  });
});

describe('a month', () => {
  it('has the names of its accounts, and how far its report goes', async () => {
    const found = await rows('select payer, account, account_name from cur_accounts order by payer, account');
    expect(found).toEqual(
      PAYERS.flatMap((payer) =>
        ['111111111111', '222222222222'].map((account) => ({ payer, account, account_name: 'one' })),
      ),
    );
    expect(await rows('select distinct days_in_month, whole_days, has_days, last_whole_day from cur_months')).toEqual([
      { days_in_month: 30, whole_days: 20, has_days: 1, last_whole_day: '2026-09-20' },
    ]);
  });

  it('that is delivered anew replaces its own summaries alone', async () => {
    const [one = '', other = ''] = PAYERS;
    const bills = (payer: string) =>
      amounts(`select currency, ${SUMS} from cur_daily_cost where payer = '${payer}' group by all`, 1);
    const before = await bills(other);
    await warehouse.run(`delete from cur_line_items where payer = '${one}' and line_item_line_item_type <> 'Usage'`);
    await summarise([one]);
    expect(await bills(one)).toEqual(
      await expectedAmounts(`select currency, ${SOURCE_SUMS} from ${LINES} where payer = '${one}' group by all`, 1),
    );
    expect(await bills(other)).toEqual(before);
    expect(await rows(`select 1 from cur_commitment_use where payer = '${one}' and kind = 'reservation'`)).toEqual([]);
  });
});
