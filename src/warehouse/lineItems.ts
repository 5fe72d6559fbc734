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
interface LineItemColumn {
  readonly name: string;
  readonly type: LineItemType;
  /** Never empty. The first source with a value gives the value; without one it is NULL. */
  readonly sources: readonly [LineItemSource, ...LineItemSource[]];
}

interface ComputedColumn {
  readonly name: string;
  readonly type: Exclude<LineItemType, 'MAP' | 'TIMESTAMP'>;
  readonly sql: string;
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
  ...texts('bill_bill_type', 'bill_billing_entity', 'bill_invoice_id', 'bill_payer_account_id'),
  ...timestamps('bill_billing_period_start_date', 'bill_billing_period_end_date'),

  ...texts('line_item_usage_account_id', 'line_item_line_item_type'),
  ...timestamps('line_item_usage_start_date', 'line_item_usage_end_date'),
  ...texts('line_item_product_code', 'line_item_usage_type', 'line_item_operation'),
  ...texts('line_item_availability_zone', 'line_item_resource_id'),
  ...doubles('line_item_usage_amount', 'line_item_normalization_factor', 'line_item_normalized_usage_amount'),
  ...texts('line_item_currency_code', 'line_item_unblended_rate'),
  ...doubles('line_item_unblended_cost', 'line_item_blended_cost', 'line_item_net_unblended_cost'),
  ...texts('line_item_line_item_description', 'line_item_tax_type', 'line_item_legal_entity'),

  ...texts('pricing_unit', 'pricing_term', 'pricing_purchase_option'),
  ...texts('pricing_lease_contract_length', 'pricing_offering_class'),
  ...doubles('pricing_public_on_demand_cost'),
  ...texts('pricing_public_on_demand_rate'),

  ...attributes('product_name', 'product_family'),
  region(),
  ...attributes('servicecode', 'instance_type', 'instance_type_family', 'instance_family', 'operating_system'),
  ...attributes('physical_processor', 'volume_api_name', 'volume_type', 'database_engine', 'current_generation'),
  ...attributes('storage_class', 'deployment_option', 'group', 'transfer_type', 'tenancy', 'sku'),

  ...texts('reservation_reservation_a_r_n'),
  ...doubles('reservation_effective_cost', 'reservation_unused_quantity', 'reservation_unused_recurring_fee'),
  ...doubles('reservation_unused_amortized_upfront_fee_for_billing_period'),
  ...doubles('reservation_amortized_upfront_fee_for_billing_period', 'reservation_recurring_fee_for_usage'),
  ...texts('reservation_subscription_id', 'reservation_number_of_reservations', 'reservation_total_reserved_units'),
  ...texts('reservation_units_per_reservation', 'reservation_start_time', 'reservation_end_time'),

  ...texts('savings_plan_savings_plan_a_r_n'),
  ...doubles('savings_plan_savings_plan_effective_cost', 'savings_plan_total_commitment_to_date'),
  ...doubles('savings_plan_used_commitment'),
  ...texts('savings_plan_offering_type'),

  {
    name: 'resource_tags',
    type: 'MAP',
    sources: [
      column('resource_tags'),
      { from: 'columns', prefixes: ['resource_tags_user_', 'resource_tags_aws_'], cut: 'resource_tags_' },
    ],
  },
  { name: 'cost_category', type: 'MAP', sources: [column('cost_category')] },
];

/**
 * What a line item costs when upfront and recurring fees of reservations and savings plans are
 * spread over the usage they cover, by line-item type (for reservations: Cost and Usage Reports
 * User Guide, "Understanding your amortized reservation data"). Of a difference or a sum, a part
 * that is missing counts as nothing; any other unknown cost stays unknown.
 */
const amortizedCost = `case
  when line_item_line_item_type = 'SavingsPlanCoveredUsage' then savings_plan_savings_plan_effective_cost
  when line_item_line_item_type = 'SavingsPlanRecurringFee'
    then coalesce(savings_plan_total_commitment_to_date, 0) - coalesce(savings_plan_used_commitment, 0)
  when line_item_line_item_type in ('SavingsPlanNegation', 'SavingsPlanUpfrontFee') then 0
  when line_item_line_item_type = 'DiscountedUsage' then reservation_effective_cost
  when line_item_line_item_type = 'RIFee'
    then coalesce(reservation_unused_amortized_upfront_fee_for_billing_period, 0)
      + coalesce(reservation_unused_recurring_fee, 0)
  when line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null then 0
  else line_item_unblended_cost
end`;

/** The view's last columns, in its order: each is standard SQL over the columns above. */
export const computedColumns: readonly ComputedColumn[] = [
  { name: 'amortized_cost', type: 'DOUBLE', sql: amortizedCost },
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
