import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { analyse, type FindingRow, findingsIn, type LineItem, openWarehouse, plant } from './lineItems.ts';

const PAYER = '111122223333';
const ACCOUNT = '777788889999';

let warehouse: DuckDBConnection;
beforeEach(async () => {
  warehouse = await openWarehouse();
});

/** A daily line of September 2026 (30 days), of one US dollar unless `over` says otherwise. */
function daily(day: number, over: LineItem): LineItem {
  const cost = over.line_item_unblended_cost ?? 1;
  return {
    year: 2026,
    month: 9,
    payer: PAYER,
    bill_billing_period_start_date: '2026-09-01 00:00:00',
    bill_billing_period_end_date: '2026-10-01 00:00:00',
    line_item_usage_account_id: ACCOUNT,
    line_item_line_item_type: 'Usage',
    line_item_usage_start_date: `2026-09-${String(day).padStart(2, '0')} 00:00:00`,
    line_item_usage_end_date: `2026-09-${String(day).padStart(2, '0')} 23:59:59`,
    line_item_usage_amount: 24,
    line_item_unblended_cost: cost,
    amortized_cost: cost,
    line_item_currency_code: 'USD',
    product_region: 'us-east-1',
    line_item_operation: 'RunInstances',
    line_item_product_code: 'AmazonEC2',
    ...over,
  };
}

const days = (count: number, over: LineItem): LineItem[] =>
  Array.from({ length: count }, (_, index) => daily(index + 1, over));

/** A line of a monthly report: it spans the whole period, whatever day it is. */
const monthly = (over: LineItem): LineItem => ({
  ...daily(1, over),
  line_item_usage_end_date: '2026-10-01 00:00:00',
});

async function findings(items: readonly LineItem[]): Promise<FindingRow[]> {
  await plant(warehouse, items);
  await analyse(warehouse, '2026-09', [PAYER]);
  return findingsIn(warehouse);
}

const summary = (found: readonly FindingRow[]): unknown[] =>
  found.map(({ check_name, resource, region }) => [check_name, resource, region]);

const lb = (resource: string | null, usageType = 'LoadBalancerUsage'): LineItem => ({
  line_item_product_code: 'AWSELB',
  line_item_resource_id: resource,
  line_item_usage_type: usageType,
});

describe('idle-load-balancer', () => {
  it('finds one that ran for more than 336 hours without traffic, at its cost', async () => {
    expect(await findings(days(15, lb('idle', 'USE2-LoadBalancerUsage')))).toEqual([
      {
        payer: PAYER,
        year: 2026,
        month: 9,
        check_name: 'idle-load-balancer',
        account: ACCOUNT,
        region: 'us-east-1',
        resource: 'idle',
        monthly_cost: 15,
        estimated_saving: 15,
        currency: 'USD',
      },
    ]);
  });

  it('finds it in hourly and in monthly reports too', async () => {
    const hourly = days(15, { ...lb('hourly'), line_item_usage_amount: 1, line_item_unblended_cost: 1 });
    const found = await findings([
      ...Array.from({ length: 24 }, () => hourly).flat(),
      monthly({ ...lb('monthly'), line_item_usage_amount: 720 }),
    ]);
    expect(found.map(({ resource, monthly_cost }) => [resource, monthly_cost])).toEqual([
      ['hourly', 360],
      ['monthly', 1],
    ]);
  });

  it.each([
    ['336 hours, as in a month that has just begun', days(14, lb('young'))],
    ['traffic', [...days(30, lb('used')), daily(3, lb('used', 'LCUUsage'))]],
    [
      'traffic on a line without a region or a pricing unit',
      [...days(30, lb('used')), { ...daily(3, lb('used', 'DataTransfer-Out-Bytes')), product_region: null }],
    ],
    ['no cost (the free tier)', days(30, { ...lb('free'), line_item_unblended_cost: 0 })],
    ['credits and tax alone', days(30, { ...lb('credit'), line_item_line_item_type: 'Credit' })],
  ])('does not find one with %s', async (_, items) => {
    expect(await findings(items)).toEqual([]);
  });

  it('still finds one whose traffic is a line of the amount 0', async () => {
    const items = [...days(30, lb('idle')), daily(3, { ...lb('idle', 'LCUUsage'), line_item_usage_amount: 0 })];
    expect(summary(await findings(items))).toEqual([['idle-load-balancer', 'idle', 'us-east-1']]);
  });
});

