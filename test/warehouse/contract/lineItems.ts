import { expect, it } from 'vitest';
import { costsOf } from '../../../src/warehouse/currencyCosts.ts';
import { ALPHA, PERIOD, publicationOf, type Row, rowsOf, type WarehouseHarness } from '../harness.ts';

const TEXTS = [
  'identity_line_item_id',
  'line_item_line_item_type',
  'line_item_line_item_description',
  'line_item_operation',
  'reservation_reservation_a_r_n',
  'split_line_item_parent_resource_id',
];

/** On every line item: which cost is taken can be seen by its amount. */
const GROSS = {
  line_item_unblended_cost: 100,
  savings_plan_savings_plan_effective_cost: 7,
  savings_plan_total_commitment_to_date: 50,
  savings_plan_used_commitment: 20,
  savings_plan_recurring_commitment_for_billing_period: 60,
  savings_plan_amortized_upfront_commitment_for_billing_period: 20,
  reservation_effective_cost: 9,
  reservation_unused_amortized_upfront_fee_for_billing_period: 3,
  reservation_unused_recurring_fee: 4,
};
const NET = {
  line_item_net_unblended_cost: 90,
  savings_plan_net_savings_plan_effective_cost: 6,
  savings_plan_net_recurring_commitment_for_billing_period: 30,
  savings_plan_net_amortized_upfront_commitment_for_billing_period: 10,
  reservation_net_effective_cost: 8,
  reservation_net_unused_amortized_upfront_fee_for_billing_period: 2,
  reservation_net_unused_recurring_fee: 3,
};
const DOUBLES = Object.keys({ ...GROSS, ...NET });

const COLUMNS = [
  ...TEXTS.map((name) => ({ name, type: 'string' })),
  ...DOUBLES.map((name) => ({ name, type: 'double' })),
];

const ARN = { reservation_reservation_a_r_n: 'arn' };
const REFUND = 'Refund for one-time fee for Savings Plan ID: 1-2-3';

/** Lines by type, and what each costs amortized, before and after discounts. */
const AMORTIZED: readonly [type: string, line: Row, cost: number, net: number][] = [
  ['SavingsPlanCoveredUsage', {}, 7, 6],
  // Half of the 30 that were not used: 40 are paid of a commitment of 80.
  ['SavingsPlanRecurringFee', {}, 30, 15],
  ['SavingsPlanNegation', {}, 0, 0],
  ['SavingsPlanUpfrontFee', {}, 0, 0],
  ['DiscountedUsage', ARN, 9, 8],
  ['RIFee', ARN, 7, 5],
  ['Fee', ARN, 0, 0],
  ['Fee', {}, 100, 90],
  ['Usage', {}, 100, 90],
  ['Tax', {}, 100, 90],
  ['Credit', {}, 100, 90],
  ['Refund', { line_item_line_item_description: REFUND }, 0, 0],
  ['Refund', { line_item_line_item_description: 'Refund of an overcharge' }, 100, 90],
  ['Fee', { line_item_line_item_description: REFUND }, 100, 90],
];

/** Further columns of lines, and whether they are split cost. */
const SPLIT: readonly [line: Row, isSplit: number][] = [
  [{ line_item_operation: 'EKSPod-EC2' }, 1],
  [{ line_item_operation: 'ECSTask-EC2' }, 1],
  [{ line_item_operation: 'AnotherTask', split_line_item_parent_resource_id: 'i-1' }, 1],
  [{ line_item_operation: 'FargateTask', split_line_item_parent_resource_id: '' }, 0],
  [{ line_item_operation: 'RunInstances' }, 0],
  [{}, 0],
];

