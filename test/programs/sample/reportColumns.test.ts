import { describe, expect, test } from 'vitest';
import { cur2Columns, legacyColumns, sampleType } from '../../../src/programs/sample/reportColumns.ts';

describe('the columns of a report', () => {
  test('are 124 in a legacy report, and each name is there once', () => {
    expect(legacyColumns()).toHaveLength(124);
    expect(new Set(legacyColumns()).size).toBe(124);
  });

  test('are 127 in a CUR 2.0 export, and each name is there once', () => {
    expect(cur2Columns()).toHaveLength(127);
    expect(new Set(cur2Columns()).size).toBe(127);
  });

  test('that a month adds stand among their kind, by name', () => {
    const columns = legacyColumns([
      'product_category',
      'product_volume_api_name',
      'resource_tags_user_zone',
      'product_zzz',
    ]);
    const behind = (name: string) => columns[columns.indexOf(name) - 1];
    expect(columns).toHaveLength(128);
    expect(behind('product_category')).toBe('product_capacitystatus');
    expect(behind('product_volume_api_name')).toBe('product_version');
    expect(behind('product_zzz')).toBe('product_volume_type');
    expect(columns.at(-1)).toBe('resource_tags_user_zone');
  });

  test.each([
    ['line_item_unblended_cost', 'double'],
    ['line_item_unblended_rate', 'text'],
    ['bill_billing_period_start_date', 'timestamp'],
    ['product', 'map of text'],
    ['discount', 'map of double'],
    ['discount_total_discount', 'double'],
    ['product_region', 'text'],
  ])('have the type of the real ones: %s is %s', (column, type) => {
    expect(sampleType(column)).toBe(type);
  });
});
