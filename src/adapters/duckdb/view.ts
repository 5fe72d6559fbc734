import { computedColumns } from '../../warehouse/computedColumns.ts';
import {
  type LineItemColumn,
  type LineItemSource,
  type LineItemType,
  lineItemColumns,
  partitionColumns,
} from '../../warehouse/lineItems.ts';
import { quoteIdentifier, quoteText } from './quote.ts';

/** Type names as `duckdb_columns()` spells them. */
const DUCKDB_TYPES: Readonly<Record<LineItemType, string>> = {
  VARCHAR: 'VARCHAR',
  DOUBLE: 'DOUBLE',
  TIMESTAMP: 'TIMESTAMP',
  MAP: 'MAP(VARCHAR, VARCHAR)',
};

/**
 * A column of `cur_external` that holds, as a JSON object, every report column whose name begins
 * with one of `prefixes`.
 */
export interface GatheredColumn {
  readonly name: string;
  readonly prefixes: readonly string[];
  /** What is cut off a report column's name to make its key. */
  readonly cut: string;
}

/**
 * The columns that gather what reports have a column each for, above all tags: however many they
 * are, it is one column.
 */
export const gatheredColumns: readonly GatheredColumn[] = lineItemColumns.flatMap(({ name, sources }) =>
  sources.flatMap((source) =>
    source.from === 'columns' ? [{ name: gatheredName(name), prefixes: source.prefixes, cut: source.cut }] : [],
  ),
);

/**
 * The report columns that the contract view reads by name, with the DuckDB types that they always
 * have in `cur_external`, whatever type a report gives them.
 */
export const contractSourceColumns: ReadonlyMap<string, string> = new Map(
  lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source): [string, string][] => {
      if (source.from === 'columns') return [];
      return [[source.column, DUCKDB_TYPES[source.from === 'map' ? 'MAP' : type]]];
    }),
  ),
);

/** All columns that `cur_external` may have of reports, with their types. */
export const reportColumns: ReadonlyMap<string, string> = new Map([
  ...contractSourceColumns,
  ...gatheredColumns.map(({ name }) => [name, 'JSON'] as const),
]);

/**
 * The statement that creates the contract view over `cur_external`, which has these columns of
 * reports: what it lacks is NULL. Only rows of files in `cur_current_files` are in the view; a
 * semi-join, so that no row can ever count twice. NaN and infinities are NULL.
 */
export function lineItemsViewSql(columnsOfReports: ReadonlySet<string>): string {
  const columns = [
    ...partitionColumns.map(
      ({ name, type }) => `cast(${quoteIdentifier(name)} as ${type}) as ${quoteIdentifier(name)}`,
    ),
    ...lineItemColumns.map((column) => {
      const values = sourcesIn(columnsOfReports, column).map((source) => sourceSql(source, column.type, column.name));
      return `cast(${firstOf(values)} as ${DUCKDB_TYPES[column.type]}) as ${quoteIdentifier(column.name)}`;
    }),
    ...computedColumns.flatMap(({ name, jsonOf }) => {
      const map = lineItemColumns.find((column) => column.name === jsonOf);
      return map ? `${jsonSql(map, columnsOfReports)} as ${quoteIdentifier(name)}` : [];
    }),
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

/**
 * The JSON text of a map, without a detour: what is gathered is such a text already, and its map
 * takes four times as long to make.
 */
function jsonSql(map: LineItemColumn, columnsOfReports: ReadonlySet<string>): string {
  const objects = sourcesIn(columnsOfReports, map).map((source) => {
    const column = quoteIdentifier(sourceColumn(source, map.name));
    return source.from === 'columns' ? column : `to_json(${column})`;
  });
  return `nullif(cast(${firstOf(objects)} as VARCHAR), '{}')`;
}

function sourcesIn(columnsOfReports: ReadonlySet<string>, { name, sources }: LineItemColumn): LineItemSource[] {
  return sources.filter((source) => columnsOfReports.has(sourceColumn(source, name)));
}

function firstOf(values: readonly string[]): string {
  return `coalesce(${[...values, 'null'].join(', ')})`;
}

/** The column of `cur_external` that a source of this contract column reads. */
function sourceColumn(source: LineItemSource, name: string): string {
  return source.from === 'columns' ? gatheredName(name) : source.column;
}

function sourceSql(source: LineItemSource, type: LineItemType, name: string): string {
  const column = quoteIdentifier(sourceColumn(source, name));
  switch (source.from) {
    case 'column':
      if (type === 'VARCHAR') return `nullif(${column}, '')`;
      return type === 'DOUBLE' ? `if(isfinite(${column}), ${column}, null)` : column;
    case 'map':
      return `nullif(${column}[${quoteText(source.key)}], '')`;
    case 'columns':
      return `cast(${column} as ${DUCKDB_TYPES.MAP})`;
    default:
      return source satisfies never;
  }
}

function gatheredName(column: string): string {
  return `${column}_gathered`;
}
