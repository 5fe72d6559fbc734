import type { LineItemType } from './lineItems.ts';

/**
 * What the contract view computes: its last columns, each in standard SQL over the columns that
 * come from the report, none over another of these.
 */
interface ComputedColumn {
  readonly name: string;
  readonly type: Exclude<LineItemType, 'MAP' | 'TIMESTAMP'> | 'INTEGER';
  readonly sql: string;
  /** The map whose JSON text it is. These come first. */
  readonly jsonOf?: string;
}

/**
 * True for rows of split cost allocation data, for no other, and never NULL. They share out what
 * their parent costs, an EC2 instance that has a row of its own, among its ECS tasks or Kubernetes
 * pods, in the columns `split_line_item_…` (Data Exports User Guide, "Understanding split cost
 * allocation data"; only tasks and pods on EC2 have a parent, "Split line item columns"). A task on
 * EC2 has no direct cost (ECS Developer Guide, "Usage reports"). Of pods no document says so, but
 * AWS's own dashboards leave both operations out of all their sums. Rows of Fargate are charges of
 * their own, whatever they are split into.
 */
const isSplitCost = `(coalesce(line_item_operation, '') in ('EKSPod-EC2', 'ECSTask-EC2')
    or split_line_item_parent_resource_id is not null)`;

/** SQL for what a row adds to its payer's bill: split cost adds nothing, its parent does. */
export const billedCost = `case when ${isSplitCost} then 0 else line_item_unblended_cost end`;

const UNUSED_PLAN = `coalesce(savings_plan_total_commitment_to_date, 0) - coalesce(savings_plan_used_commitment, 0)`;

/** Rows whose cost other rows have, or that repay what was never counted. */
const isCountedElsewhere = `line_item_line_item_type in ('SavingsPlanNegation', 'SavingsPlanUpfrontFee')
    or (line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null)
    or (line_item_line_item_type = 'Refund'
      and line_item_line_item_description like 'Refund for one-time fee for Savings Plan%')
    or ${isSplitCost}`;

/**
 * What a line item costs when upfront and recurring fees of reservations and savings plans are
 * spread over the usage they cover, by line-item type (for reservations: Cost and Usage Reports
 * User Guide, "Understanding your amortized reservation data"). Of a difference or a sum, a part
 * that is missing counts as nothing; any other unknown cost stays unknown.
 */
const amortizedCost = `case
  when ${isCountedElsewhere} then 0
  when line_item_line_item_type = 'SavingsPlanCoveredUsage' then savings_plan_savings_plan_effective_cost
  when line_item_line_item_type = 'SavingsPlanRecurringFee' then ${UNUSED_PLAN}
  when line_item_line_item_type = 'DiscountedUsage' then reservation_effective_cost
  when line_item_line_item_type = 'RIFee'
    then coalesce(reservation_unused_amortized_upfront_fee_for_billing_period, 0)
      + coalesce(reservation_unused_recurring_fee, 0)
  else line_item_unblended_cost
end`;

/**
 * What a savings plan's commitment of the month costs after discounts, as a share of what it costs
 * before: no column says it of the part that was not used. NULL in reports without net columns.
 */
const NET_SHARE_OF_PLAN = `case
      when coalesce(
        savings_plan_net_recurring_commitment_for_billing_period,
        savings_plan_net_amortized_upfront_commitment_for_billing_period
      ) is not null
        then (coalesce(savings_plan_net_recurring_commitment_for_billing_period, 0)
            + coalesce(savings_plan_net_amortized_upfront_commitment_for_billing_period, 0))
          / nullif(coalesce(savings_plan_recurring_commitment_for_billing_period, 0)
            + coalesce(savings_plan_amortized_upfront_commitment_for_billing_period, 0), 0)
    end`;

/**
 * The amortized cost after all discounts. Reports have net columns only where a payer has a
 * discount: without any, a line item costs what it costs before discounts.
 */
const netAmortizedCost = `coalesce(case
  when ${isCountedElsewhere} then 0
  when line_item_line_item_type = 'SavingsPlanCoveredUsage' then savings_plan_net_savings_plan_effective_cost
  when line_item_line_item_type = 'SavingsPlanRecurringFee' then (${UNUSED_PLAN}) * ${NET_SHARE_OF_PLAN}
  when line_item_line_item_type = 'DiscountedUsage' then reservation_net_effective_cost
  when line_item_line_item_type = 'RIFee'
    then case
      when coalesce(
        reservation_net_unused_amortized_upfront_fee_for_billing_period, reservation_net_unused_recurring_fee
      ) is not null
        then coalesce(reservation_net_unused_amortized_upfront_fee_for_billing_period, 0)
          + coalesce(reservation_net_unused_recurring_fee, 0)
    end
  else line_item_net_unblended_cost
end, ${amortizedCost})`;

/** In the view's order, behind the columns that come from the report. */
export const computedColumns: readonly ComputedColumn[] = [
  jsonOf('resource_tags'),
  jsonOf('cost_category'),
  { name: 'amortized_cost', type: 'DOUBLE', sql: amortizedCost },
  { name: 'net_amortized_cost', type: 'DOUBLE', sql: netAmortizedCost },
  { name: 'is_split_cost', type: 'INTEGER', sql: `case when ${isSplitCost} then 1 else 0 end` },
];

/** A map as JSON text without blanks, which SQL that knows no maps can search; NULL when empty. */
function jsonOf(map: string): ComputedColumn {
  return {
    name: `${map}_json`,
    type: 'VARCHAR',
    sql: `nullif(cast(to_json(${map}) as varchar), '{}')`,
    jsonOf: map,
  };
}
