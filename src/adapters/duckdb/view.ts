import { computedColumns } from '../../warehouse/computedColumns.ts';
import { type LineItemType, lineItemColumns, partitionColumns } from '../../warehouse/lineItems.ts';
import { quoteIdentifier } from './quote.ts';

/** Type names as `duckdb_columns()` spells them. */
const DUCKDB_TYPES: Readonly<Record<LineItemType, string>> = {
  VARCHAR: 'VARCHAR',
  DOUBLE: 'DOUBLE',
  TIMESTAMP: 'TIMESTAMP',
  MAP: 'MAP(VARCHAR, VARCHAR)',
};

/** What report columns are gathered of which the name begins with one of `prefixes`. */
export interface GatheredColumns {
  /** The contract's column that gathers them. */
  readonly name: string;
  readonly prefixes: readonly string[];
  /** What is cut off a report column's name to make its key. */
  readonly cut: string;
}

/**
 * The columns that gather what reports have a column each for, above all tags: however many they
 * are, it is one column.
 */
export const gatheredColumns: readonly GatheredColumns[] = lineItemColumns.flatMap(({ name, sources }) =>
  sources.flatMap((source) =>
    source.from === 'columns' ? [{ name, prefixes: source.prefixes, cut: source.cut }] : [],
  ),
);

/**
 * The report columns that the contract reads by name, with the DuckDB types that they are read as.
 */
export const contractSourceColumns: ReadonlyMap<string, string> = new Map(
  lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source): [string, string][] => {
      if (source.from === 'columns') return [];
      return [[source.column, DUCKDB_TYPES[source.from === 'map' ? 'MAP' : type]]];
    }),
  ),
);

/**
 * The columns of `cur_external` that hold what reports say, with their types: those of the
 * contract, filled from whatever source a report has, so that no query has to look for it. A map is
 * JSON text, which takes a tenth of the time to read.
 */
export const loadedTypes: ReadonlyMap<string, string> = new Map(
  lineItemColumns.map(({ name, type }) => [name, type === 'MAP' ? 'VARCHAR' : DUCKDB_TYPES[type]]),
);

/**
 * The statement that creates the contract view over `cur_external`. Only rows of files in
 * `cur_current_files` are in the view; a semi-join, so that no row can ever count twice. NaN and
 * infinities are NULL.
 */
export function lineItemsViewSql(): string {
  const columns = [...partitionColumns, ...lineItemColumns].map(
    ({ name, type }) => `${valueSql(quoteIdentifier(name), type)} as ${quoteIdentifier(name)}`,
  );
  const texts = computedColumns.flatMap(({ name, textOf }) =>
    textOf === undefined ? [] : `nullif(${quoteIdentifier(textOf)}, '{}') as ${quoteIdentifier(name)}`,
  );
  const computed = computedColumns.map(({ name, type, sql, textOf }) =>
    textOf === undefined ? `cast(${sql} as ${type}) as ${quoteIdentifier(name)}` : quoteIdentifier(name),
  );
  const own = computedColumns.flatMap(({ name, textOf }) => (textOf === undefined ? [] : quoteIdentifier(name)));
  return `create or replace view cur_line_items as
select * exclude (${own.join(', ')}), ${computed.join(', ')}
from (
  select
    ${[...columns, ...texts].join(',\n    ')}
  from cur_external
  semi join cur_current_files using (payer, year, month, staged_key)
) as line_items`;
}

function valueSql(column: string, type: LineItemType | 'INTEGER'): string {
  if (type === 'DOUBLE') return `if(isfinite(${column}), ${column}, null)`;
  return type === 'MAP' ? `cast(cast(${column} as JSON) as ${DUCKDB_TYPES.MAP})` : column;
}