export function describeLineItems(harness: () => WarehouseHarness): void {
  async function publish(rows: readonly Row[], columns: typeof COLUMNS = COLUMNS) {
    const identified = rows.map((row, id) => ({ identity_line_item_id: String(id).padStart(2, '0'), ...row }));
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: identified, columns });
    await harness().warehouse.register(ALPHA, [file]);
    await harness().warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    return file;
  }

  it('cost, amortized, by line-item type, before and after discounts', async () => {
    await publish(AMORTIZED.map(([type, line]) => ({ ...GROSS, ...NET, ...line, line_item_line_item_type: type })));
    expect(await harness().shown(['amortized_cost', 'net_amortized_cost'])).toEqual(
      AMORTIZED.map(([, , amortized_cost, net_amortized_cost]) => ({ amortized_cost, net_amortized_cost })),
    );
  });

  it('cost as much after discounts as before, where a report has no net columns', async () => {
    await publish(AMORTIZED.map(([type, line]) => ({ ...GROSS, ...line, line_item_line_item_type: type })));
    expect(await harness().shown(['net_amortized_cost'])).toEqual(
      AMORTIZED.map(([, , net_amortized_cost]) => ({ net_amortized_cost })),
    );
  });

  it('are marked where they are split cost, and cost nothing there: their parent has it', async () => {
    await publish(SPLIT.map(([line]) => ({ ...GROSS, ...NET, ...line, line_item_line_item_type: 'Usage' })));
    expect(await harness().shown(['is_split_cost', 'amortized_cost', 'net_amortized_cost'])).toEqual(
      SPLIT.map(([, is_split_cost]) => ({
        is_split_cost,
        amortized_cost: is_split_cost === 1 ? 0 : 100,
        net_amortized_cost: is_split_cost === 1 ? 0 : 90,
      })),
    );
  });

  it('that are split cost are counted, and left out of what a month costs', async () => {
    const file = await publish(SPLIT.map(([line]) => ({ line_item_unblended_cost: 100, ...line })));
    const audits = await harness().warehouse.audit(ALPHA, [file]);
    expect(audits).toMatchObject([{ rows: 6, rowsWithCost: 6, rowsOfImpossibleCost: 0 }]);
    expect(costsOf(audits)).toEqual([{ currency: null, cost: 300 }]);
    // Of a publication that says no costs they are read from the line items.
    expect((await harness().warehouse.totals(PERIOD, [ALPHA.payer])).get(ALPHA.payer)?.costs).toEqual([
      { currency: null, cost: 300 },
    ]);
  });

  it('show the tags and cost categories of legacy reports as maps, and as JSON text', async () => {
    const names = ['resource_tags_user_team', 'resource_tags_user_a', 'cost_category_cost_center'];
    const columns = ['identity_line_item_id', ...names].map((name) => ({ name, type: 'string' }));
    const tagged = { resource_tags_user_team: 'red "1"', resource_tags_user_a: 'x', cost_category_cost_center: '7' };
    await publish([tagged, { resource_tags_user_team: '', resource_tags_user_a: null }], columns);
    expect(await harness().shown(['resource_tags_json', 'cost_category_json'])).toEqual([
      {
        resource_tags_json: String.raw`{"user_a":"x","user_team":"red \"1\""}`,
        cost_category_json: '{"cost_center":"7"}',
      },
      { resource_tags_json: null, cost_category_json: null },
    ]);
  });

  it('show the maps of CUR 2.0 as JSON text, and no empty ones', async () => {
    const maps = ['resource_tags', 'cost_category'];
    const columns = [
      { name: 'identity_line_item_id', type: 'string' },
      ...maps.map((name) => ({ name, type: 'map<string,string>' })),
    ];
    await publish(
      [{ resource_tags: { user_team: 'red' }, cost_category: { team: 'blue' } }, { resource_tags: {} }],
      columns,
    );
    expect(await harness().shown(['resource_tags_json', 'cost_category_json'])).toEqual([
      { resource_tags_json: '{"user_team":"red"}', cost_category_json: '{"team":"blue"}' },
      { resource_tags_json: null, cost_category_json: null },
    ]);
  });

  it('have none of what a report lacks', async () => {
    const file = await harness().stage({ partition: ALPHA, name: 'a', rows: rowsOf(['a']) });
    await harness().warehouse.register(ALPHA, [file]);
    await harness().warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    const [row] = await harness().shown(['resource_tags_json', 'product_vcpu', 'amortized_cost', 'is_split_cost']);
    expect(row).toEqual({ resource_tags_json: null, product_vcpu: null, amortized_cost: 1, is_split_cost: 0 });
  });
}
