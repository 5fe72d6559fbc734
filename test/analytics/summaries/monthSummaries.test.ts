import { beforeAll, describe, expect, it } from 'vitest';
import { openWarehouse } from '../lineItems.ts';
import { generatedSpending, insertsOf, isoDay, MONTHS, type Month, type Row } from './spending.ts';

const SPENDING = generatedSpending();
const DAILY = SPENDING.cur_daily_cost ?? [];
const MONTHLY = SPENDING.cur_monthly_cost ?? [];
const NOT_COMPARED = new Set(['Tax', 'Credit', 'Refund']);

let rows: (view: string) => Promise<Record<string, unknown>[]>;
beforeAll(async () => {
  const warehouse = await openWarehouse();
  for (const statement of insertsOf(SPENDING)) await warehouse.run(statement);
  rows = async (view) => (await warehouse.runAndReadAll(`select * from ${view}`)).getRowObjectsJson() as never;
});

type AnyRow = Readonly<Record<string, unknown>>;

const sum = (items: readonly AnyRow[], column: string): number =>
  items.reduce((total, row) => total + Number(row[column]), 0);
const ofMonth = (items: readonly Row[], { payer, year, month }: Month): Row[] =>
  items.filter((row) => row.payer === payer && row.year === year && row.month === month);
const close = (value: number) => expect.closeTo(value, 7);
const keyed =
  (...columns: string[]) =>
  (row: AnyRow): string =>
    columns.map((column) => row[column]).join(' ');

/** The pairs of months that are both over, this one first. */
const PAIRS: readonly (readonly [Month, Month])[] = [
  ['900000000011', 2026, 8],
  ['900000000013', 2026, 8],
].map(([payer, year, month]) => {
  const find = (at: number) => MONTHS.find((one) => one.payer === payer && one.year === year && one.month === at);
  const [now, before] = [find(Number(month)), find(Number(month) - 1)];
  if (!now || !before) throw new Error(`no month ${year}-${month} of ${payer}`);
  return [now, before];
});

describe('months that are compared', () => {
  it('are over, both: by their days, or, without days, because the next one has begun', async () => {
    const found = (await rows('cur_month_pairs')).map(keyed('payer', 'year', 'month'));
    expect(found.sort()).toEqual(PAIRS.map(([now]) => keyed('payer', 'year', 'month')({ ...now })));
  });
});

/** Comparable costs of a month, by day to `days`, and of its monthly lines. */
function toDate(month: Month, days: number, of: (row: Row) => string): Map<string, { days: number; month: number }> {
  const last = isoDay(month.year, month.month, days);
  const mine = ofMonth(DAILY, month).filter((row) => !NOT_COMPARED.has(String(row.charge_type)));
  return new Map(
    [...Map.groupBy(mine, of)].map(([key, ofKey]) => [
      key,
      {
        days: sum(
          ofKey.filter((row) => row.is_monthly === 0 && String(row.usage_day) <= last),
          'amortized_cost',
        ),
        month: sum(
          ofKey.filter((row) => row.is_monthly === 1),
          'amortized_cost',
        ),
      },
    ]),
  );
}

