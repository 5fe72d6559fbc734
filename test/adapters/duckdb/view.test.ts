import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computedColumns } from '../../../src/warehouse/computedColumns.ts';
import { lineItemColumns, partitionColumns } from '../../../src/warehouse/lineItems.ts';
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
});
