import { shortHash } from '../../base/shortHash.ts';
import { computedColumns } from '../../warehouse/computedColumns.ts';
import {
  type LineItemSource,
  type LineItemType,
  lineItemColumns,
  partitionColumns,
} from '../../warehouse/lineItems.ts';
import { mapColumns, valueColumns } from '../../warehouse/standardTypes.ts';
import type { SnowflakeNames } from './names.ts';
import { type ByValue, finiteSql, isByValue, readSql } from './readColumn.ts';
import { gatherSql, mapSql } from './readMap.ts';

/** The statement that creates the contract view where there is none: see {@link replaceViewSql}. */
export function createViewSql(names: SnowflakeNames): string {
  return viewSql(`create view if not exists ${names.lineItemsView}`, names, new Set());
}

/**
 * The statement that creates the contract view over the native table, in the place of another. It
 * never changes: whatever types a file has, its columns were loaded as the table's (loadColumn.ts),
 * but for maps.
 */
export function replaceLoadedViewSql(names: SnowflakeNames): string {
  return replaceViewSql(names, mapColumns);
}

/**
 * The statement that creates the contract view, which reads these columns by value, in the place of
 * another, in four steps:
 *
 *   published_rows    rows of files in `cur_current_files`
 *   with_maps         the same, the report's maps, and what is gathered into one: each an OBJECT, made once
 *   line_items        the contract's columns
 *   …                 and what is computed, of these
 *
 * Each step names its columns. Those of the external table are casts (readColumn.ts); VALUE, the
 * row itself, is only for tags, maps that any file has, and columns that are read by value, so that
 * a query without any of these need not read it. Product attributes of legacy reports are such
 * columns until the first report comes that has them in a map.
 *
 * Files are picked by EXISTS, so that no row can count twice: Snowflake does not enforce the key of
 * `cur_current_files`. year, month and payer are the table's own columns, passed through
 * as they are. A reader's `where year = 2026 and month = 9` therefore reaches the scan, which
 * prunes by partition columns when the query is compiled; behind a cast, or taken from the other
 * table, it would not (user guide, "Introduction to external tables", partitions).
 */
export function replaceViewSql(names: SnowflakeNames, byValue: ByValue): string {
  return viewSql(`create or replace view ${names.lineItemsView} copy grants`, names, byValue);
}

/**
 * The comment of a view that reads these columns by value: views of other definitions have others.
 */
export function viewComment(names: SnowflakeNames, byValue: ByValue): string {
  const definition = shortHash(querySql(names, byValue));
  return `One row per line item of a published file. What readers may rely on (definition ${definition})`;
}

function viewSql(create: string, names: SnowflakeNames, byValue: ByValue): string {
  return `${create}
comment = '${viewComment(names, byValue)}'
as
${querySql(names, byValue)}`;
}

function querySql(names: SnowflakeNames, byValue: ByValue): string {
  const casts = [...valueColumns.keys()].filter((column) => !isByValue(byValue, column));
  const own = [...partitionColumns.map(({ name }) => name), ...casts, 'value'];
  const columns = [
    ...partitionColumns.map(({ name }) => name),
    ...lineItemColumns.map(({ name, type, sources }) => {
      const values = sources.flatMap((source) => sourceSql(source, { type, name, byValue }));
      // COALESCE takes two at least.
      const [first = 'null::object', ...others] = values;
      return `${others.length > 0 ? `coalesce(${values.join(', ')})` : first} as ${name}`;
    }),
  ];
  return `with published_rows as (
  select
    ${own.map((name) => `registered.${name}`).join(',\n    ')}
  from ${names.rowsTable} as registered
  -- No join: two rows of a published file must not double its line items. And
  -- year, month and payer are this table's own, so that a reader's
  -- filter on them prunes partitions.
  where exists (
    select 1
    from ${names.currentFiles} as published
    where ${partitionColumns.map(({ name }) => `published.${name} = registered.${name}`).join('\n      and ')}
  )
),

with_maps as (
  select
    ${[...own, ...maps(byValue)].join(',\n    ')}
  from published_rows
),

line_items as (
  select
    ${columns.join(',\n    ')}
  from with_maps
)

select
  *,
  ${computedColumns.map(({ name, type, sql }) => `cast(${sql} as ${type.toLowerCase()}) as ${name}`).join(',\n  ')}
from line_items`;
}

interface Target {
  readonly type: LineItemType;
  readonly name: string;
  readonly byValue: ByValue;
}

/** None for a map that no file has. */
function sourceSql(source: LineItemSource, { type, name, byValue }: Target): string | [] {
  switch (source.from) {
    case 'column': {
      if (type === 'MAP') return isByValue(byValue, source.column) ? mapName(source.column) : [];
      const value = readSql(source.column, byValue);
      return type === 'DOUBLE' ? finiteSql(value) : value;
    }
    case 'map':
      return isByValue(byValue, source.column) ? `nullif(${mapName(source.column)}:"${source.key}"::varchar, '')` : [];
    case 'columns':
      return `iff(array_size(object_keys(${gatheredName(name)})) > 0, ${gatheredName(name)}, null)`;
    default:
      return source satisfies never;
  }
}

/** The maps that any file has, and what is gathered for each column. */
function maps(byValue: ByValue): string[] {
  const read = [...mapColumns].filter((column) => isByValue(byValue, column));
  return [
    ...read.map((column) => `${mapSql(column)} as ${mapName(column)}`),
    ...lineItemColumns.flatMap(({ name, sources }) =>
      sources.flatMap((source) => (source.from === 'columns' ? [`${gatherSql(source)} as ${gatheredName(name)}`] : [])),
    ),
  ];
}

function mapName(column: string): string {
  return `${column}_map`;
}

function gatheredName(column: string): string {
  return `${column}_gathered`;
}
