import { between, type Random, seededRandom } from '../../../src/programs/sample/random.ts';

/** Rows for the tables of sql/summary_tables.sql, by the names of their columns. */
export type Row = Readonly<Record<string, string | number>>;

/** What was spent, as the wastage script would have summed it up: rows by table. */
export type Spending = Readonly<Record<string, readonly Row[]>>;

/** A payer's month: how many of its days its report holds whole. */
export interface Month {
  readonly payer: string;
  readonly year: number;
  readonly month: number;
  readonly wholeDays: number;
  /** Whether lines are shorter than a month. */
  readonly hasDays?: boolean;
}

/** One payer's daily cost of a service. */
export interface Series {
  readonly payer: string;
  readonly account: string;
  readonly service: string;
  readonly currency: string;
  /** By day; undefined where there is no line. */
  readonly costOn: (day: string, index: number) => number | undefined;
}

/** Two months and the first two weeks of a third one; the last day's report is not whole. */
export const MONTHS: readonly Month[] = [
  { payer: '900000000011', year: 2026, month: 7, wholeDays: 31 },
  { payer: '900000000011', year: 2026, month: 8, wholeDays: 31 },
  { payer: '900000000011', year: 2026, month: 9, wholeDays: 14 },
  // more days than the month before has
  { payer: '900000000012', year: 2027, month: 2, wholeDays: 28 },
  { payer: '900000000012', year: 2027, month: 3, wholeDays: 30 },
  // monthly reports: whether the last month is over is not known
  { payer: '900000000013', year: 2026, month: 7, wholeDays: 31, hasDays: false },
  { payer: '900000000013', year: 2026, month: 8, wholeDays: 31, hasDays: false },
  { payer: '900000000013', year: 2026, month: 9, wholeDays: 30, hasDays: false },
  // the month before is not there
  { payer: '900000000014', year: 2026, month: 7, wholeDays: 31 },
  { payer: '900000000014', year: 2026, month: 9, wholeDays: 7 },
  // over: what comes is the month after
  { payer: '900000000015', year: 2026, month: 12, wholeDays: 31 },
];

