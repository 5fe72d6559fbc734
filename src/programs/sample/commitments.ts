import { instanceHours } from './instanceHours.ts';
import { memberAccounts } from './inventory.ts';
import {
  type BillHead,
  daysIn,
  headColumns,
  type Interval,
  type LineItem,
  meterProduct,
  monthInterval,
  usageItem,
} from './lineItem.ts';
import { hexDigits, type Random, seededRandom, uuid } from './random.ts';
import type { Resource } from './resource.ts';

/**
 * Two c5.large, reserved for a year and partly paid upfront. Prices as in a real bill, in dollars
 * for each.
 */
const HELD = { count: 2, usdPerHour: 0.026, upfrontUsd: 223, upfrontUsdPerHour: 223 / (365 * 24) };
const RESERVED = instanceHours('c5.large');

/**
 * A compute savings plan without upfront payment: what it costs a day, and what an m6i.large costs
 * an hour under it.
 */
const PLAN = { commitmentUsdPerDay: 0.6 * 24, usdPerHour: 0.069 };
const PLANNED = instanceHours('m6i.large');

/**
 * A reservation of two instances of which one runs: the other's hours are wasted. Covered usage by
 * the day, one fee.
 */
export function reservation(head: BillHead, days: readonly Interval[], random: Random): LineItem[] {
  const identity = seededRandom('reservation', head.payer);
  const instance = committedInstance(identity, memberAccounts(head.payer)[0]);
  const subscription = {
    reservation_reservation_a_r_n: `arn:aws:ec2:${head.region.code}:${head.payer}:reserved-instances/${uuid(identity)}`,
    reservation_subscription_id: String(1_000_000_000 + Math.floor(identity() * 1_000_000_000)),
  };
  return [
    ...days.map((day) =>
      reservedUsage(usageItem(head, day, { resource: instance, meter: RESERVED, amount: 24 }, random)),
    ),
    reservationFee(head, days.length * 24, random),
  ].map((item) => ({ ...item, columns: { ...item.columns, ...subscription } }));
}

/**
 * A day of the instance that runs: paid for already, so it costs nothing here but its part of the
 * reservation.
 */
function reservedUsage(usage: LineItem): LineItem {
  return {
    ...usage,
    columns: {
      ...usage.columns,
      line_item_line_item_type: 'DiscountedUsage',
      line_item_unblended_rate: '0.0000000000',
      line_item_unblended_cost: 0,
      line_item_line_item_description: 'Linux/UNIX (Amazon VPC), c5.large reserved instance applied',
      pricing_term: 'Reserved',
      pricing_lease_contract_length: '1yr',
      pricing_offering_class: 'standard',
      pricing_purchase_option: 'Partial Upfront',
      reservation_amortized_upfront_cost_for_usage: 24 * HELD.upfrontUsdPerHour,
      reservation_recurring_fee_for_usage: 24 * HELD.usdPerHour,
      reservation_effective_cost: 24 * (HELD.usdPerHour + HELD.upfrontUsdPerHour),
    },
  };
}

/** The month's fee, which AWS charges on its first day, and of it what `usedHours` left unused. */
function reservationFee(head: BillHead, usedHours: number, random: Random): LineItem {
  const month = monthInterval(head.period);
  const hoursEach = daysIn(head.period) * 24;
  const hours = hoursEach * HELD.count;
  const unusedHours = hours - usedHours;
  return {
    columns: {
      ...headColumns(head, { start: month.start, end: month.end - 1000 }, random),
      line_item_usage_account_id: head.payer,
      line_item_line_item_type: 'RIFee',
      line_item_product_code: RESERVED.productCode,
      line_item_usage_type: `${head.region.shortCode}HeavyUsage:c5.large`,
      line_item_operation: RESERVED.operation,
      line_item_usage_amount: hours,
      line_item_normalization_factor: 4,
      line_item_normalized_usage_amount: 4 * hours,
      line_item_unblended_rate: HELD.usdPerHour.toFixed(10),
      line_item_unblended_cost: hours * HELD.usdPerHour,
      line_item_blended_rate: HELD.usdPerHour.toFixed(10),
      line_item_blended_cost: hours * HELD.usdPerHour,
      line_item_line_item_description: 'USD 0.026 hourly fee per Linux/UNIX (Amazon VPC), c5.large instance',
      reservation_start_time: '2026-03-01T00:00:01.000Z',
      reservation_end_time: '2027-03-01T00:00:00.000Z',
      reservation_modification_status: 'Original',
      reservation_number_of_reservations: String(HELD.count),
      reservation_units_per_reservation: hoursEach.toFixed(10),
      reservation_normalized_units_per_reservation: (4 * hoursEach).toFixed(11),
      reservation_total_reserved_units: hours.toFixed(10),
      reservation_total_reserved_normalized_units: (4 * hours).toFixed(11),
      reservation_amortized_upfront_fee_for_billing_period: usedHours * HELD.upfrontUsdPerHour,
      reservation_unused_quantity: unusedHours,
      reservation_unused_normalized_unit_quantity: 4 * unusedHours,
      reservation_unused_recurring_fee: unusedHours * HELD.usdPerHour,
      reservation_unused_amortized_upfront_fee_for_billing_period: unusedHours * HELD.upfrontUsdPerHour,
      reservation_upfront_value: HELD.count * HELD.upfrontUsd,
    },
    product: meterProduct(RESERVED, head.region),
    tags: {},
  };
}

