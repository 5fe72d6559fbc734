/**
 * How a column is written: text, a number, an instant, or a map from text to one of the first two.
 */
export type SampleType = 'text' | 'double' | 'timestamp' | 'map of text' | 'map of double';

/**
 * The columns of a legacy report with resource ids, in AWS's order: as in a real one of October
 * 2018. A report has one column per product attribute and per tag that occurred, so each has its
 * own list: `extra` are added in their places.
 */
export function legacyColumns(extra: readonly string[] = []): string[] {
  return extra.reduce(insertSorted, [...LEGACY_COLUMNS]);
}

/**
 * The 127 columns of a CUR 2.0 export, in the order of its default query: the same in every month.
 */
export function cur2Columns(): readonly string[] {
  return CUR2_COLUMNS;
}

/** The type of a column in either kind of report. */
export function sampleType(column: string): SampleType {
  if (column === 'discount') return 'map of double';
  if (MAPS.has(column)) return 'map of text';
  if (DOUBLES.has(column)) return 'double';
  return column.endsWith('_date') ? 'timestamp' : 'text';
}

/**
 * AWS sorts attributes and tags by name, behind `product_product_name`: so the place is before the
 * first greater one.
 */
function insertSorted(columns: string[], column: string): string[] {
  const group = column.startsWith('product_') ? 'product_' : 'resource_tags_';
  const behind = columns.findIndex(
    (name) => name.startsWith(group) && name !== 'product_product_name' && name > column,
  );
  const last = columns.findLastIndex((name) => name.startsWith(group));
  return columns.toSpliced(behind === -1 ? last + 1 : behind, 0, column);
}

/** Full names of columns from their common prefix and the words behind it. */
function columns(prefix: string, words: string): string[] {
  return words.split(/\s+/).map((word) => `${prefix}_${word}`);
}

const MAPS: ReadonlySet<string> = new Set(['product', 'resource_tags', 'cost_category', 'tags']);

const LEGACY_COLUMNS: readonly string[] = [
  ...columns('identity', `line_item_id time_interval`),
  ...columns(
    'bill',
    `invoice_id billing_entity bill_type payer_account_id billing_period_start_date billing_period_end_date`,
  ),
  ...columns(
    'line_item',
    `usage_account_id line_item_type usage_start_date usage_end_date product_code usage_type operation
     availability_zone resource_id usage_amount normalization_factor normalized_usage_amount currency_code
     unblended_rate unblended_cost blended_rate blended_cost line_item_description tax_type legal_entity`,
  ),
  ...columns(
    'product',
    `product_name availability capacitystatus clock_speed current_generation database_engine dedicated_ebs_throughput
     deployment_option description durability ecu edition engine_code enhanced_networking_supported event_type
     free_query_types from_location from_location_type group group_description instance_family instance_type
     instance_type_family license_model location location_type max_iops_burst_performance max_iopsvolume
     max_throughputvolume max_volume_size memory message_delivery_frequency message_delivery_order min_volume_size
     network_performance normalization_size_factor operating_system operation physical_processor pre_installed_sw
     processor_architecture processor_features product_family queue_type region servicecode servicename sku storage
     storage_class storage_media subscription_type tenancy to_location to_location_type transfer_type usagetype vcpu
     version volume_type`,
  ),
  ...columns(
    'pricing',
    `lease_contract_length offering_class purchase_option rate_id public_on_demand_cost public_on_demand_rate term
     unit`,
  ),
  ...columns(
    'reservation',
    `amortized_upfront_cost_for_usage amortized_upfront_fee_for_billing_period effective_cost end_time
     modification_status normalized_units_per_reservation number_of_reservations recurring_fee_for_usage
     reservation_a_r_n start_time subscription_id total_reserved_normalized_units total_reserved_units
     units_per_reservation unused_amortized_upfront_fee_for_billing_period unused_normalized_unit_quantity
     unused_quantity unused_recurring_fee upfront_value`,
  ),
  ...columns(
    'resource_tags',
    `aws_autoscaling_group_name aws_created_by aws_ec2spot_fleet_request_id user_cost_center user_department
     user_environment user_name user_workload user_workload_type`,
  ),
];

