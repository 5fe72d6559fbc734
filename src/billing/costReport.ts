import { quoteValue } from '../base/printable.ts';

/**
 * The columns without which a file is no part of a bill: who used what when, and what it cost.
 * Names as in the data dictionaries of legacy reports and of CUR 2.0 (AWS Data Exports User Guide,
 * "Cost and Usage Report (CUR) 2.0"). All others may be left out: Data Exports let their owner
 * choose columns.
 */
const NEEDED = [
  'line_item_line_item_type',
  'line_item_usage_account_id',
  'line_item_usage_start_date',
  'line_item_unblended_cost',
] as const;

/**
 * A mandatory column of every FOCUS version (FinOps Open Cost and Usage Specification, "Billed
 * Cost").
 */
const FOCUS_COST = 'billedcost';
const SHOWN_COLUMNS = 5;

/**
 * Why a file or an export with these top-level columns is no part of a bill; undefined where it may
 * be one. Case does not matter. FOCUS exports are named as what they are: their amounts must not
 * stand in for a bill's.
 */
export function whyNotBill(columns: readonly string[]): string | undefined {
  const names = new Set(columns.map((name) => name.toLowerCase()));
  const missing = NEEDED.filter((name) => !names.has(name));
  if (missing.length === 0) return undefined;
  if (names.has(FOCUS_COST)) return 'a FOCUS export, and only cost and usage reports (CUR) are supported';
  if (missing.length < NEEDED.length) return `no bill without the column ${missing.join(', ')}`;
  const shown = columns.slice(0, SHOWN_COLUMNS).map(quoteValue).join(', ');
  const more = columns.length > SHOWN_COLUMNS ? `, … (${columns.length} in all)` : '';
  return `not a cost and usage report: it has none of ${NEEDED.join(', ')}; its columns are ${shown}${more}`;
}