export function isoDay(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

export function isWeekend(day: string): boolean {
  return [0, 6].includes(new Date(day).getUTCDay());
}

/** Series that each show something of a day; in two currencies, so that these would be added. */
export function generatedSeries(): Series[] {
  const [one, two, four, five] = ['900000000011', '900000000012', '900000000014', '900000000015'] as const;
  const noisy = (random: Random, level: number) => (day: string) =>
    level * (isWeekend(day) ? 0.4 : 1) * between(random, 0.97, 1.03);
  const of = (service: string, costOn: Series['costOn'], more: Partial<Series> = {}): Series => {
    return { payer: one, account: 'a1', service, currency: 'USD', costOn, ...more };
  };
  return [
    of('steady', (day) => 24 + ({ '2026-09-09': 1.01, '2026-09-10': 0.99, '2026-09-11': -5 }[day] ?? 0)),
    of('noisy', noisy(seededRandom('noisy'), 100)),
    of('noisy', noisy(seededRandom('euro'), 90), { currency: 'EUR' }),
    of('noisy', noisy(seededRandom('other account'), 70), { account: 'a2' }),
    of('outliers', (day) => noisy(seededRandom(day), 50)(day) + ({ '2026-09-08': 40, '2026-08-29': 9 }[day] ?? 0)),
    of('growing', (_, index) => 50 + 0.9 * index),
    of('shrinking', (_, index) => 80 - 0.7 * index, { currency: 'EUR' }),
    of('new', (day) => (day < '2026-09-05' ? undefined : 12)),
    of('gone', (day) => (day < '2026-09-02' ? 7 : undefined)),
    of('steady', () => 3, { payer: two }),
    of('noisy', noisy(seededRandom('two'), 30), { payer: two }),
    of('steady', () => 3, { payer: four }),
    of('noisy', noisy(seededRandom('five'), 11), { payer: five }),
    // so steep that it would be below 0
    of('ending', (_, index) => 70 - 2.2 * index, { payer: five, currency: 'EUR' }),
  ];
}

/** Whole days and the one after, which is not whole: half a day's cost. */
function daysOf({ year, month, wholeDays, hasDays = true }: Month): string[] {
  const last = hasDays ? Math.min(wholeDays + 1, daysInMonth(year, month)) : 0;
  return Array.from({ length: last }, (_, index) => isoDay(year, month, index + 1));
}

export function dailyRow(month: Month, cost: number, more: Row = {}): Row {
  return {
    payer: month.payer,
    year: month.year,
    month: month.month,
    account: 'a1',
    service: 'steady',
    region: 'us-east-1',
    charge_type: 'Usage',
    currency: 'USD',
    usage_day: isoDay(month.year, month.month, 1),
    is_monthly: 0,
    unblended_cost: cost,
    amortized_cost: cost,
    net_amortized_cost: cost,
    list_cost: cost * 1.25,
    lines: 1,
    ...more,
  };
}

function rowsOfSeries({ payer, account, service, currency, costOn }: Series): Row[] {
  const months = MONTHS.filter((month) => month.payer === payer);
  const all = months.flatMap((month) => daysOf(month).map((day) => ({ month, day })));
  return all.flatMap(({ month, day }, index) => {
    const cost = costOn(day, index);
    return cost === undefined ? [] : [dailyRow(month, cost, { account, service, currency, usage_day: day })];
  });
}

/** What has no day, and what is not compared. */
function monthlyRows(month: Month): Row[] {
  const monthly = { is_monthly: 1, region: '' };
  return [
    dailyRow(month, 40 + month.month, { ...monthly, charge_type: 'Fee', service: 'support' }),
    dailyRow(month, 5, { ...monthly, charge_type: 'RIFee', currency: 'EUR' }),
    dailyRow(month, 17, { ...monthly, charge_type: 'Tax' }),
    dailyRow(month, -3, { charge_type: 'Credit' }),
    dailyRow(month, -2, { charge_type: 'Refund', is_monthly: 1 }),
    dailyRow(month, -1.5, { charge_type: 'EdpDiscount', list_cost: 0 }),
    dailyRow(month, 2.5, { charge_type: 'Usage', service: 'marketplace', list_cost: 0 }),
  ];
}

/** Keys that come and go, change their quantity, their price, or both. */
function usageRows(random: Random, month: Month): Row[] {
  return Array.from({ length: 40 }, (_, key) => ({
    payer: month.payer,
    year: month.year,
    month: month.month,
    account: `a${key % 3}`,
    service: ['AmazonEC2', 'AmazonRDS', 'AmazonS3'][key % 3] ?? '',
    region: key % 5 === 0 ? '' : 'us-east-1',
    usage_type: ['BoxUsage:m6i.large', 'InstanceUsage:db.r6g.large', 'TimedStorage-ByteHrs'][key % 3] ?? '',
    operation: `op${key}`,
    charge_type: ['Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'Credit', 'EdpDiscount'][key % 5] ?? '',
    currency: key % 4 === 0 ? 'EUR' : 'USD',
    usage_amount: key % 7 === 0 ? 0 : Math.round(between(random, 1, 500)),
    unblended_cost: between(random, 0, 90),
    amortized_cost: between(random, 0, 80),
    net_amortized_cost: between(random, 0, 70),
    list_cost: key % 6 === 0 ? 0 : between(random, 0, 100),
    lines: 1 + key,
  })).filter(() => random() < 0.8);
}

function commitmentRows(random: Random, month: Month): Row[] {
  return ['owner', 'user'].flatMap((account, at) =>
    ['USD', 'EUR'].map((currency) => ({
      payer: month.payer,
      year: month.year,
      month: month.month,
      account,
      arn: 'arn:plan',
      kind: 'savings plan',
      currency,
      payment_option: 'No Upfront',
      end_date: '2027-01-31',
      is_owner: 1 - at,
      used_cost: between(random, 1, 20) * at,
      covered_list_cost: between(random, 20, 30) * at,
      unused_cost: between(random, 1, 5) * (1 - at),
    })),
  );
}

export function generatedSpending(): Spending {
  const random = seededRandom('spending');
  return {
    cur_months: MONTHS.map((month) => ({
      payer: month.payer,
      year: month.year,
      month: month.month,
      days_in_month: daysInMonth(month.year, month.month),
      whole_days: month.wholeDays,
      has_days: month.hasDays === false ? 0 : 1,
      last_whole_day: isoDay(month.year, month.month, month.wholeDays),
    })),
    cur_daily_cost: [...generatedSeries().flatMap(rowsOfSeries), ...MONTHS.flatMap(monthlyRows)],
    cur_monthly_cost: MONTHS.flatMap((month) => usageRows(random, month)),
    cur_commitment_use: MONTHS.flatMap((month) => commitmentRows(random, month)),
  };
}

/** Statements that insert them, for either engine. */
export function insertsOf(spending: Spending): string[] {
  return Object.entries(spending).map(([table, rows]) => {
    const names = Object.keys(rows[0] ?? {});
    const values = rows.map((row) => `(${names.map((name) => literal(row[name])).join(', ')})`);
    return `insert into ${table} (${names.join(', ')}) values ${values.join(', ')}`;
  });
}

function literal(value: string | number | undefined): string {
  return typeof value === 'number' ? String(value) : `'${value}'`;
}