describe('load balancers without an id', () => {
  it('are judged per region: one with traffic does not hide the other', async () => {
    const items = [
      ...days(30, lb(null)),
      ...days(30, { ...lb(null), product_region: 'eu-west-1' }),
      daily(3, { ...lb(null, 'EU-LCUUsage'), product_region: 'eu-west-1' }),
    ];
    expect(summary(await findings(items))).toEqual([['idle-load-balancer', '', 'us-east-1']]);
  });

  it('are one finding when several regions are idle, of no region', async () => {
    const found = await findings([...days(30, lb(null)), ...days(30, { ...lb(null), product_region: 'eu-west-1' })]);
    expect(summary(found)).toEqual([['idle-load-balancer', '', '']]);
    expect(found[0]).toMatchObject({ monthly_cost: 60, estimated_saving: 60 });
  });

  it('are not idle when there is traffic that names no region', async () => {
    const traffic = { ...daily(3, lb(null, 'DataTransfer-Out-Bytes')), product_region: null };
    expect(await findings([...days(30, lb(null)), traffic])).toEqual([]);
  });

  it('are not idle when they name no region and there is traffic somewhere', async () => {
    const hours = days(30, { ...lb(null), product_region: null });
    expect(await findings([...hours, daily(3, lb(null, 'LCUUsage'))])).toEqual([]);
  });

  it('need 14 days of usage, however many hours they make together', async () => {
    expect(await findings(days(10, { ...lb(null), line_item_usage_amount: 240 }))).toEqual([]);
  });
});

const nat = (resource: string | null, usageType = 'USE2-NatGateway-Hours'): LineItem => ({
  line_item_resource_id: resource,
  line_item_usage_type: usageType,
});

describe('idle-nat-gateway', () => {
  it('finds one with less than 1 GB, traffic included in its cost', async () => {
    const bytes = daily(1, { ...nat('quiet', 'USE2-NatGateway-Bytes'), line_item_usage_amount: 0.25 });
    const found = await findings([...days(15, nat('quiet')), ...days(15, nat('silent')), bytes]);
    expect(found.map(({ resource, estimated_saving }) => [resource, estimated_saving])).toEqual([
      ['quiet', 16],
      ['silent', 15],
    ]);
  });

  it.each([
    ['1 GB', [...days(30, nat('used')), daily(1, { ...nat('used', 'NatGateway-Bytes'), line_item_usage_amount: 1 })]],
    ['336 hours', days(14, nat('young'))],
    ['many hours in few days, as of several zones', days(6, { ...nat('zones'), line_item_usage_amount: 72 })],
    [
      'traffic in a region that is not named, and no id',
      [
        ...days(30, nat(null)),
        { ...daily(1, { ...nat(null, 'NatGateway-Bytes'), line_item_usage_amount: 9 }), product_region: null },
      ],
    ],
  ])('does not find one with %s', async (_, items) => {
    expect(await findings(items)).toEqual([]);
  });
});

const volume = (resource: string | null, gbMonths: number, usageType = 'EBS:VolumeUsage.gp2'): LineItem => ({
  line_item_resource_id: resource,
  line_item_usage_type: usageType,
  line_item_usage_amount: gbMonths / 30,
  line_item_unblended_cost: gbMonths / 300,
});

