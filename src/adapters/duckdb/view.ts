import { computedColumns } from '../../warehouse/computedColumns.ts';
import { type LineItemType, lineItemColumns, partitionColumns } from '../../warehouse/lineItems.ts';
import { quoteIdentifier } from './quote.ts';

/** Type names as `duckdb_columns()` spells them. */
const DUCKDB_TYPES: Readonly<Record<LineItemType | 'JSON', string>> = {
  VARCHAR: 'VARCHAR',
  DOUBLE: 'DOUBLE',
  TIMESTAMP: 'TIMESTAMP',
  MAP: 'MAP(VARCHAR, VARCHAR)',
  // As it is loaded: text.
  JSON: 'VARCHAR',
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
 * The statement that creates the contract view over `cur_external`, which has these columns of
 * reports: what it lacks is NULL. Only rows of files in `cur_current_files` are in the view; a
 * semi-join, so that no row can ever count twice. NaN and infinities are NULL.
 */
export function lineItemsViewSql(columnsOfReports: ReadonlySet<string>): string {
  const read = (name: string, type: LineItemType | 'JSON'): string =>
    columnsOfReports.has(name) ? valueSql(quoteIdentifier(name), type) : `cast(null as ${DUCKDB_TYPES[type]})`;
  const columns = [
    ...partitionColumns.map(({ name }) => quoteIdentifier(name)),
    ...lineItemColumns.map(({ name, type }) => `${read(name, type)} as ${quoteIdentifier(name)}`),
    ...computedColumns.flatMap(({ name, jsonOf }) =>
      jsonOf === undefined ? [] : `${read(jsonOf, 'JSON')} as ${quoteIdentifier(name)}`,
    ),
  ];
  const computed = computedColumns.flatMap(({ name, type, sql, jsonOf }) =>
    jsonOf === undefined ? `cast(${sql} as ${type}) as ${quoteIdentifier(name)}` : [],
  );
  return `create or replace view cur_line_items as
select *, ${computed.join(', ')}
from (
  select
    ${columns.join(',\n    ')}
  from cur_external
  semi join cur_current_files using (payer, year, month, staged_key)
) as line_items`;
}

function valueSql(column: string, type: LineItemType | 'JSON'): string {
  switch (type) {
    case 'DOUBLE':
      return `if(isfinite(${column}), ${column}, null)`;
    case 'MAP':
      return `cast(cast(${column} as JSON) as ${DUCKDB_TYPES.MAP})`;
    case 'JSON':
      return `nullif(${column}, '{}')`;
    default:
      return column;
  }
}
