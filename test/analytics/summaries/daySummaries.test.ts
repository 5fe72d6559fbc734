import { beforeAll, describe, expect, it } from 'vitest';
import { openWarehouse } from '../lineItems.ts';
import { daysInMonth, generatedSpending, insertsOf, isoDay, isWeekend, MONTHS, type Row } from './spending.ts';

const SPENDING = generatedSpending();
const NOT_COMPARED = new Set(['Tax', 'Credit', 'Refund']);
const DAY_MS = 86_400_000;

let rows: (view: string) => Promise<Record<string, unknown>[]>;
beforeAll(async () => {
  const warehouse = await openWarehouse();
  for (const statement of insertsOf(SPENDING)) await warehouse.run(statement);
  rows = async (view) => (await warehouse.runAndReadAll(`select * from ${view}`)).getRowObjectsJson() as never;
});

/** One cost a day, of the whole days of one payer; a day without lines has 0. */
interface DaySeries {
  readonly key: string;
  readonly payer: string;
  readonly currency: string;
  readonly days: readonly string[];
  readonly costs: readonly number[];
}

function comparable(payer: string): Row[] {
  const whole = new Set(
    MONTHS.filter((month) => month.payer === payer).flatMap(({ year, month, wholeDays }) =>
      Array.from({ length: wholeDays }, (_, index) => isoDay(year, month, index + 1)),
    ),
  );
  return (SPENDING.cur_daily_cost ?? []).filter(
    (row) =>
      row.payer === payer &&
      row.is_monthly === 0 &&
      whole.has(String(row.usage_day)) &&
      !NOT_COMPARED.has(String(row.charge_type)),
  );
}

function daySeries(keyOf: (row: Row) => string): DaySeries[] {
  return [...new Set(MONTHS.map(({ payer }) => payer))].flatMap((payer) => {
    const mine = comparable(payer);
    const days = [...new Set(mine.map((row) => String(row.usage_day)))].sort().slice(-92);
    return [...Map.groupBy(mine, keyOf)].map(([key, ofKey]) => ({
      key: `${payer} ${key}`,
      payer,
      currency: String(ofKey[0]?.currency),
      days,
      costs: days.map((day) => sum(ofKey.filter((row) => row.usage_day === day).map((row) => row.amortized_cost))),
    }));
  });
}

const keyOfService = (row: Row): string => `${row.account} ${row.service} ${row.currency}`;
const ofService = (row: Record<string, unknown>): string =>
  `${row.payer} ${row.account} ${row.service} ${row.currency}`;

