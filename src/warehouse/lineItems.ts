/**
 * The contract view `cur_line_items`: what every query may rely on, whatever report a payer
 * delivers. This is the only list of its columns; each warehouse generates its view from it. One
 * row per line item of a published file.
 *
 * Names and meanings are those of the data dictionary in the Cost and Usage Reports User Guide.
 * Legacy reports have one column per product attribute and tag, CUR 2.0 has maps for both: a
 * column's sources say where to look, first come first served. In every text source an empty string
 * counts as NULL, because legacy Parquet files have required columns and write a missing value as
 * ''. A number that is NaN or infinite counts as NULL.
 */
export interface LineItemColumn {
  readonly name: string;
  readonly type: LineItemType;
  /** Never empty. The first source with a value gives the value; without one it is NULL. */
  readonly sources: readonly [LineItemSource, ...LineItemSource[]];
}

/** `MAP` is a map from text to text. */
export type LineItemType = 'VARCHAR' | 'DOUBLE' | 'TIMESTAMP' | 'MAP';

export type LineItemSource =
  /** A report column of this name, of the contract column's own type. */
  | { readonly from: 'column'; readonly column: string }
  /** One key of a report column that is a map. */
  | { readonly from: 'map'; readonly column: string; readonly key: string }
  /**
   * Every report column whose name begins with one of `prefixes`, gathered into a map; its key is
   * the name without `cut`.
   */
  | { readonly from: 'columns'; readonly prefixes: readonly string[]; readonly cut: string };

/**
 * The columns that come from the partition and the file, never from the row. They stand first in
 * the view.
 */
export const partitionColumns = [
  { name: 'year', type: 'INTEGER' },
  { name: 'month', type: 'INTEGER' },
  { name: 'payer', type: 'VARCHAR' },
  { name: 'staged_key', type: 'VARCHAR' },
] as const;

