/**
 * What one line item may cost, either way, in whatever currency: less than a trillion. Whatever is
 * beyond it, infinite or no number is a mistake of whoever wrote the file, and the audit refuses
 * the file by name. Decimals of 38 digits, 15 of them behind the point, hold the sum of 10^11 such
 * costs: no month has so many line items.
 */
export const COST_BOUND = 1e12;
/** Digits behind the point of such decimals. */
export const DECIMALS = 15;

/**
 * Beyond this a double has no room left for a sum. NaN is beyond it too: both warehouses order it
 * above all numbers.
 */
const ADDABLE_BOUND = 1e300;

/**
 * SQL that adds up a column of doubles, standard SQL that both warehouses read. NULL without any
 * value: unknown, not 0.
 *
 * Amounts below {@link COST_BOUND} are added as decimals, because the sum of doubles depends on
 * their order. What an older release has let through beyond it is added as doubles, and what no sum
 * can hold is left out: it must not fail the statement, which adds up other payers' months as well.
 */
export function sumSql(column: string): string {
  return `case when count(case when abs(${column}) < ${ADDABLE_BOUND} then ${column} end) > 0 then
    cast(coalesce(sum(cast(case when abs(${column}) < ${COST_BOUND} then ${column} end as decimal(38, ${DECIMALS}))), 0) as double)
    + coalesce(sum(case when abs(${column}) < ${ADDABLE_BOUND} and abs(${column}) >= ${COST_BOUND} then ${column} end), 0)
  end`;
}

/** An amount as a warehouse's driver answers it; null when it is unknown, or no finite number. */
export function amountOf(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const amount = Number(value);
  return Number.isFinite(amount) ? amount : null;
}
