import type { DuckDBConnection } from '@duckdb/node-api';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Check, parseCheck } from '../../src/analytics/checks/check.ts';
import { weave } from '../../src/analytics/checks/weave.ts';
import { loadScript } from '../../src/analytics/script.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { compute, type LineItem, openWarehouse, plant, runScript, sqlPath } from './lineItems.ts';

const PAYER = '111122223333';
const ACCOUNT = '777788889999';
const PERIOD = '2026-09';

let warehouse: DuckDBConnection;
beforeEach(async () => {
  warehouse = await openWarehouse();
});

/** A daily line of September 2026 (30 days), of one US dollar unless `over` says otherwise. */
function daily(day: number, over: LineItem = {}): LineItem {
  const date = `2026-09-${String(day).padStart(2, '0')}`;
  return {
    year: 2026,
    month: 9,
    payer: PAYER,
    bill_billing_period_start_date: '2026-09-01 00:00:00',
    bill_billing_period_end_date: '2026-10-01 00:00:00',
    line_item_usage_account_id: ACCOUNT,
    line_item_line_item_type: 'Usage',
    line_item_usage_start_date: `${date} 00:00:00`,
    line_item_usage_end_date: `${date} 23:59:59`,
    line_item_usage_amount: 24,
    line_item_unblended_cost: 1,
    line_item_currency_code: 'USD',
    product_region: 'us-east-1',
    line_item_product_code: 'AmazonThing',
    line_item_usage_type: 'Thing',
    line_item_resource_id: 'thing',
    ...over,
  };
}

const days = (count: number, over: LineItem = {}): LineItem[] =>
  Array.from({ length: count }, (_, index) => daily(index + 1, over));

/** A check that finds every resource of a service, and saves a part of its on-demand cost. */
function check(id: string, saving: string, { service = 'AmazonThing', needs = 'nothing', sql = '' } = {}): Check {
  const header = `-- title: ${id}
-- finds: all
-- why: for tests
-- reads: the product code
-- thresholds: none
-- saving: a part
-- confidence: high
-- blind: nothing
-- do: Nothing.
-- source: this test
-- services: ${service}
-- needs: ${needs}
`;
  const select = `select payer, account, max(region) as region, resource, '${service}' as service, currency,
      sum(cost) as cost, ${saving} as saving, 'costs ' || cast(sum(lines) as varchar) as evidence
    from cur_usage where product_code = '${service}' group by payer, account, resource,
      case when resource = '' then region else '' end, currency`;
  return parseCheck({ name: `${id}.sql`, text: header + (sql === '' ? select : sql) });
}

const half = check('half', 'sum(on_demand_cost) * 0.5');
const whole = check('whole', 'sum(on_demand_cost)');
const unsaid = check('unsaid', 'cast(null as double)');

/**
 * Runs the script with these checks; those of `failing` have failed before they inserted anything.
 */
async function run(
  checks: readonly Check[],
  { failing = [], noted = [] }: { readonly failing?: readonly string[]; readonly noted?: readonly string[] } = {},
): Promise<void> {
  const script = weave(await loadScript(sqlPath('analytics_wastage_queries.sql')), checks);
  const failed = failing.map((name) => `insert into cur_statement_outcomes values ('${name}', 1.5, 'X1', 'broken');`);
  const withFailures = script.replace(
    '-- What a check that failed',
    () => `${[...failed, ...noted].join('\n')}\n-- What a check that failed`,
  );
  await runScript(warehouse, withFailures, parsePeriod(PERIOD), [parsePayer(PAYER)]);
}

async function given(items: readonly LineItem[]): Promise<void> {
  await plant(warehouse, items);
  await compute(warehouse);
}

const Finding = z.object({
  check_name: z.string(),
  account: z.string(),
  region: z.string(),
  resource: z.string(),
  monthly_cost: z.number(),
  estimated_saving: z.number().nullable(),
  whole_month_saving: z.number().nullable(),
  alternative_saving: z.number().nullable(),
  alternative_to: z.string().nullable(),
  currency: z.string().nullable(),
  confidence: z.string().nullable(),
  evidence: z.string().nullable(),
  account_name: z.string().nullable(),
  payer_name: z.string().nullable(),
  owner: z.string().nullable(),
  tags: z.string().nullable(),
});

async function findings() {
  const reader = await warehouse.runAndReadAll(
    'select * from cur_findings order by check_name, account, region, resource, currency',
  );
  return z.array(Finding).parse(reader.getRowObjectsJS());
}

