import type { Payer } from '../../billing/payer.ts';
import { monthOf, type Period, yearOf } from '../../billing/period.ts';
import { quoteText } from './quote.ts';

/**
 * The condition that a row is of these payers' month. Literals, because an external table's
 * partitions are pruned when a query is compiled (user guide, "Introduction to external tables"):
 * a list that is bound, or computed, would have it look at every payer's files. A Payer is twelve
 * digits, and a Period a year and a month, wherever they come from. `of` is the table's alias.
 */
export function ofMonth(period: Period, payers: readonly Payer[], of?: string): string {
  const column = (name: string) => (of === undefined ? name : `${of}.${name}`);
  const listed = payers.map(quoteText).join(', ');
  const isPayer = payers.length === 1 ? `= ${listed}` : `in (${listed})`;
  return `${column('year')} = ${yearOf(period)} and ${column('month')} = ${monthOf(period)} and ${column('payer')} ${isPayer}`;
}
