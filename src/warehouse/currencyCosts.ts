import * as z from 'zod/mini';
import { COST_BOUND, DECIMALS } from './costs.ts';

/**
 * What line items cost in one currency, unblended. The currency is null where no row says one, the
 * cost where no row of that currency has one: unknown, not 0.
 */
export interface CurrencyCost {
  readonly currency: string | null;
  readonly cost: number | null;
}

/**
 * The same of one file: a decimal as a warehouse writes it, so that files can be added up exactly.
 */
export interface FileCost {
  readonly currency: string | null;
  readonly cost: string | null;
}

/**
 * SQL that adds up a column of doubles as decimals and writes the sum out, standard SQL that both
 * warehouses read; NULL without any value. What is not below {@link COST_BOUND} is left out: the
 * audit that asks for the sum refuses the file.
 */
export function decimalSumSql(column: string): string {
  const decimal = `cast(case when abs(${column}) < ${COST_BOUND} then ${column} end as decimal(38, ${DECIMALS}))`;
  return `cast(sum(${decimal}) as varchar)`;
}

/** What files come to together: one entry per currency, by its name; the unknown one comes last. */
export function costsOf(files: readonly { readonly costs: readonly FileCost[] }[]): CurrencyCost[] {
  const sums = new Map<string | null, bigint | null>();
  for (const { currency, cost } of files.flatMap(({ costs }) => costs)) {
    const before = sums.get(currency) ?? null;
    sums.set(currency, cost === null ? before : (before ?? 0n) + unitsOf(cost));
  }
  return [...sums]
    .map(([currency, units]) => ({ currency, cost: units === null ? null : amountOfUnits(units) }))
    .sort((one, other) => compareCurrencies(one.currency, other.currency));
}

/** Costs as the text that is kept with a publication. */
export function costsText(costs: readonly CurrencyCost[]): string {
  return JSON.stringify(costs.map(({ currency, cost }) => ({ currency, cost })));
}

/** Reads what {@link costsText} wrote. Throws a SyntaxError or zod's error for anything else. */
export function parseCosts(text: string): CurrencyCost[] {
  return Costs.parse(JSON.parse(text));
}

const Costs = z.array(z.object({ currency: z.nullable(z.string()), cost: z.nullable(z.number()) }));

const DECIMAL = new RegExp(String.raw`^(-?)(\d+)(?:\.(\d{1,${DECIMALS}}))?$`);

/** A decimal in units of its last digit. Throws a RangeError that names it when it is none. */
function unitsOf(decimal: string): bigint {
  const [, sign = '', whole, fraction = ''] = DECIMAL.exec(decimal) ?? [];
  if (whole === undefined) throw new RangeError(`a sum of costs must be a decimal, got ${JSON.stringify(decimal)}`);
  const units = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  return sign === '' ? units : -units;
}

function amountOfUnits(units: bigint): number {
  const digits = String(units < 0n ? -units : units).padStart(DECIMALS + 1, '0');
  const amount = Number(`${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`);
  return units < 0n ? -amount : amount;
}

function compareCurrencies(one: string | null, other: string | null): number {
  if (one === null) return 1;
  if (other === null || one < other) return -1;
  return 1;
}
