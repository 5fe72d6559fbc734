import type { ReportLine } from './reportLines.ts';

/** The month that cases are about, of 30 days. */
export const YEAR = 2026;
export const MONTH = 9;
export const ACCOUNT = '777788889999';

/** One line's usage, in the words of a report. What is not said is ordinary. */
export interface UsageFields {
  /** The product code: `AmazonEC2`. */
  readonly service: string;
  readonly usageType: string;
  readonly operation?: string;
  /** No id where it is not said. */
  readonly resource?: string;
  readonly account?: string;
  /** `us-east-1`; an empty text for none. */
  readonly region?: string;
  /** Per line. */
  readonly amount?: number;
  /** Unblended, per line, in US dollars. */
  readonly cost?: number;
  readonly lineType?: string;
  readonly product?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Any other columns, by their names. */
  readonly columns?: Readonly<Record<string, string | number>>;
}

/** Of another month than that of the cases: 1 for the month after, -12 for a year before. */
export interface When {
  readonly monthsLater?: number;
}

/** A line of each of the first `count` days, or of days from `firstDay` on. */
export function daily(
  count: number,
  fields: UsageFields,
  when: When & { readonly firstDay?: number } = {},
): ReportLine[] {
  const { firstDay = 1 } = when;
  return Array.from({ length: count }, (_, index) => onDay(firstDay + index, fields, when));
}

/** A line of one whole day. */
export function onDay(day: number, fields: UsageFields, when: When = {}): ReportLine {
  return line(fields, hourOf(when, day, 0), hourOf(when, day + 1, 0), when);
}

/** A line of each of the month's first `count` hours. */
export function hourly(count: number, fields: UsageFields, when: When = {}): ReportLine[] {
  return Array.from({ length: count }, (_, hour) =>
    line(fields, hourOf(when, 1, hour), hourOf(when, 1, hour + 1), when),
  );
}

/** One line over the whole month, as monthly reports and monthly fees have it. */
export function wholeMonth(fields: UsageFields, when: When = {}): ReportLine {
  return line(fields, hourOf(when, 1, 0), nextMonth(when), when);
}

function line(fields: UsageFields, start: number, end: number, when: When): ReportLine {
  const { region = 'us-east-1', cost = 1, resource = '' } = fields;
  return {
    columns: {
      bill_billing_period_start_date: iso(hourOf(when, 1, 0)),
      bill_billing_period_end_date: iso(nextMonth(when)),
      line_item_usage_account_id: fields.account ?? ACCOUNT,
      line_item_line_item_type: fields.lineType ?? 'Usage',
      line_item_usage_start_date: iso(start),
      line_item_usage_end_date: iso(end),
      line_item_product_code: fields.service,
      line_item_usage_type: fields.usageType,
      line_item_operation: fields.operation ?? '',
      line_item_resource_id: resource,
      line_item_usage_amount: fields.amount ?? 24,
      line_item_unblended_cost: cost,
      line_item_currency_code: 'USD',
      ...fields.columns,
    },
    product: region === '' ? { ...fields.product } : { region, ...fields.product },
    tags: fields.tags ?? {},
  };
}

function hourOf({ monthsLater = 0 }: When, day: number, hour: number): number {
  return Date.UTC(YEAR, MONTH - 1 + monthsLater, day, hour);
}

function nextMonth({ monthsLater = 0 }: When): number {
  return Date.UTC(YEAR, MONTH + monthsLater, 1);
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('T', ' ').slice(0, 19);
}