describe('month to date', () => {
  const key = keyed('payer', 'account', 'service', 'currency');
  const newest = [
    { payer: '900000000011', at: 9, days: 14, before: 14 },
    { payer: '900000000012', at: 3, days: 30, before: 28 },
  ];

  it('is the whole days of the newest month against the same days of the month before', async () => {
    const expected = newest.flatMap(({ payer, at, days, before }) => {
      const [was, is] = MONTHS.filter((one) => one.payer === payer && [at - 1, at].includes(one.month));
      if (!was || !is) return [];
      const [past, now] = [toDate(was, before, key), toDate(is, days, key)];
      return [...new Set([...past.keys(), ...now.keys()])].map((one) => {
        const [a, b] = [past.get(one) ?? { days: 0, month: 0 }, now.get(one) ?? { days: 0, month: 0 }];
        const cost = b.days + b.month;
        const expectedCost = (a.days * days) / before + a.month;
        return [one, [days, before, close(cost), close(expectedCost), close(cost - expectedCost)]];
      });
    });
    const found = (await rows('cur_month_to_date')).map((row) => [
      key(row),
      [row.days, row.days_before, row.cost, row.expected_cost, row.change],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

describe('the effective savings rate', () => {
  it('is what usage with a list price costs less than on demand, with unused commitments and discounts', async () => {
    const isUsage = (row: Row) => String(row.charge_type).endsWith('Usage');
    const expected = MONTHS.flatMap((month) =>
      [...Map.groupBy(ofMonth(DAILY, month), keyed('payer', 'year', 'month', 'currency'))].map(([key, mine]) => {
        const listed = mine.filter((row) => isUsage(row) && Number(row.list_cost) > 0);
        const added = mine.filter((row) => ['RIFee', 'EdpDiscount'].includes(String(row.charge_type)));
        const [list, effective] = [sum(listed, 'list_cost'), sum([...listed, ...added], 'amortized_cost')];
        return [key, [close(list), close(effective), list === 0 ? null : close((list - effective) / list)]];
      }),
    );
    const found = (await rows('cur_savings_rate')).map((row) => [
      keyed('payer', 'year', 'month', 'currency')(row),
      [row.list_cost, row.effective_cost, row.savings_rate],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

describe('changes between two months', () => {
  const key = keyed('account', 'service', 'region', 'usage_type', 'operation', 'charge_type', 'currency');
  const parts = ['new_cost', 'gone_cost', 'quantity_change', 'price_change', 'discount_change', 'credit_change'];

  it('are split without a remainder', async () => {
    const found = await rows('cur_cost_changes');
    for (const row of found)
      expect(parts.reduce((total, part) => total + Number(row[part]), 0)).toBeCloseTo(Number(row.change), 9);
    for (const [now, before] of PAIRS) {
      const mine = found.filter((row) => row.payer === now.payer);
      const whole = sum(ofMonth(MONTHLY, now), 'unblended_cost') - sum(ofMonth(MONTHLY, before), 'unblended_cost');
      expect(sum(mine, 'change')).toBeCloseTo(whole, 7);
    }
  });

  it('are what is new, gone, of quantity, of price, of discounts or of credits, key by key', async () => {
    const expected = PAIRS.flatMap(([now, before]) => {
      const [after, past] = [now, before].map((one) => new Map(ofMonth(MONTHLY, one).map((row) => [key(row), row])));
      if (!after || !past) return [];
      return [...new Set([...after.keys(), ...past.keys()])].map((one) => [
        `${now.payer} ${one}`,
        partsOf(past.get(one), after.get(one)).map(close),
      ]);
    });
    const found = (await rows('cur_cost_changes')).map((row) => [
      `${row.payer} ${key(row)}`,
      parts.map((part) => row[part]),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  /** In the order of `parts`. */
  function partsOf(a: Row | undefined, b: Row | undefined): number[] {
    const change = Number(b?.unblended_cost ?? 0) - Number(a?.unblended_cost ?? 0);
    const type = String((a ?? b)?.charge_type);
    if (type === 'Credit') return [0, 0, 0, 0, 0, change];
    if (type === 'EdpDiscount') return [0, 0, 0, 0, change, 0];
    if (a === undefined) return [change, 0, 0, 0, 0, 0];
    if (b === undefined) return [0, change, 0, 0, 0, 0];
    const [q0, q1] = [Number(a.usage_amount), Number(b.usage_amount)];
    const price = (Number(a.unblended_cost) / q0 + Number(b.unblended_cost) / q1) / 2;
    const quantity = q0 === 0 || q1 === 0 ? 0 : (q1 - q0) * price;
    return [0, 0, quantity, change - quantity, 0, 0];
  }
});

describe('movers', () => {
  const dimensions: Record<string, (row: AnyRow) => string> = {
    service: keyed('service'),
    account: keyed('account'),
    usage: keyed('service', 'usage_type'),
  };

  it('are services, accounts and usage of whole months, and services and accounts to date, ranked by currency', async () => {
    const ofPairs = PAIRS.flatMap(([now, before]) =>
      Object.entries(dimensions).flatMap(([dimension, nameOf]) => {
        const of = (row: AnyRow) => `${now.payer} ${now.month} ${dimension} ${nameOf(row)} ${row.currency}`;
        const comparable = (month: Month) =>
          ofMonth(MONTHLY, month).filter((row) => !NOT_COMPARED.has(String(row.charge_type)));
        return differences(comparable(now), comparable(before), of);
      }),
    );
    const current = (await rows('cur_month_to_date')).map((row) => ({ ...row, amortized_cost: row.cost }));
    const past = current.map((row) => ({ ...row, amortized_cost: (row as AnyRow).expected_cost }));
    const ofDate = ['service', 'account'].flatMap((dimension) =>
      differences(current, past, (row) =>
        [row.payer, row.month, dimension, dimensions[dimension]?.(row), row.currency].join(' '),
      ),
    );
    const found = await rows('cur_movers');
    const changes = found.map((row) => [keyed('payer', 'month', 'dimension', 'name', 'currency')(row), row.change]);
    expect(Object.fromEntries(changes)).toEqual(Object.fromEntries([...ofPairs, ...ofDate]));
    for (const ranked of Map.groupBy(found, keyed('payer', 'month', 'dimension', 'currency')).values()) {
      const sorted = ranked.toSorted((a, b) => Number(a.place) - Number(b.place));
      expect(sorted.map(({ place }) => Number(place))).toEqual(sorted.map((_, index) => index + 1));
      const sizes = sorted.map(({ change }) => Math.abs(Number(change)));
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }
  });

  function differences(now: readonly AnyRow[], before: readonly AnyRow[], of: (row: AnyRow) => string) {
    const [after, past] = [Map.groupBy(now, of), Map.groupBy(before, of)];
    return [...new Set([...after.keys(), ...past.keys()])].map((key) => [
      key,
      close(sum(after.get(key) ?? [], 'amortized_cost') - sum(past.get(key) ?? [], 'amortized_cost')),
    ]);
  }
});

describe('commitments', () => {
  it('are used to the part of their cost that accounts used, and save what their usage would have cost more', async () => {
    const key = keyed('payer', 'year', 'month', 'arn', 'currency');
    const expected = [...Map.groupBy(SPENDING.cur_commitment_use ?? [], key)].map(([one, mine]) => {
      const [used, unused] = [sum(mine, 'used_cost'), sum(mine, 'unused_cost')];
      const saving = sum(mine, 'covered_list_cost') - used - unused;
      return [one, ['owner', '2027-01-31', close(used / (used + unused)), close(saving)]];
    });
    const found = (await rows('cur_commitment_utilisation')).map((row) => [
      key(row),
      [row.owner_account, row.end_date, row.utilisation, row.saving],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it('cover a part of what they can cover, at list price', async () => {
    const key = keyed('payer', 'year', 'month', 'service', 'currency');
    const costOf = (row: Row) => Number(Number(row.list_cost) > 0 ? row.list_cost : row.unblended_cost);
    const expected = [...Map.groupBy(MONTHLY, key)].flatMap(([one, mine]) => {
      const covered = mine.filter(({ charge_type: type }) =>
        ['DiscountedUsage', 'SavingsPlanCoveredUsage'].includes(String(type)),
      );
      const onDemand = mine.filter((row) => row.charge_type === 'Usage' && row.service !== 'AmazonS3');
      if (covered.length + onDemand.length === 0) return [];
      const [a, b] = [covered, onDemand].map((some) => some.reduce((total, row) => total + costOf(row), 0));
      return [[one, [close(a ?? 0), close(b ?? 0), close((a ?? 0) / ((a ?? 0) + (b ?? 0)))]]];
    });
    const found = (await rows('cur_commitment_coverage')).map((row) => [
      key(row),
      [row.covered_cost, row.on_demand_cost, row.coverage],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

describe('unit prices', () => {
  it('are amortised cost by amount of usage, beside those of the month before', async () => {
    const key = keyed('payer', 'service', 'region', 'usage_type', 'operation', 'currency');
    const usage = MONTHLY.filter((row) => String(row.charge_type).endsWith('Usage'));
    const prices = new Map(
      [...Map.groupBy(usage, (row) => `${Number(row.year) * 12 + Number(row.month)} ${key(row)}`)].flatMap(
        ([one, mine]) => {
          const amount = sum(mine, 'usage_amount');
          return amount > 0 ? [[one, sum(mine, 'amortized_cost') / amount] as const] : [];
        },
      ),
    );
    const expected = [...prices].map(([one, price]) => {
      const [number = '', ...others] = one.split(' ');
      const before = prices.get([Number(number) - 1, ...others].join(' '));
      return [one, [close(price), before === undefined ? null : close(before)]];
    });
    const found = (await rows('cur_unit_prices')).map((row) => [
      `${Number(row.year) * 12 + Number(row.month)} ${key(row)}`,
      [row.unit_price, row.unit_price_before],
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});
