import type { Period } from '../../billing/period.ts';
import { reservation, savingsPlan } from './commitments.ts';
import { healthyResources } from './inventory.ts';
import { type BillHead, daysIn, daysOf, headColumns, type Interval, type LineItem, usageItem } from './lineItem.ts';
import { between, type Random, seededRandom } from './random.ts';
import type { Resource } from './resource.ts';
import type { SampleSource } from './sampleSources.ts';
import { wastedResources } from './wastedResources.ts';

/** One refresh of one payer's month: which (0 is the first), and how many of its days it knows. */
export interface Refresh {
  readonly source: SampleSource;
  readonly period: Period;
  readonly refresh: number;
  readonly days: number;
}

/**
 * Every row of one refresh. The same seed and refresh give the same rows. A later refresh restates
 * the whole month: the resources are the same, amounts of usage and line-item ids differ, and a
 * credit has been added.
 */
export function billOf(seed: number, { source, period, refresh, days }: Refresh): LineItem[] {
  const head: BillHead = { payer: source.payer, period, region: source.region };
  const random = seededRandom(seed, source.payer, period, refresh);
  const resources = resourcesOf(seed, source, period);
  const intervals = daysOf(period, days);
  const items = intervals.flatMap((day) => resources.flatMap((resource) => usageOf(head, day, resource, random)));
  if (source.planted.includes('unused reservation')) items.push(...reservation(head, intervals, random));
  if (source.planted.includes('unused savings plan')) items.push(...savingsPlan(head, intervals, random));
  if (refresh > 0) items.push(credit(head, intervals, random));
  if (head.region.vatRate > 0) items.push(vat(head, intervals, items, random));
  return items;
}

/** The resources of one payer: the same in every month and refresh. */
export function resourcesOf(seed: number, source: SampleSource, period: Period): Resource[] {
  const random = seededRandom(seed, source.payer);
  const site = { payer: source.payer, region: source.region, daysInMonth: daysIn(period) };
  return [
    ...healthyResources(site, source.instances, random),
    ...wastedResources(site, source.planted, source.layout.startsWith('legacy'), random),
  ];
}

/** What a bill comes to: the sum of the unblended costs, in dollars. */
export function billCostUsd(items: readonly LineItem[]): number {
  return items.reduce((sum, { columns }) => sum + Number(columns.line_item_unblended_cost ?? 0), 0);
}

function usageOf(head: BillHead, day: Interval, resource: Resource, random: Random): LineItem[] {
  return resource.uses.map(({ meter, amountPerDay, spread }) => {
    const amount = amountPerDay * between(random, 1 - spread, 1 + spread);
    return usageItem(head, day, { resource, meter, amount }, random);
  });
}

function credit(head: BillHead, days: readonly Interval[], random: Random): LineItem {
  const costUsd = -Math.round(between(random, 1000, 4000)) / 100;
  const item = charge(head, days, { type: 'Credit', costUsd, description: 'Promotional credit' }, random);
  return { ...item, discount: { PromotionalCredit: costUsd } };
}

function vat(head: BillHead, days: readonly Interval[], items: readonly LineItem[], random: Random): LineItem {
  const costUsd = billCostUsd(items) * head.region.vatRate;
  const tax = charge(head, days, { type: 'Tax', costUsd, description: 'Tax for the month' }, random);
  return { ...tax, columns: { ...tax.columns, line_item_tax_type: 'VAT' } };
}

/** What is charged beside usage. */
interface Charge {
  readonly type: 'Credit' | 'Tax';
  readonly costUsd: number;
  readonly description: string;
}

/** A row that is not usage, over all the days that the refresh knows. */
function charge(
  head: BillHead,
  days: readonly Interval[],
  { type, costUsd, description }: Charge,
  random: Random,
): LineItem {
  const interval = { start: days[0]?.start ?? 0, end: days.at(-1)?.end ?? 0 };
  return {
    columns: {
      ...headColumns(head, interval, random),
      line_item_usage_account_id: head.payer,
      line_item_line_item_type: type,
      line_item_product_code: 'AmazonEC2',
      line_item_line_item_description: description,
      line_item_usage_amount: 1,
      line_item_unblended_cost: costUsd,
      line_item_blended_cost: costUsd,
    },
    product: { product_name: 'Amazon Elastic Compute Cloud', servicecode: 'AmazonEC2' },
    tags: {},
  };
}