async function checkRuns() {
  const reader = await warehouse.runAndReadAll('select * from cur_check_runs order by check_name, payer');
  return reader
    .getRowObjectsJS()
    .map(({ check_name, status, findings: found, reason }) => [check_name, status, found, reason]);
}

describe('several findings on one resource', () => {
  it('count once: the most valuable, and the others are its alternatives', async () => {
    await given(days(30));
    await run([half, whole, unsaid]);
    expect(await findings()).toMatchObject([
      {
        check_name: 'half',
        estimated_saving: 0,
        alternative_saving: 15,
        alternative_to: 'whole',
        whole_month_saving: 0,
      },
      { check_name: 'unsaid', estimated_saving: null, alternative_saving: null, alternative_to: null },
      { check_name: 'whole', estimated_saving: 30, alternative_saving: null, alternative_to: null },
    ]);
  });

  it('that save the same are counted by name, in every run alike', async () => {
    await given(days(30));
    await run([whole, check('another', 'sum(on_demand_cost)')]);
    expect(await findings()).toMatchObject([
      { check_name: 'another', estimated_saving: 30 },
      { check_name: 'whole', estimated_saving: 0, alternative_to: 'another' },
    ]);
  });

  it('of two resources, accounts or currencies do not compete', async () => {
    await given([
      ...days(30),
      ...days(30, { line_item_resource_id: 'other' }),
      ...days(30, { line_item_usage_account_id: '111111111111' }),
      ...days(30, { line_item_currency_code: 'CNY' }),
    ]);
    await run([half]);
    expect((await findings()).map(({ estimated_saving }) => estimated_saving)).toEqual([15, 15, 15, 15]);
  });
});

describe('a saving', () => {
  it('is never more than what the resource costs, nor less than nothing', async () => {
    await given([...days(30), ...days(30, { line_item_resource_id: 'cheap', line_item_unblended_cost: 0.1 })]);
    await run([check('greedy', 'sum(on_demand_cost) + 5'), check('negative', '-1')]);
    expect((await findings()).map(({ estimated_saving }) => estimated_saving)).toEqual([
      expect.closeTo(3, 9),
      30,
      0,
      0,
    ]);
  });

  it('without a resource counts against lines without an id alone: what it saves on others is an alternative', async () => {
    const ofAccount = `select payer, account, region, '' as resource, 'AmazonThing' as service, currency,
      sum(cost) as cost, sum(on_demand_cost) * 0.5 as saving, 'all' as evidence
      from cur_usage group by payer, account, region, currency`;
    await given([...days(30), ...days(10, { line_item_resource_id: null })]);
    await run([whole, check('rate', '', { sql: ofAccount })]);
    expect(await findings()).toMatchObject([
      {
        check_name: 'rate',
        resource: '',
        monthly_cost: 40,
        estimated_saving: 0,
        alternative_saving: 20,
        alternative_to: 'whole',
      },
      { check_name: 'whole', resource: '', estimated_saving: 10 },
      { check_name: 'whole', resource: 'thing', estimated_saving: 30 },
    ]);
    await run([check('rate', '', { sql: ofAccount })]);
    expect(await findings()).toMatchObject([
      { estimated_saving: 10, alternative_saving: 10, alternative_to: 'findings on single resources' },
    ]);
  });

  it('is not made of what a reservation or a plan covers', async () => {
    await given([
      ...days(20),
      ...days(10, {
        line_item_line_item_type: 'DiscountedUsage',
        line_item_unblended_cost: 0,
        reservation_effective_cost: 2,
      }),
    ]);
    await run([whole]);
    expect(await findings()).toMatchObject([{ monthly_cost: 40, estimated_saving: 20 }]);
  });

  it('of a finding that costs nothing is no finding', async () => {
    await given(days(30, { line_item_unblended_cost: 0 }));
    await run([whole]);
    expect(await findings()).toEqual([]);
  });
});