describe('ebs-gp2-to-gp3', () => {
  it.each([
    ['of 100 GB saves 20 %', 100, 10, 2],
    ['of 500 GB pays for 125 MiB/s as gp3', 500, 50, 50 - 40 - 5],
    ['of 2,000 GB pays for 3,000 IOPS and 125 MiB/s as gp3', 2000, 200, 200 - 160 - 15 - 5],
    ['of 10,000 GB pays for 13,000 IOPS at most', 10_000, 1000, 1000 - 800 - 65 - 5],
  ])('a volume %s', async (_, sizeGb, cost, saving) => {
    const [found, ...others] = await findings(days(30, volume('vol', sizeGb)));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ check_name: 'ebs-gp2-to-gp3', resource: 'vol' });
    expect(found?.monthly_cost).toBeCloseTo(cost, 9);
    expect(found?.estimated_saving).toBeCloseTo(saving, 9);
  });

  it.each([
    [2000, 200 - 160 - 15 - 5],
    [500, 50 - 40 - 5],
  ])('finds the size of a volume of %d GB in a month that is not over', async (sizeGb, saving) => {
    const [found] = await findings(days(10, volume('vol', sizeGb)));
    expect(found?.estimated_saving).toBeCloseTo(saving / 3, 9);
  });

  it('finds the size in a monthly report', async () => {
    const item = { ...volume('vol', 2000), line_item_usage_amount: 2000, line_item_unblended_cost: 200 };
    const [found] = await findings([monthly(item)]);
    expect(found?.estimated_saving).toBeCloseTo(200 - 160 - 15 - 5, 9);
  });

  it('finds gp2 by the API name, where the usage type does not say it', async () => {
    const item = { ...volume('vol', 100, 'USE2-EBS:VolumeUsage'), product_volume_api_name: 'gp2' };
    expect(summary(await findings([daily(1, item)]))).toEqual([['ebs-gp2-to-gp3', 'vol', 'us-east-1']]);
  });

  it('takes volumes without an id for many small ones', async () => {
    const [found] = await findings(days(30, volume(null, 2000)));
    expect(found?.estimated_saving).toBeCloseTo(40, 9);
  });

  it.each([
    ['gp3', volume('vol', 100, 'EBS:VolumeUsage.gp3')],
    ['magnetic', volume('vol', 100, 'EBS:VolumeUsage')],
    ['a snapshot', volume('vol', 100, 'EBS:SnapshotUsage')],
    ['a free one', { ...volume('vol', 100), line_item_unblended_cost: 0 }],
    ['a cost without a size', { ...volume('vol', 100), line_item_usage_amount: 0 }],
  ])('does not find %s', async (_, item) => {
    expect(await findings([daily(1, item)])).toEqual([]);
  });
});

describe('rds-opensearch-gp2-io1', () => {
  it.each([
    ['AmazonRDS', 'RDS:GP2-Storage', 0],
    ['AmazonRDS', 'EU-RDS:Multi-AZ-GP2-Storage', 0],
    ['AmazonES', 'ES:GP2-Storage', 9.6],
    ['AmazonRDS', 'RDS:Multi-AZ-PIOPS-Storage', 8],
    ['AmazonRDS', 'RDS:PIOPS', 80],
    ['AmazonES', 'USW2-ES:PIOPS', 80],
  ])('finds %s %s and saves %d of 100', async (product, usageType, saving) => {
    const item = { line_item_product_code: product, line_item_usage_type: usageType, line_item_resource_id: 'db' };
    const [found] = await findings([daily(1, { ...item, line_item_unblended_cost: 100 })]);
    expect(found).toMatchObject({ check_name: 'rds-opensearch-gp2-io1', resource: 'db', monthly_cost: 100 });
    expect(found?.estimated_saving).toBeCloseTo(saving, 9);
  });

  it.each([
    ['AmazonRDS', 'RDS:GP3-Storage'],
    ['AmazonRDS', 'RDS:GP3-PIOPS'],
    ['AmazonRDS', 'RDS:IO2-PIOPS'],
    ['AmazonRDS', 'RDS:StorageIOUsage'],
    ['AmazonES', 'ES:GP3-PIOPS'],
    ['AmazonEC2', 'EBS:VolumeP-IOPS.piops'],
  ])('does not find %s %s', async (product, usageType) => {
    const item = { line_item_product_code: product, line_item_usage_type: usageType, line_item_resource_id: 'db' };
    expect(await findings([daily(1, item)])).toEqual([]);
  });
});

