import fc from 'fast-check';
import type { Check } from '../../../src/analytics/checks/check.ts';
import { segmentsOf } from '../../../src/analytics/segments.ts';
import type { LineItem } from '../lineItems.ts';

export const PAYERS = ['111122223333', '444455556666'] as const;

/**
 * Lines of September 2026 that the checks have something to say about: their services, usage types
 * and operations are the texts in their own SQL, with what stands for `%` filled in.
 */
export function anyBill(
  checks: readonly Check[],
  size: { minLength: number; maxLength: number },
): fc.Arbitrary<LineItem[]> {
  return fc.array(fc.constantFrom(...checks).chain(anyLines), size).map((lines) => lines.flat());
}

function anyLines(check: Check): fc.Arbitrary<LineItem[]> {
  const texts = textsOf(check);
  const [first = '', ...others] = texts;
  const anyText = fc.constantFrom(first, ...others, '');
  const place = fc.record({
    payer: fc.constantFrom(...PAYERS),
    line_item_usage_account_id: fc.constantFrom('777788889999', '111111111111', null),
    line_item_resource_id: fc.constantFrom('arn:a', 'arn:b', 'arn:c', 'arn:d', null),
    product_region: fc.constantFrom('us-east-1', 'eu-west-1', null),
    line_item_currency_code: fc.constantFrom('USD', 'USD', 'USD', 'CNY', null),
  });
  const usage = fc.record({
    line_item_product_code: fc.constantFrom(...servicesOf(check)),
    line_item_usage_type: anyText.chain(filled),
    line_item_operation: anyText.chain(filled),
    line_item_line_item_type: fc.constantFrom(...LINE_TYPES),
    line_item_usage_amount: fc.constantFrom(0, 0.001, 1, 24, 24, 750, 200_000),
    line_item_unblended_cost: fc.constantFrom(0, 0.01, 1, 2.5, 60, 400),
    pricing_public_on_demand_cost: fc.constantFrom(null, 1, 3),
    reservation_effective_cost: fc.constantFrom(null, 0.5),
    savings_plan_savings_plan_effective_cost: fc.constantFrom(null, 0.5),
    reservation_reservation_a_r_n: fc.constantFrom(null, 'arn:reservation'),
    reservation_unused_recurring_fee: fc.constantFrom(null, 3),
    pricing_unit: fc.constantFrom(null, 'Hrs', 'Requests', 'GB-Mo'),
    product_instance_type: fc.constantFrom(null, 't2.micro', 'm5.large', 'db.r5.large', 'cache.m5.large'),
    product_operating_system: fc.constantFrom(null, 'Linux', 'Windows'),
    product_physical_processor: fc.constantFrom(null, 'Intel Xeon Platinum', 'AMD EPYC', 'AWS Graviton2'),
    product_volume_api_name: fc.constantFrom(null, 'gp2', 'gp3', 'io1', 'st1'),
    product_license_model: fc.constantFrom(null, 'License included', 'No license required'),
    product_database_engine: fc.constantFrom(null, 'MySQL', 'Oracle', 'SQL Server', 'Aurora MySQL'),
    product_cache_engine: fc.constantFrom(null, 'Redis', 'Valkey'),
    product_deployment_option: fc.constantFrom(null, 'Multi-AZ', 'Single-AZ'),
    product_vcpu: fc.constantFrom(null, '2', '8'),
  });
  const days = fc.record({ first: fc.constantFrom(1, 1, 1, 17), count: fc.constantFrom(1, 15, 30, 30, 30) });
  const usages = fc.array(fc.tuple(usage, days), { minLength: 1, maxLength: 4 });
  return fc
    .tuple(place, usages)
    .map(([where, used]) =>
      used.flatMap(([line, { first, count }]) =>
        Array.from({ length: Math.min(count, 31 - first) }, (_, index) => onDay(first + index, { ...where, ...line })),
      ),
    );
}

const LINE_TYPES = [
  ...Array.from({ length: 8 }, () => 'Usage'),
  'DiscountedUsage',
  'SavingsPlanCoveredUsage',
  'RIFee',
  'SavingsPlanRecurringFee',
  'Credit',
  'Tax',
];

function onDay(day: number, line: LineItem): LineItem {
  const start = Date.UTC(2026, 8, day);
  return {
    year: 2026,
    month: 9,
    bill_billing_period_start_date: '2026-09-01 00:00:00',
    bill_billing_period_end_date: '2026-10-01 00:00:00',
    line_item_usage_start_date: iso(start),
    line_item_usage_end_date: iso(start + 24 * 60 * 60 * 1000),
    ...line,
  };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');
}

function servicesOf({ header }: Check): string[] {
  return header.services.map((service) => (/^[A-Z]/.test(service) ? service : 'AmazonEC2'));
}

/** The texts in a check's SQL that may be a usage type or an operation. */
function textsOf({ select }: Check): string[] {
  const texts = segmentsOf(select).flatMap(({ kind, text }) => (kind === 'string' ? text.slice(1, -1) : []));
  return texts.filter((text) => text !== '' && !text.includes(' '));
}

function filled(pattern: string): fc.Arbitrary<string> {
  return fc.constantFrom('', 'USE1-', 'x').map((part) => pattern.replaceAll('%', part));
}