/**
 * A savings plan that one instance uses in part. By the day: the covered usage, its negation, which
 * takes the on-demand price out of the bill again, and the fee.
 */
export function savingsPlan(head: BillHead, days: readonly Interval[], random: Random): LineItem[] {
  const identity = seededRandom('savings plan', head.payer);
  const instance = committedInstance(identity, memberAccounts(head.payer)[1]);
  const plan = {
    savings_plan_savings_plan_a_r_n: `arn:aws:savingsplans::${head.payer}:savingsplan/${uuid(identity)}`,
    savings_plan_offering_type: 'ComputeSavingsPlans',
    savings_plan_payment_option: 'No Upfront',
    savings_plan_purchase_term: '1yr',
    savings_plan_start_time: '2026-03-01T00:00:01.000Z',
    savings_plan_end_time: '2027-03-01T00:00:00.000Z',
  };
  return days
    .flatMap((day) => {
      const usage = usageItem(head, day, { resource: instance, meter: PLANNED, amount: 24 }, random);
      return [coveredUsage(usage), negation(usage, headColumns(head, day, random)), planFee(head, day, random)];
    })
    .map((item) => ({ ...item, columns: { ...item.columns, ...plan } }));
}

function coveredUsage(usage: LineItem): LineItem {
  return {
    ...usage,
    columns: {
      ...usage.columns,
      line_item_line_item_type: 'SavingsPlanCoveredUsage',
      savings_plan_savings_plan_rate: PLAN.usdPerHour,
      savings_plan_savings_plan_effective_cost: 24 * PLAN.usdPerHour,
    },
  };
}

function negation(usage: LineItem, head: LineItem['columns']): LineItem {
  const costUsd = -Number(usage.columns.line_item_unblended_cost);
  return {
    ...usage,
    columns: {
      ...usage.columns,
      ...head,
      line_item_line_item_type: 'SavingsPlanNegation',
      line_item_unblended_cost: costUsd,
      line_item_blended_cost: costUsd,
      pricing_public_on_demand_cost: 0,
    },
  };
}

function planFee(head: BillHead, day: Interval, random: Random): LineItem {
  return {
    columns: {
      ...headColumns(head, day, random),
      line_item_usage_account_id: head.payer,
      line_item_line_item_type: 'SavingsPlanRecurringFee',
      line_item_product_code: 'ComputeSavingsPlans',
      line_item_usage_type: 'ComputeSP:1yrNoUpfront',
      line_item_line_item_description: '1 year No Upfront Compute Savings Plan',
      line_item_usage_amount: 24,
      line_item_unblended_cost: PLAN.commitmentUsdPerDay,
      line_item_blended_cost: PLAN.commitmentUsdPerDay,
      savings_plan_recurring_commitment_for_billing_period: PLAN.commitmentUsdPerDay,
      savings_plan_total_commitment_to_date: PLAN.commitmentUsdPerDay,
      savings_plan_used_commitment: 24 * PLAN.usdPerHour,
    },
    product: { product_name: 'Savings Plans for AWS Compute usage', servicecode: 'ComputeSavingsPlans' },
    tags: {},
  };
}

function committedInstance(identity: Random, account: string): Resource {
  return { id: `i-${hexDigits(identity, 17)}`, account, tags: {}, uses: [] };
}