const reservation = (arn: string | null, unused: number): LineItem => ({
  ...monthly({ line_item_line_item_type: 'RIFee', line_item_usage_type: 'HeavyUsage:c4.large' }),
  reservation_reservation_a_r_n: arn,
  reservation_unused_quantity: unused,
  reservation_unused_recurring_fee: unused * 0.03,
  reservation_unused_amortized_upfront_fee_for_billing_period: unused * 0.02,
});
const someUsage = (day: number): LineItem => daily(day, { line_item_usage_type: 'Requests-Tier1' });

describe('unused-reservation', () => {
  it('finds the cost of the unused hours, recurring and upfront', async () => {
    const [found, ...others] = await findings([reservation('ri', 100), reservation('used', 0), someUsage(30)]);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ check_name: 'unused-reservation', resource: 'ri', region: 'us-east-1' });
    expect(found?.monthly_cost).toBeCloseTo(5, 9);
    expect(found?.estimated_saving).toBeCloseTo(5, 9);
  });

  it('waits until the report reaches the last day, since the hours to come may count as unused', async () => {
    const chargedAhead = monthly({ line_item_usage_type: 'HostedZone' });
    expect(await findings([reservation('ri', 100), someUsage(29), chargedAhead])).toEqual([]);
  });

  it('does not wait for days that a monthly report never shows', async () => {
    expect(await findings([reservation('ri', 100), monthly({ line_item_usage_type: 'HostedZone' })])).toHaveLength(1);
  });

  it('knows the last day of every month, leap years too', async () => {
    const ri = reservation('ri', 100);
    const lastDays = { 1: 31, 2: 28, 4: 30, 12: 31 };
    for (const [month, day] of Object.entries(lastDays)) {
      const usage = { ...someUsage(1), month: Number(month), line_item_usage_start_date: `2026-${month}-${day} 00:00` };
      await plant(warehouse, [{ ...ri, month: Number(month) }, usage]);
      await analyse(warehouse, `2026-${month.padStart(2, '0')}`, [PAYER]);
    }
    const february = { year: 2028, month: 2 };
    await plant(warehouse, [
      { ...ri, ...february },
      { ...someUsage(1), ...february, line_item_usage_start_date: '2028-02-28 00:00:00' },
    ]);
    await analyse(warehouse, '2028-02', [PAYER]);
    const found = await findingsIn(warehouse);
    expect(found.map(({ year, month }) => [year, month])).toEqual([
      [2026, 1],
      [2026, 2],
      [2026, 4],
      [2026, 12],
    ]);
  });
});

describe('idle-public-ipv4', () => {
  it('finds idle addresses of today and of before 2024, not those in use', async () => {
    const address = (resource: string, usageType: string) =>
      daily(1, { line_item_resource_id: resource, line_item_usage_type: usageType });
    const found = await findings([
      address('new', 'USE1-PublicIPv4:IdleAddress'),
      address('old', 'EU-ElasticIP:IdleAddress'),
      address('used', 'USE1-PublicIPv4:InUseAddress'),
      address('remapped', 'ElasticIP:Remap'),
    ]);
    expect(summary(found)).toEqual([
      ['idle-public-ipv4', 'new', 'us-east-1'],
      ['idle-public-ipv4', 'old', 'us-east-1'],
    ]);
  });
});

const instance = (resource: string, type: string): LineItem => ({
  line_item_resource_id: resource,
  line_item_usage_type: `USE2-BoxUsage:${type}`,
  product_instance_type: type,
});