/** The columns that come from the report, in the view's order. */
export const lineItemColumns: readonly LineItemColumn[] = [
  ...texts('identity_line_item_id', 'identity_time_interval'),
  ...texts('bill_bill_type', 'bill_billing_entity', 'bill_invoicing_entity', 'bill_invoice_id'),
  ...texts('bill_payer_account_id', 'bill_payer_account_name'),
  ...timestamps('bill_billing_period_start_date', 'bill_billing_period_end_date'),

  ...texts('line_item_usage_account_id', 'line_item_usage_account_name', 'line_item_line_item_type'),
  ...timestamps('line_item_usage_start_date', 'line_item_usage_end_date'),
  ...texts('line_item_product_code', 'line_item_usage_type', 'line_item_operation'),
  ...texts('line_item_availability_zone', 'line_item_resource_id'),
  ...doubles('line_item_usage_amount', 'line_item_normalization_factor', 'line_item_normalized_usage_amount'),
  ...texts('line_item_currency_code', 'line_item_unblended_rate', 'line_item_net_unblended_rate'),
  ...doubles('line_item_unblended_cost', 'line_item_blended_cost', 'line_item_net_unblended_cost'),
  ...texts('line_item_line_item_description', 'line_item_tax_type', 'line_item_legal_entity'),

  ...texts('pricing_unit', 'pricing_term', 'pricing_purchase_option', 'pricing_rate_code', 'pricing_rate_id'),
  ...texts('pricing_lease_contract_length', 'pricing_offering_class'),
  ...doubles('pricing_public_on_demand_cost'),
  ...texts('pricing_public_on_demand_rate', 'pricing_currency'),

  ...attributes('product_name', 'product_family'),
  region(),
  ...attributes('servicecode', 'instance_type', 'instance_type_family', 'instance_family', 'operating_system'),
  ...attributes('license_model', 'physical_processor', 'vcpu', 'memory', 'storage', 'current_generation'),
  ...attributes('volume_api_name', 'volume_type', 'database_engine', 'cache_engine', 'deployment_option'),
  ...attributes('storage_class', 'group', 'tenancy', 'sku', 'transfer_type'),
  ...attributes('from_location', 'from_location_type', 'from_region_code'),
  ...attributes('to_location', 'to_location_type', 'to_region_code'),

  ...texts('reservation_reservation_a_r_n'),
  ...doubles('reservation_effective_cost', 'reservation_unused_quantity', 'reservation_unused_recurring_fee'),
  ...doubles('reservation_unused_amortized_upfront_fee_for_billing_period'),
  ...doubles('reservation_amortized_upfront_fee_for_billing_period', 'reservation_recurring_fee_for_usage'),
  ...doubles('reservation_amortized_upfront_cost_for_usage', 'reservation_upfront_value'),
  ...doubles('reservation_net_effective_cost', 'reservation_net_unused_recurring_fee'),
  ...doubles('reservation_net_unused_amortized_upfront_fee_for_billing_period'),
  ...doubles('reservation_net_amortized_upfront_fee_for_billing_period', 'reservation_net_recurring_fee_for_usage'),
  ...doubles('reservation_net_amortized_upfront_cost_for_usage', 'reservation_net_upfront_value'),
  ...texts('reservation_subscription_id', 'reservation_number_of_reservations', 'reservation_total_reserved_units'),
  ...texts('reservation_units_per_reservation', 'reservation_start_time', 'reservation_end_time'),

  ...texts('savings_plan_savings_plan_a_r_n'),
  ...doubles('savings_plan_savings_plan_effective_cost', 'savings_plan_savings_plan_rate'),
  ...doubles('savings_plan_total_commitment_to_date', 'savings_plan_used_commitment'),
  ...doubles('savings_plan_recurring_commitment_for_billing_period'),
  ...doubles('savings_plan_amortized_upfront_commitment_for_billing_period'),
  ...doubles('savings_plan_net_savings_plan_effective_cost'),
  ...doubles('savings_plan_net_recurring_commitment_for_billing_period'),
  ...doubles('savings_plan_net_amortized_upfront_commitment_for_billing_period'),
  ...texts('savings_plan_offering_type', 'savings_plan_payment_option', 'savings_plan_purchase_term'),
  ...texts('savings_plan_region', 'savings_plan_instance_type_family'),
  ...texts('savings_plan_start_time', 'savings_plan_end_time'),

  ...doubles('discount_total_discount', 'discount_bundled_discount'),

  ...texts('split_line_item_parent_resource_id'),
  ...doubles('split_line_item_split_cost', 'split_line_item_unused_cost'),
  ...doubles('split_line_item_net_split_cost', 'split_line_item_net_unused_cost'),
  ...doubles('split_line_item_public_on_demand_split_cost', 'split_line_item_public_on_demand_unused_cost'),
  ...doubles('split_line_item_split_usage', 'split_line_item_split_usage_ratio'),
  ...doubles('split_line_item_actual_usage', 'split_line_item_reserved_usage'),

  map('resource_tags', ['resource_tags_user_', 'resource_tags_aws_'], 'resource_tags_'),
  map('cost_category', ['cost_category_'], 'cost_category_'),
  map('tags'),
  map('discount'),
];

function column(name: string): LineItemSource {
  return { from: 'column', column: name };
}

function plain(type: LineItemType, names: readonly string[]): LineItemColumn[] {
  return names.map((name) => ({ name, type, sources: [column(name)] }));
}

function texts(...names: string[]): LineItemColumn[] {
  return plain('VARCHAR', names);
}

function doubles(...names: string[]): LineItemColumn[] {
  return plain('DOUBLE', names);
}

function timestamps(...names: string[]): LineItemColumn[] {
  return plain('TIMESTAMP', names);
}

/**
 * A map of CUR 2.0. Of some, legacy reports have a column for each key, whose names begin with a
 * prefix.
 */
function map(name: string, prefixes: readonly string[] = [], cut = ''): LineItemColumn {
  const gathered: LineItemSource[] = prefixes.length > 0 ? [{ from: 'columns', prefixes, cut }] : [];
  return { name, type: 'MAP', sources: [column(name), ...gathered] };
}

/** Product attributes: a column `product_…` each, or a key of CUR 2.0's map `product`. */
function attributes(...names: string[]): LineItemColumn[] {
  return names.map((key) => ({
    name: `product_${key}`,
    type: 'VARCHAR',
    sources: [column(`product_${key}`), { from: 'map', column: 'product', key }],
  }));
}

/**
 * CUR 2.0 has renamed the region to `product_region_code`, and some exports only have it in the
 * map.
 */
function region(): LineItemColumn {
  return {
    name: 'product_region',
    type: 'VARCHAR',
    sources: [
      column('product_region_code'),
      column('product_region'),
      { from: 'map', column: 'product', key: 'region_code' },
      { from: 'map', column: 'product', key: 'region' },
    ],
  };
}