function sum(values: readonly unknown[]): number {
  return values.reduce<number>((total, value) => total + Number(value), 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
}

interface Anomaly {
  readonly score: number;
  readonly expected: number;
  readonly severity: string;
}

function anomaliesOf({ days, costs }: DaySeries): Map<string, Anomaly> {
  const found = new Map<string, Anomaly>();
  const newest = Date.parse(days.at(-1) ?? '');
  for (const [index, day] of days.entries()) {
    const before = costs.slice(0, index).filter((_, at) => isWeekend(days[at] ?? '') === isWeekend(day));
    const window = before.slice(-14);
    if (window.length < 8 || newest - Date.parse(day) >= 31 * DAY_MS) continue;
    const expected = median(window);
    const change = (costs[index] ?? Number.NaN) - expected;
    const mad = median(window.map((cost) => Math.abs(cost - expected)));
    const jump = Math.abs(change) > 1 ? 10 * Math.sign(change) : 0;
    const score = mad > 1e-9 ? (0.6745 * change) / mad : jump;
    const size = Math.abs(score);
    const [severity] = (
      [
        ['severe', size > 4],
        ['high', size >= 3],
        ['medium', size >= 2.5],
        ['low', size >= 2],
      ] as const
    ).flatMap(([name, is]) => (is ? [name] : []));
    if (severity !== undefined) found.set(day, { score, expected, severity });
  }
  return found;
}

describe('anomalies', () => {
  it('are the days whose modified z-score over 14 days of their kind is 2 and more', async () => {
    const series = daySeries(keyOfService);
    const expected = series.flatMap((one) =>
      [...anomaliesOf(one)].map(([day, { score, expected: cost, severity }]) => [
        `${one.key} ${day} ${severity}`,
        { score: expect.closeTo(score, 4), expected: expect.closeTo(cost, 6) },
      ]),
    );
    const found = (await rows('cur_anomalies')).map((row) => [
      `${ofService(row)} ${row.usage_day} ${row.severity}`,
      { score: row.score, expected: row.expected_cost },
    ]);
    expect(new Set(found.map(([key]) => String(key).split(' ').at(-1)))).toContain('severe');
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('where nothing varies are changes by more than 1, up or down, and what is new', async () => {
    const severe = (await rows('cur_anomalies')).filter(({ score }) => Math.abs(Number(score)) === 10);
    expect(severe.map((row) => `${row.service} ${row.usage_day} ${row.score}`).sort()).toEqual(
      expect.arrayContaining(['steady 2026-09-09 10', 'steady 2026-09-11 -10', 'new 2026-09-07 10']),
    );
    expect(severe.filter(({ usage_day }) => usage_day === '2026-09-10' && 'steady')).not.toContainEqual(
      expect.objectContaining({ service: 'steady' }),
    );
  });
});

describe('drift', () => {
  it('is the Theil–Sen slope over the newest 30 days, where it moves the median by more than a fifth', async () => {
    const expected = daySeries(keyOfService).flatMap(({ key, costs, days }) => {
      const newest = Date.parse(days.at(-1) ?? '');
      const points = days.flatMap((day, index) => {
        const x = (Date.parse(day) - newest) / DAY_MS;
        return x > -30 ? [{ x, y: costs[index] ?? Number.NaN }] : [];
      });
      const slopes = points.flatMap((a, index) => points.slice(index + 1).map((b) => (b.y - a.y) / (b.x - a.x)));
      const level = median(points.map(({ y }) => y));
      const drift = (median(slopes) * points.length) / level;
      return points.length >= 8 && level > 0 && Math.abs(drift) > 0.2 ? [[key, expect.closeTo(drift, 6)]] : [];
    });
    const found = (await rows('cur_cost_drift')).map((row) => [ofService(row), row.drift]);
    expect(found.map(([key]) => key)).toEqual(
      expect.arrayContaining(['900000000011 a1 growing USD', '900000000011 a1 shrinking EUR']),
    );
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

interface Forecast {
  readonly days: number;
  readonly expected: number;
  readonly margin: number;
}

/**
 * By weighted means and the covariance of the line's two parameters, day by day; undefined where
 * there are fewer than 8 days.
 */
function forecastOf({ days, costs }: DaySeries): Forecast | undefined {
  const newest = days.at(-1) ?? '';
  const points = days.flatMap((day, index) => {
    const x = (Date.parse(day) - Date.parse(newest)) / DAY_MS;
    return x > -30 ? [{ x, y: costs[index] ?? Number.NaN, w: 30 + x }] : [];
  });
  if (points.length < 8) return undefined;
  const scale = points.length / sum(points.map(({ w }) => w));
  const weighed = points.map(({ x, y, w }) => ({ x, y, w: w * scale }));
  const n = weighed.length;
  const meanX = sum(weighed.map(({ x, w }) => w * x)) / n;
  const meanY = sum(weighed.map(({ y, w }) => w * y)) / n;
  const spread = sum(weighed.map(({ x, w }) => w * (x - meanX) ** 2));
  const slope = sum(weighed.map(({ x, y, w }) => w * (x - meanX) * (y - meanY))) / spread;
  const at = (x: number): number => meanY + slope * (x - meanX);
  const variance = sum(weighed.map(({ x, y, w }) => w * (y - at(x)) ** 2)) / (n - 2);
  const next = new Date(Date.parse(newest) + DAY_MS);
  const left = daysInMonth(next.getUTCFullYear(), next.getUTCMonth() + 1) - next.getUTCDate() + 1;
  const ahead = Array.from({ length: left }, (_, index) => index + 1);
  const offset = sum(ahead.map((x) => x - meanX));
  const ofLine = left ** 2 / n + offset ** 2 / spread;
  return { days: left, expected: sum(ahead.map(at)), margin: 1.2816 * Math.sqrt(variance * (left + ofLine)) };
}

/** Comparable monthly lines of the period (`2026-09`), else of the one before. */
function monthlyCost({ payer, currency }: DaySeries, period: string): number {
  const costsIn = (year: number, month: number) =>
    (SPENDING.cur_daily_cost ?? [])
      .filter((row) => row.payer === payer && row.year === year && row.month === month)
      .filter((row) => row.currency === currency && row.is_monthly === 1)
      .filter((row) => !NOT_COMPARED.has(String(row.charge_type)))
      .map((row) => row.amortized_cost);
  const [year, month] = [Number(period.slice(0, 4)), Number(period.slice(5))];
  const these = costsIn(year, month);
  if (these.length > 0) return sum(these);
  return sum(month === 1 ? costsIn(year - 1, 12) : costsIn(year, month - 1));
}

describe('the forecast', () => {
  it('is a line through the newest 30 days by weighted least squares, with what is known, and an interval', async () => {
    const expected = daySeries((row) => String(row.currency)).flatMap((one) => {
      const forecast = forecastOf(one);
      if (forecast === undefined) return [];
      const { days, expected: ahead, margin } = forecast;
      const period = new Date(Date.parse(one.days.at(-1) ?? '') + DAY_MS).toISOString().slice(0, 7);
      const known = sum(one.costs.filter((_, index) => one.days[index]?.startsWith(period)));
      const total = (more: number) => expect.closeTo(known + monthlyCost(one, period) + Math.max(more, 0), 6);
      return [[`${one.key} ${period}`, [days, total(ahead), total(ahead - margin), total(ahead + margin)]]];
    });
    const found = (await rows('cur_forecast')).map((row) => [
      `${row.payer} ${row.currency} ${row.year}-${String(row.month).padStart(2, '0')}`,
      [Number(row.days_to_come), row.forecast, row.lowest, row.highest],
    ]);
    expect(found.map(([key]) => key).sort()).toEqual([
      '900000000011 EUR 2026-09',
      '900000000011 USD 2026-09',
      '900000000012 USD 2027-03',
      '900000000015 EUR 2027-01',
      '900000000015 USD 2027-01',
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

describe('the trend', () => {
  it('has each whole day, the same day a week before, and the mean of seven days', async () => {
    const expected = daySeries(keyOfService).flatMap(({ key, days, costs }) =>
      days.map((day, index) => {
        const before = days.indexOf(new Date(Date.parse(day) - 7 * DAY_MS).toISOString().slice(0, 10));
        const seven = costs.slice(Math.max(0, index - 6), index + 1);
        const cost = before < 0 ? null : expect.closeTo(costs[before] ?? Number.NaN, 9);
        return [`${key} ${day}`, [costs[index], cost, expect.closeTo(sum(seven) / seven.length, 9)]];
      }),
    );
    const found = (await rows('cur_daily_trend')).map((row) => [
      `${ofService(row)} ${row.usage_day}`,
      [row.cost, row.cost_week_before, row.seven_day_mean],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});
