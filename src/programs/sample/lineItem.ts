import type { Payer } from '../../billing/payer.ts';
import { addMonths, monthOf, type Period, yearOf } from '../../billing/period.ts';
import { characters, type Random } from './random.ts';
import type { Region } from './region.ts';
import type { Resource, ResourceMeter } from './resource.ts';

/** One row of a bill, before it is written as one kind of report or the other. */
export interface LineItem {
  /**
   * By the names that both kinds of report share: `line_item_…`, `pricing_…`, `reservation_…`,
   * `savings_plan_…`.
   */
  readonly columns: Readonly<Record<string, string | number | Date | undefined>>;
  /** Product attributes by AWS's names without `product_`. */
  readonly product: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly discount?: Readonly<Record<string, number>>;
}

/** What all rows of a bill have in common. */
export interface BillHead {
  readonly payer: Payer;
  readonly period: Period;
  readonly region: Region;
}

/** Milliseconds since 1970: from `start` to, but not including, `end`. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The billing month, by UTC. */
export function monthInterval(period: Period): Interval {
  const next = addMonths(period, 1);
  return { start: firstMs(period), end: firstMs(next) };
}

/** Days in the billing month. */
export function daysIn(period: Period): number {
  const { start, end } = monthInterval(period);
  return (end - start) / DAY_MS;
}

/** The first `days` days of the period, each as an interval. */
export function daysOf(period: Period, days: number): Interval[] {
  const { start } = monthInterval(period);
  return Array.from({ length: days }, (_, day) => ({ start: start + day * DAY_MS, end: start + (day + 1) * DAY_MS }));
}

function firstMs(period: Period): number {
  return Date.UTC(yearOf(period), monthOf(period) - 1, 1);
}

/**
 * The columns of the groups `identity` and `bill`. Line-item ids differ from report to report, as
 * AWS's do.
 */
export function headColumns(head: BillHead, interval: Interval, random: Random): LineItem['columns'] {
  const month = monthInterval(head.period);
  return {
    identity_line_item_id: characters(random, 'abcdefghijklmnopqrstuvwxyz234567', 52),
    identity_time_interval: `${isoSeconds(interval.start)}/${isoSeconds(interval.end)}`,
    bill_billing_entity: 'AWS',
    bill_bill_type: 'Anniversary',
    bill_payer_account_id: head.payer,
    bill_payer_account_name: `sample payer ${head.payer.slice(0, 4)}`,
    bill_invoicing_entity: head.region.seller,
    bill_billing_period_start_date: new Date(month.start),
    bill_billing_period_end_date: new Date(month.end),
    line_item_usage_start_date: new Date(interval.start),
    line_item_usage_end_date: new Date(interval.end),
    line_item_currency_code: 'USD',
    line_item_legal_entity: head.region.seller,
    pricing_currency: 'USD',
  };
}

/** What a resource used, as one meter counts it. */
interface Usage {
  readonly resource: Resource;
  readonly meter: ResourceMeter;
  /** In the meter's unit. */
  readonly amount: number;
}

/** On-demand usage in one interval. */
export function usageItem(head: BillHead, interval: Interval, usage: Usage, random: Random): LineItem {
  const { resource, meter, amount } = usage;
  const { region } = head;
  const rate = meter.usdPerUnit * region.priceFactor;
  const cost = amount * rate;
  const usageType = meterUsageType(meter, region);
  return {
    columns: {
      ...headColumns(head, interval, random),
      ...resourceColumns(resource),
      line_item_line_item_type: 'Usage',
      line_item_product_code: meter.productCode,
      line_item_usage_type: usageType,
      line_item_operation: meter.operation,
      line_item_usage_amount: amount,
      line_item_normalization_factor: meter.normalizationFactor ?? 0,
      line_item_normalized_usage_amount: amount * (meter.normalizationFactor ?? 0),
      line_item_unblended_rate: rate.toFixed(10),
      line_item_unblended_cost: cost,
      line_item_blended_rate: rate.toFixed(10),
      line_item_blended_cost: cost,
      line_item_line_item_description: `$${rate.toFixed(4)} per ${meter.unit} for ${usageType} in ${region.location}`,
      pricing_public_on_demand_cost: cost,
      pricing_public_on_demand_rate: rate.toFixed(10),
      pricing_term: 'OnDemand',
      pricing_unit: meter.unit,
    },
    product: meterProduct(meter, region),
    tags: resource.tags,
  };
}

/** The columns that say whose and which the resource is. */
function resourceColumns(resource: Resource): LineItem['columns'] {
  return {
    line_item_usage_account_id: resource.account,
    line_item_usage_account_name: `sample account ${resource.account.slice(8)}`,
    line_item_resource_id: resource.id,
    line_item_availability_zone: resource.zone,
  };
}

/**
 * The usage type as a bill of that region has it: home region bare, elsewhere with the region's
 * short code.
 */
function meterUsageType(meter: ResourceMeter, region: Region): string {
  return `${meter.longCode ? region.longCode : region.shortCode}${meter.usageType}`;
}

/** The product attributes of a meter in a region. */
export function meterProduct(meter: ResourceMeter, region: Region): LineItem['product'] {
  return {
    product_name: meter.productName,
    servicename: meter.productName,
    servicecode: meter.productCode,
    product_family: meter.productFamily,
    usagetype: meterUsageType(meter, region),
    operation: meter.operation,
    region: region.code,
    region_code: region.code,
    location: region.location,
    location_type: 'AWS Region',
    ...meter.attributes,
  };
}

function isoSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
