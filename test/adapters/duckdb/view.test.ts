import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computedColumns, lineItemColumns, partitionColumns } from '../../../src/warehouse/lineItems.ts';
import { ALPHA } from '../../warehouse/harness.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';
import { columns, lineItems, publishReport } from './stagedReports.ts';

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

describe('the contract view', () => {
  const view = () =>
    harness.query(`select column_name, data_type from duckdb_columns() where table_name = 'cur_line_items'`);

  it('has the contract columns and types before and after any report, whatever its kind', async () => {
    const contract = [
      ...partitionColumns,
      ...lineItemColumns.map(({ name, type }) => ({ name, type: type === 'MAP' ? 'MAP(VARCHAR, VARCHAR)' : type })),
      ...computedColumns,
    ].map(({ name, type }) => ({ column_name: name, data_type: type }));
    expect(await view()).toEqual(contract);
    await publishReport(harness, ALPHA, {
      a: {
        columns: columns({
          bill_billing_period_start_date: 'bigint',
          line_item_usage_amount: 'int',
          resource_tags_user_x: 'double',
        }),
        rows: [],
      },
    });
    expect(await view()).toEqual(contract);
  });

  it('shows CUR 2.0 maps and legacy columns as the same columns', async () => {
    await publishReport(harness, ALPHA, {
      legacy: {
        columns: columns({
          product_region: 'string',
          product_instance_type: 'string',
          resource_tags_user_team: 'string',
          resource_tags_aws_created_by: 'string',
        }),
        rows: [
          {
            identity_line_item_id: 'a',
            product_region: 'eu-west-1',
            product_instance_type: 'm5.large',
            resource_tags_user_team: 'red',
            resource_tags_aws_created_by: '',
          },
        ],
      },
      cur2: {
        columns: columns({
          product_region_code: 'string',
          product: 'map<string,string>',
          resource_tags: 'map<string,string>',
        }),
        rows: [
          {
            identity_line_item_id: 'b',
            product_region_code: 'eu-west-1',
            product: { instance_type: 'm5.large', region: 'not first' },
            resource_tags: { user_team: 'red' },
          },
          {
            identity_line_item_id: 'c',
            product_region_code: '',
            product: { instance_type: '', region: 'eu-west-1' },
            resource_tags: {},
          },
        ],
      },
    });
    const selected = `product_region, product_instance_type, resource_tags['user_team'] as team, resource_tags['aws_created_by'] as by`;
    const same = { product_region: 'eu-west-1', product_instance_type: 'm5.large', team: 'red', by: null };
    expect(await lineItems(harness, selected)).toEqual([
      same,
      same,
      { ...same, product_instance_type: null, team: null },
    ]);
  });

  it('shows an empty string as NULL, and a legacy row without any tag as one without tags', async () => {
    await publishReport(harness, ALPHA, {
      a: {
        columns: columns({ line_item_resource_id: 'string', resource_tags_user_team: 'string' }),
        rows: [{ identity_line_item_id: 'a', line_item_resource_id: '', resource_tags_user_team: '' }],
      },
    });
    expect(await lineItems(harness, 'line_item_resource_id as id, resource_tags as tags')).toEqual([
      { id: null, tags: null },
    ]);
  });

  it('amortizes the cost by line-item type', async () => {
    const types = {
      line_item_line_item_type: 'string',
      line_item_unblended_cost: 'double',
      savings_plan_savings_plan_effective_cost: 'double',
      savings_plan_total_commitment_to_date: 'double',
      savings_plan_used_commitment: 'double',
      reservation_effective_cost: 'double',
      reservation_unused_amortized_upfront_fee_for_billing_period: 'double',
      reservation_unused_recurring_fee: 'double',
      reservation_reservation_a_r_n: 'string',
    };
    const amounts = {
      line_item_unblended_cost: 100,
      savings_plan_savings_plan_effective_cost: 7,
      savings_plan_total_commitment_to_date: 50,
      savings_plan_used_commitment: 20,
      reservation_effective_cost: 9,
      reservation_unused_amortized_upfront_fee_for_billing_period: 3,
      reservation_unused_recurring_fee: 4,
    };
    const expected: [type: string, arn: string, cost: number][] = [
      ['SavingsPlanCoveredUsage', '', 7],
      ['SavingsPlanRecurringFee', '', 30],
      ['SavingsPlanNegation', '', 0],
      ['SavingsPlanUpfrontFee', '', 0],
      ['DiscountedUsage', 'arn', 9],
      ['RIFee', 'arn', 7],
      ['Fee', 'arn', 0],
      ['Fee', '', 100],
      ['Usage', '', 100],
      ['Tax', '', 100],
      ['Credit', '', 100],
    ];
    await publishReport(harness, ALPHA, {
      a: {
        columns: columns(types),
        rows: expected.map(([type, arn], index) => ({
          ...amounts,
          identity_line_item_id: String(index).padStart(2, '0'),
          line_item_line_item_type: type,
          reservation_reservation_a_r_n: arn,
        })),
      },
    });
    expect(await lineItems(harness, 'line_item_line_item_type as type, amortized_cost as cost')).toEqual(
      expected.map(([type, , cost]) => ({ type, cost })),
    );
  });
});