describe('previous-generation-instance', () => {
  it.each([
    ['t2.micro', 0.1],
    ['c4.large', 0.15],
    ['m4.10xlarge', 0.04],
  ])('finds %s and saves the price drop of its successor', async (type, saving) => {
    const [found] = await findings([daily(1, instance('i-1', type))]);
    expect(found).toMatchObject({ check_name: 'previous-generation-instance', resource: 'i-1', monthly_cost: 1 });
    expect(found?.estimated_saving).toBeCloseTo(saving, 9);
  });

  it('finds the family in the usage type when there is no instance type', async () => {
    const found = await findings([
      daily(1, { ...instance('named', 'm3.large'), product_instance_type: null }),
      daily(1, { ...instance('bare', ''), line_item_usage_type: 'EU-BoxUsage', product_instance_type: null }),
    ]);
    expect(found.map(({ resource, estimated_saving }) => [resource, estimated_saving])).toEqual([
      ['bare', 0.45],
      ['named', 0.27],
    ]);
  });

  it.each(['DiscountedUsage', 'SavingsPlanCoveredUsage'])(
    'counts the amortized cost of %s, and saves nothing before the term ends',
    async (type) => {
      const covered = { line_item_line_item_type: type, line_item_unblended_cost: 0, amortized_cost: 0.6 };
      const [found] = await findings([daily(1, { ...instance('i-1', 'm4.large'), ...covered })]);
      expect(found).toMatchObject({ monthly_cost: 0.6, estimated_saving: 0 });
    },
  );

  it('saves nothing on a price with a licence in it', async () => {
    const windows = { ...instance('i-1', 'm4.large'), line_item_operation: 'RunInstances:0002' };
    expect(await findings([daily(1, windows)])).toMatchObject([{ monthly_cost: 1, estimated_saving: 0 }]);
  });

  it.each([
    ['a current family', instance('i-1', 'm6i.large')],
    ['a family that begins alike', instance('i-1', 't2x.large')],
    ['Spot', { ...instance('i-1', 'm4.large'), line_item_usage_type: 'SpotUsage:m4.large' }],
    ['the EBS surcharge', { ...instance('i-1', 'm3.large'), line_item_usage_type: 'EBSOptimized:m3.large' }],
    ['the EMR surcharge', { ...instance('i-1', 'm4.large'), line_item_product_code: 'ElasticMapReduce' }],
  ])('does not find %s', async (_, item) => {
    expect(await findings([daily(1, item)])).toEqual([]);
  });
});

describe('cpu-credits', () => {
  it('finds what was paid for credits, of EC2 and RDS', async () => {
    const found = await findings([
      daily(1, { line_item_resource_id: 'i-1', line_item_usage_type: 'USW2-CPUCredits:t3' }),
      daily(1, { line_item_resource_id: 'db', line_item_usage_type: 'RDS:db.t3-CPUCredits' }),
      daily(1, { line_item_resource_id: 'i-2', line_item_usage_type: 'BoxUsage:t3.micro' }),
      daily(1, { line_item_resource_id: 'i-3', line_item_usage_type: 'CPUCredits:t3', line_item_unblended_cost: 0 }),
    ]);
    expect(summary(found)).toEqual([
      ['cpu-credits', 'db', 'us-east-1'],
      ['cpu-credits', 'i-1', 'us-east-1'],
    ]);
  });
});

describe('idle-glue-dev-endpoint', () => {
  it('finds development endpoints, not jobs or crawlers', async () => {
    const found = await findings([
      daily(1, { line_item_resource_id: 'endpoint', line_item_usage_type: 'USE1-DEVED-DPU-Hour' }),
      daily(1, { line_item_resource_id: 'job', line_item_usage_type: 'USE1-ETL-DPU-Hour' }),
      daily(1, { line_item_resource_id: 'crawler', line_item_usage_type: 'USE1-Crawler-DPU-Hour' }),
    ]);
    expect(summary(found)).toEqual([['idle-glue-dev-endpoint', 'endpoint', 'us-east-1']]);
  });
});

const idleAddress = (over: LineItem = {}): LineItem =>
  daily(1, { line_item_resource_id: 'ip', line_item_usage_type: 'ElasticIP:IdleAddress', ...over });