const CUR2_COLUMNS: readonly string[] = [
  ...columns(
    'bill',
    `bill_type billing_entity billing_period_end_date billing_period_start_date invoice_id invoicing_entity
     payer_account_id payer_account_name`,
  ),
  'cost_category',
  'discount',
  ...columns('discount', `bundled_discount total_discount`),
  ...columns('identity', `line_item_id time_interval`),
  ...columns(
    'line_item',
    `availability_zone blended_cost blended_rate currency_code legal_entity line_item_description line_item_type
     net_unblended_cost net_unblended_rate normalization_factor normalized_usage_amount operation product_code
     resource_id tax_type unblended_cost unblended_rate usage_account_id usage_account_name usage_amount
     usage_end_date usage_start_date usage_type user_identifier`,
  ),
  ...columns(
    'pricing',
    `currency lease_contract_length offering_class public_on_demand_cost public_on_demand_rate purchase_option
     rate_code rate_id term unit`,
  ),
  'product',
  ...columns(
    'product',
    `comment fee_code fee_description from_location from_location_type from_region_code instance_family instance_type
     instancesku location location_type operation pricing_unit product_family region_code servicecode sku to_location
     to_location_type to_region_code usagetype`,
  ),
  ...columns(
    'reservation',
    `amortized_upfront_cost_for_usage amortized_upfront_fee_for_billing_period availability_zone effective_cost
     end_time modification_status net_amortized_upfront_cost_for_usage net_amortized_upfront_fee_for_billing_period
     net_effective_cost net_recurring_fee_for_usage net_unused_amortized_upfront_fee_for_billing_period
     net_unused_recurring_fee net_upfront_value normalized_units_per_reservation number_of_reservations
     recurring_fee_for_usage reservation_a_r_n start_time subscription_id total_reserved_normalized_units
     total_reserved_units units_per_reservation unused_amortized_upfront_fee_for_billing_period
     unused_normalized_unit_quantity unused_quantity unused_recurring_fee upfront_value`,
  ),
  'resource_tags',
  ...columns(
    'savings_plan',
    `amortized_upfront_commitment_for_billing_period end_time instance_type_family
     net_amortized_upfront_commitment_for_billing_period net_recurring_commitment_for_billing_period
     net_savings_plan_effective_cost offering_type payment_option purchase_term
     recurring_commitment_for_billing_period region savings_plan_a_r_n savings_plan_effective_cost savings_plan_rate
     start_time total_commitment_to_date used_commitment`,
  ),
  ...columns(
    'split_line_item',
    `actual_usage net_split_cost net_unused_cost parent_resource_id public_on_demand_split_cost
     public_on_demand_unused_cost reserved_usage split_cost split_usage split_usage_ratio unused_cost`,
  ),
  'tags',
];

const DOUBLES: ReadonlySet<string> = new Set([
  ...columns('discount', `bundled_discount total_discount`),
  ...columns(
    'line_item',
    `blended_cost net_unblended_cost normalization_factor normalized_usage_amount unblended_cost usage_amount`,
  ),
  ...columns('pricing', `public_on_demand_cost`),
  ...columns(
    'reservation',
    `amortized_upfront_cost_for_usage amortized_upfront_fee_for_billing_period effective_cost
     net_amortized_upfront_cost_for_usage net_amortized_upfront_fee_for_billing_period net_effective_cost
     net_recurring_fee_for_usage net_unused_amortized_upfront_fee_for_billing_period net_unused_recurring_fee
     net_upfront_value recurring_fee_for_usage unused_amortized_upfront_fee_for_billing_period
     unused_normalized_unit_quantity unused_quantity unused_recurring_fee upfront_value`,
  ),
  ...columns(
    'savings_plan',
    `amortized_upfront_commitment_for_billing_period net_amortized_upfront_commitment_for_billing_period
     net_recurring_commitment_for_billing_period net_savings_plan_effective_cost
     recurring_commitment_for_billing_period savings_plan_effective_cost savings_plan_rate total_commitment_to_date
     used_commitment`,
  ),
  ...columns(
    'split_line_item',
    `actual_usage net_split_cost net_unused_cost public_on_demand_split_cost public_on_demand_unused_cost
     reserved_usage split_cost split_usage split_usage_ratio unused_cost`,
  ),
]);