describe('the saving of a whole month', () => {
  it('is the saving by the days it was there for, where it still is', async () => {
    await given(days(10));
    await run([whole]);
    expect(await findings()).toMatchObject([{ estimated_saving: 10, whole_month_saving: 30 }]);
  });

  it('of a resource made in the middle is that of its days', async () => {
    await given([
      ...days(30),
      ...days(30)
        .slice(20)
        .map((line) => ({ ...line, line_item_resource_id: 'new' })),
    ]);
    await run([whole]);
    expect(await findings()).toMatchObject([
      { resource: 'new', estimated_saving: 10, whole_month_saving: 30 },
      { resource: 'thing', estimated_saving: 30, whole_month_saving: 30 },
    ]);
  });

  it('of a resource that is gone is what it has cost', async () => {
    await given([...days(20, { line_item_resource_id: 'there' }), ...days(5)]);
    await run([whole]);
    expect(await findings()).toMatchObject([
      { resource: 'there', whole_month_saving: 30 },
      { resource: 'thing', estimated_saving: 5, whole_month_saving: 5 },
    ]);
  });

  it('in a monthly report is the saving', async () => {
    await given([{ ...daily(1), line_item_usage_end_date: '2026-10-01 00:00:00' }]);
    await run([whole]);
    expect(await findings()).toMatchObject([{ estimated_saving: 1, whole_month_saving: 1 }]);
  });
});

describe('a finding', () => {
  it('says whose it is: names, tags, and the owner by the tag', async () => {
    await given([
      ...days(30, { line_item_usage_account_name: 'shop', bill_payer_account_name: 'holding' }),
      daily(1, { line_item_resource_id: 'other' }),
    ]);
    await warehouse.run(
      `update cur_line_items set resource_tags_json = '{"user_owner":"anna"}'
       where line_item_resource_id = 'thing'`,
    );
    await run([whole]);
    expect(await findings()).toMatchObject([
      { resource: 'other', owner: ACCOUNT, account_name: 'shop', payer_name: 'holding', tags: null },
      { resource: 'thing', owner: 'anna', account_name: 'shop', tags: '{"user_owner":"anna"}', evidence: 'costs 30' },
    ]);
  });

  it('has an owner by cost category, where the tag is missing', async () => {
    await given(days(30));
    await warehouse.run(`update cur_line_items set cost_category_json = '{"user_owner":"plat\\"form"}'`);
    await run([whole]);
    expect(await findings()).toMatchObject([{ owner: "plat'form" }]);
  });

  it('has an account and a resource even where the report has none', async () => {
    await given([daily(1, { line_item_resource_id: null, line_item_usage_account_id: null })]);
    await run([whole]);
    expect(await findings()).toMatchObject([{ account: '', resource: '', owner: '' }]);
  });

  it('does not count credits, refunds, discounts, fees, tax and split costs', async () => {
    const types = ['Credit', 'Refund', 'Tax', 'Fee', 'EdpDiscount', 'SavingsPlanNegation', 'RIFee'];
    await given([
      daily(1),
      ...types.map((type) => daily(1, { line_item_line_item_type: type, line_item_unblended_cost: -50 })),
      daily(1, { line_item_operation: 'EKSPod-EC2', line_item_unblended_cost: 50 }),
    ]);
    await run([whole]);
    expect(await findings()).toMatchObject([{ monthly_cost: 1, estimated_saving: 1 }]);
  });

  it('comes from unblended costs where there is no amortized one', async () => {
    await given(days(1, { line_item_line_item_type: 'SavingsPlanCoveredUsage' }));
    await run([whole]);
    expect(await findings()).toMatchObject([{ monthly_cost: 1 }]);
  });

  it('is the same when the script runs twice, and goes when it is no longer true', async () => {
    await given(days(30));
    await run([whole, half]);
    const once = await findings();
    await run([whole, half]);
    expect(await findings()).toEqual(once);
    await warehouse.run('delete from cur_line_items');
    await run([whole, half]);
    expect(await findings()).toEqual([]);
  });

  it("of another payer's and another month are not touched", async () => {
    await given([...days(30), ...days(30, { payer: '444455556666' }), ...days(30, { month: 8 })]);
    for (const [period, payer] of [
      [PERIOD, PAYER],
      [PERIOD, '444455556666'],
      ['2026-08', PAYER],
    ] as const) {
      const script = weave(await loadScript(sqlPath('analytics_wastage_queries.sql')), [whole]);
      await runScript(warehouse, script, parsePeriod(period), [parsePayer(payer)]);
    }
    await warehouse.run('delete from cur_line_items');
    await run([whole]);
    const left = await warehouse.runAndReadAll('select payer, month from cur_findings order by all');
    expect(left.getRowsJS()).toEqual([
      [PAYER, 8],
      ['444455556666', 9],
    ]);
  });
});