describe('findings', () => {
  it('do not count credits, refunds, discounts, fees and tax of a resource', async () => {
    const others = ['Credit', 'Refund', 'Tax', 'Fee', 'EdpDiscount', 'SavingsPlanNegation', 'RIFee'].map((type) =>
      idleAddress({ line_item_line_item_type: type, line_item_unblended_cost: -50 }),
    );
    expect(await findings([idleAddress(), ...others])).toMatchObject([{ monthly_cost: 1, estimated_saving: 1 }]);
  });

  it('never add amounts of two currencies', async () => {
    const found = await findings([
      idleAddress(),
      idleAddress({ line_item_currency_code: 'CNY', line_item_unblended_cost: 7 }),
      idleAddress({ line_item_resource_id: 'other', line_item_currency_code: null }),
    ]);
    const amounts = found.map(({ resource, monthly_cost, currency }) => `${resource} ${monthly_cost} ${currency}`);
    expect(amounts.sort()).toEqual(['ip 1 USD', 'ip 7 CNY', 'other 1 null']);
  });

  it('have an account and a resource even when the report has none', async () => {
    const found = await findings([idleAddress({ line_item_resource_id: null, line_item_usage_account_id: null })]);
    expect(found).toMatchObject([{ account: '', resource: '' }]);
  });

  it('come from unblended costs where there is no amortized one', async () => {
    expect(await findings([idleAddress({ amortized_cost: null })])).toMatchObject([{ monthly_cost: 1 }]);
  });

  it('are the same when the script runs twice', async () => {
    const once = await findings([idleAddress(), ...days(30, lb('idle')), ...days(30, volume('vol', 100))]);
    await analyse(warehouse, '2026-09', [PAYER]);
    expect(once).toHaveLength(3);
    expect(await findingsIn(warehouse)).toEqual(once);
  });

  it('say when they were found', async () => {
    await findings([idleAddress()]);
    const reader = await warehouse.runAndReadAll('select count(found_at) from cur_findings');
    expect(reader.getRowsJS()).toEqual([[1n]]);
  });

  it('that are no longer true go', async () => {
    await findings([idleAddress()]);
    await warehouse.run('delete from cur_line_items');
    await analyse(warehouse, '2026-09', [PAYER]);
    expect(await findingsIn(warehouse)).toEqual([]);
  });

  it("of another payer's and another period are not touched", async () => {
    const other = '444455556666';
    await plant(warehouse, [
      idleAddress(),
      idleAddress({ payer: other }),
      idleAddress({ month: 8 }),
      idleAddress({ year: 2025 }),
    ]);
    await analyse(warehouse, '2026-09', [PAYER, other]);
    await analyse(warehouse, '2026-08', [PAYER]);
    await analyse(warehouse, '2025-09', [PAYER]);
    await warehouse.run('delete from cur_line_items');
    await analyse(warehouse, '2026-09', [PAYER]);
    const left = await findingsIn(warehouse);
    expect(left.map(({ payer, year, month }) => [payer, year, month])).toEqual([
      [PAYER, 2025, 9],
      [PAYER, 2026, 8],
      [other, 2026, 9],
    ]);
  });

  it('are one row per payer, check, account, resource and currency, whatever the report holds', async () => {
    const anyItem = fc.record({
      line_item_usage_type: fc.constantFrom('ElasticIP:IdleAddress', 'BoxUsage:t2.micro', 'EBS:VolumeUsage.gp2'),
      line_item_resource_id: fc.constantFrom('a', 'b', null),
      line_item_usage_account_id: fc.constantFrom(ACCOUNT, null),
      product_region: fc.constantFrom('us-east-1', 'eu-west-1', null),
      line_item_currency_code: fc.constantFrom('USD', 'CNY', null),
      line_item_unblended_cost: fc.constantFrom(0, 1, 2.5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyItem, { minLength: 1, maxLength: 12 }), async (items) => {
        await warehouse.run('delete from cur_line_items');
        const found = await findings(items.map((item, index) => daily((index % 30) + 1, item)));
        const keys = found.map(({ check_name, account, resource, currency }) =>
          [check_name, account, resource, currency].join('/'),
        );
        expect(new Set(keys).size).toBe(keys.length);
        expect(found.every(({ monthly_cost, estimated_saving }) => monthly_cost > 0 || estimated_saving > 0)).toBe(
          true,
        );
      }),
      { numRuns: 25 },
    );
  });
});
