import type { ColumnType } from '../../../src/billing/columnType.ts';
import type { Cell, Row } from '../../warehouse/harness.ts';

/**
 * What a test says of a line item; all else is that of an ordinary line of a day in `USAGE_MONTH`.
 */
export interface ReportLine {
  /** By the names that both kinds of report share: `line_item_…`, `pricing_…`, `savings_plan_…`. */
  readonly columns?: Readonly<Record<string, string | number>>;
  /** Product attributes by AWS's names without `product_`. */
  readonly product?: Readonly<Record<string, string>>;
  /** By the names that CUR 2.0 has: `user_owner`. */
  readonly tags?: Readonly<Record<string, string>>;
}

export type ReportKind = 'legacy' | 'CUR 2.0';

/** The rows of a file of one kind of report, and the columns that it has. */
export interface ReportFile {
  readonly columns: readonly ColumnType[];
  readonly rows: readonly Row[];
}

const NUMBERS =
  /(_cost|_amount|_fee|_factor|_quantity|_commitment_to_date|_used_commitment|_fee_for_billing_period|_for_usage|_usage|_ratio|plan_rate)$/;
/** A region has a column of its own in CUR 2.0, beside the map. */
const OWN_COLUMNS: Readonly<Record<string, string>> = {
  region: 'product_region_code',
  instance_type: 'product_instance_type',
};

/** Lines as a file of this kind has them: legacy reports with a column per attribute and tag. */
export function reportFile(kind: ReportKind, lines: readonly ReportLine[]): ReportFile {
  const rows = lines.map(kind === 'legacy' ? legacyRow : cur2Row);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort();
  return { columns: names.map((name) => ({ name, type: typeOf(name) })), rows };
}

function legacyRow({ columns = {}, product = {}, tags = {} }: ReportLine): Row {
  return {
    ...columns,
    ...prefixed('product_', product),
    ...prefixed('resource_tags_', tags),
  };
}

function cur2Row({ columns = {}, product = {}, tags = {} }: ReportLine): Row {
  const own = Object.entries(product).flatMap(([name, value]) => {
    const column = OWN_COLUMNS[name];
    return column === undefined ? [] : [[column, value] as const];
  });
  const others = Object.entries(product).filter(([name]) => OWN_COLUMNS[name] === undefined);
  return { ...columns, ...Object.fromEntries(own), product: Object.fromEntries(others), resource_tags: tags };
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, Cell> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

function typeOf(name: string): string {
  if (name === 'product' || name === 'resource_tags') return 'map<string,string>';
  if (NUMBERS.test(name)) return 'double';
  return name.endsWith('_date') ? 'timestamp_utc' : 'string';
}