describe('a check that fails', () => {
  it('keeps what it found before, as of when, and the others replace theirs', async () => {
    await given(days(30));
    await run([half, whole]);
    await warehouse.run(`update cur_findings set found_at = timestamp '2026-09-02 03:04:05'`);
    await warehouse.run('delete from cur_line_items');
    await given(days(20));
    const broken = check('whole', '', { sql: 'select payer from cur_usage where 1 = 0' });
    await run([half, { ...broken, select: whole.select.replace('cur_usage where', 'cur_usage where 1 = 0 and') }], {
      failing: ['whole'],
    });
    const found = await warehouse.runAndReadAll(
      `select check_name, monthly_cost, estimated_saving, found_at = timestamp '2026-09-02 03:04:05' as is_old
       from cur_findings order by check_name`,
    );
    expect(found.getRowsJS()).toEqual([
      ['half', 20, 0, false],
      ['whole', 30, 20, true],
    ]);
    expect(await checkRuns()).toEqual([
      ['half', 'found', 1, null],
      ['whole', 'failed', 1, 'X1: broken'],
    ]);
  });

  it('has its reason said once, whether or not the engine’s message begins with the code', async () => {
    await given(days(30));
    const said = (code: string, message: string) =>
      `insert into cur_statement_outcomes values ('whole', 1, '${code}', '${message}');`;
    for (const [code, message, reason] of [
      ['Binder Error', 'Binder Error: no such column', 'Binder Error: no such column'],
      ['000904', 'invalid identifier', '000904: invalid identifier'],
    ] as const) {
      await run([whole], { noted: [said(code, message)] });
      expect(await checkRuns()).toMatchObject([['whole', 'failed', expect.anything(), reason]]);
    }
  });
});

describe('a check', () => {
  it('says that it cannot tell where the report lacks what it needs, and never zero', async () => {
    await given(days(30, { line_item_resource_id: null, product_instance_type: 'm5.large' }));
    const nothing = (id: string, needs: string, service = 'AmazonThing') =>
      check(id, '0', { needs, service, sql: whole.select.replace('group by', 'and 1 = 0 group by') });
    await run([
      whole,
      nothing('a', 'instance_type'),
      nothing('b', 'instance_type, resource'),
      nothing('c', 'license_model, resource', 'AmazonOther'),
      nothing('d', 'month_over, days'),
      nothing('e', 'hours'),
      nothing('f', 'half_a_year', 'any'),
      nothing('g', 'nothing', 'commitments'),
    ]);
    expect(await checkRuns()).toEqual([
      ['a', 'nothing-found', 0, null],
      ['b', 'cannot-be-told', 0, 'missing: resource'],
      ['c', 'no-such-usage', 0, null],
      ['d', 'nothing-found', 0, null],
      ['e', 'cannot-be-told', 0, 'missing: hours'],
      ['f', 'cannot-be-told', 0, 'missing: half_a_year'],
      ['g', 'no-such-usage', 0, null],
      ['whole', 'found', 1, null],
    ]);
  });
});

describe('the last whole day', () => {
  it.each([
    ['a report that ends in the middle of a day', '2026-09-15 13:00:00', 14, 0],
    ['one that ends with a day', '2026-09-15 23:59:59', 15, 0],
    ['one that ends at midnight', '2026-09-16 00:00:00', 15, 0],
    ['a whole month', '2026-10-01 00:00:00', 30, 0],
  ])('of %s', async (_, end, lastWholeDay) => {
    const day = end === '2026-10-01 00:00:00' ? 30 : 15;
    await given([...days(day - 1), daily(day, { line_item_usage_end_date: end })]);
    await run([whole]);
    const reader = await warehouse.runAndReadAll(
      'select cast(last_whole_day as varchar), covered_days::integer, is_month_over, days_in_month::integer from cur_payers',
    );
    expect(reader.getRowsJS()).toEqual([[`2026-09-${lastWholeDay}`, lastWholeDay, lastWholeDay === 30 ? 1 : 0, 30]]);
  });

  it.each([
    [2026, 2, 28],
    [2028, 2, 29],
    [2026, 12, 31],
    [2026, 4, 30],
  ])('knows the days of %i-%i', async (year, month, count) => {
    const text = `${year}-${String(month).padStart(2, '0')}`;
    await given([
      daily(1, {
        year,
        month,
        line_item_usage_start_date: `${text}-01 00:00:00`,
        line_item_usage_end_date: `${text}-02 00:00:00`,
      }),
    ]);
    const script = weave(await loadScript(sqlPath('analytics_wastage_queries.sql')), [whole]);
    await runScript(warehouse, script, parsePeriod(text), [parsePayer(PAYER)]);
    const reader = await warehouse.runAndReadAll('select days_in_month::integer from cur_payers');
    expect(reader.getRowsJS()).toEqual([[count]]);
  });
});
