import {
  amortizedCost,
  type LineItemSource,
  type LineItemType,
  lineItemColumns,
  partitionColumns,
} from '../../warehouse/lineItems.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';

/** A map is an OBJECT of strings. */
const SNOWFLAKE_TYPES: Readonly<Record<LineItemType, string>> = {
  VARCHAR: 'varchar',
  DOUBLE: 'double',
  TIMESTAMP: 'timestamp_ntz',
  MAP: 'object',
};

/**
 * The statement that creates the contract view, in four steps:
 *
 *   published_rows    rows of files in `cur_current_files`
 *   with_maps         the report's maps, and what is gathered into one: each an OBJECT, made once
 *   line_items        the contract's columns
 *   …                 and the amortized cost, of these
 *
 * Report columns are read out of VALUE, the row itself, where a column that a file does not have is
 * NULL: so the view never changes when reports do. In every string an empty one counts as NULL,
 * also where a number was wanted; text that is not a number fails the query, rather than counting
 * as nothing.
 *
 * Files are picked by EXISTS, so that no row can count twice: Snowflake does not enforce the key of
 * `cur_current_files`. year, month and payer are the external table's own columns, passed through
 * as they are. A reader's `where year = 2026 and month = 9` therefore reaches the scan, which
 * prunes by partition columns when the query is compiled; behind a cast, or taken from the other
 * table, it would not (user guide, "Introduction to external tables", partitions).
 */
export function lineItemsViewSql(names: SnowflakeNames): string {
  const columns = [
    ...partitionColumns.map(({ name }) => name),
    ...lineItemColumns.map(({ name, type, sources }) => {
      const values = sources.map((source) => sourceSql(source, type, name));
      return `${values.length > 1 ? `coalesce(${values.join(', ')})` : values.join()} as ${name}`;
    }),
  ];
  const maps = [
    ...mapColumns().map((name) => `${mapSql(name)} as ${mapName(name)}`),
    ...lineItemColumns.flatMap(({ name, sources }) =>
      sources.flatMap((source) => (source.from === 'columns' ? [`${gatherSql(source)} as ${gatheredName(name)}`] : [])),
    ),
  ];
  return `create or replace view ${names.lineItemsView} copy grants
comment = 'One row per line item of a published file. What readers may rely on'
as
with published_rows as (
  select
    ${partitionColumns.map(({ name }) => `registered.${name}`).join(',\n    ')},
    registered.value
  from ${names.externalTable} as registered
  -- No join: two rows of a published file must not double its line items. And
  -- year, month and payer are the external table's own, so that a reader's
  -- filter on them prunes partitions.
  where exists (
    select 1
    from ${names.currentFiles} as published
    where ${partitionColumns.map(({ name }) => `published.${name} = registered.${name}`).join('\n      and ')}
  )
),

with_maps as (
  select
    *,
    ${maps.join(',\n    ')}
  from published_rows
),

line_items as (
  select
    ${columns.join(',\n    ')}
  from with_maps
)

select
  *,
  cast(${amortizedCost} as double) as amortized_cost
from line_items`;
}

function sourceSql(source: LineItemSource, type: LineItemType, name: string): string {
  switch (source.from) {
    case 'column':
      return type === 'MAP' ? mapName(source.column) : readSql(`value:"${source.column}"`, type);
    case 'map':
      return readSql(`${mapName(source.column)}:"${source.key}"`, type);
    case 'columns':
      return `iff(array_size(object_keys(${gatheredName(name)})) > 0, ${gatheredName(name)}, null)`;
    default:
      return source satisfies never;
  }
}

/** A VARIANT as the contract's type. */
function readSql(variant: string, type: LineItemType): string {
  const text = `nullif(${variant}::varchar, '')`;
  if (type === 'VARCHAR') return text;
  // Numbers do not go by way of text: that would round them.
  const wanted = SNOWFLAKE_TYPES[type];
  const value = `iff(is_varchar(${variant}), ${text}::${wanted}, ${variant}::${wanted})`;
  // NaN equals itself there, so it can be recognized like the infinities (SQL reference, "Numeric
  // data types").
  return type === 'DOUBLE' ? `nullif(nullif(nullif(${value}, 'NaN'::double), 'inf'::double), '-inf'::double)` : value;
}

/** Report columns that some source reads as a map. */
function mapColumns(): string[] {
  const names = lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source) =>
      source.from === 'map' || (source.from === 'column' && type === 'MAP') ? [source.column] : [],
    ),
  );
  return [...new Set(names)];
}

function mapName(column: string): string {
  return `${column}_map`;
}

/**
 * A report's map as an OBJECT. How a VARIANT shows a Parquet map is not documented, and was seen to
 * differ: as an array of objects with `key` and `value`, as the same under the name of the map's
 * inner group (`key_value`), or as an object. A LIST of such pairs and a STRUCT with a field per
 * key look the same. Text is read as JSON, else as Athena casts a map (`{a=x, b=y}`). What is not a
 * map at all stays whole, as text under the column's own name.
 */
function mapSql(column: string): string {
  const variant = `value:"${column}"`;
  const text = `${variant}::varchar`;
  const json = `try_parse_json(${text})`;
  return `case
      when is_array(${variant}) and ${arePairs(variant)} then ${pairsSql(variant)}
      when is_array(${variant}:"key_value") then ${pairsSql(`${variant}:"key_value"`)}
      when is_object(${variant}) then as_object(${variant})
      when is_varchar(${variant}) and is_object(${json}) then as_object(${json})
      when is_varchar(${variant}) and is_array(${json}) and ${arePairs(json)} then ${pairsSql(json)}
      when is_varchar(${variant}) and startswith(${text}, '{') and endswith(${text}, '}')
        and array_size(filter(${pieces(text)}, piece varchar -> not contains(piece, '='))) = 0 then ${piecesSql(text)}
      when nullif(${text}, '') is not null then object_construct(${quoteText(column)}, ${text})
    end`;
}

function arePairs(array: string): string {
  return `array_size(filter(as_array(${array}), pair variant -> pair:"key" is null)) = 0`;
}

function pairsSql(array: string): string {
  return `reduce(
        as_array(${array}),
        object_construct(),
        (filled object, pair variant) -> object_insert(filled, pair:"key"::varchar, pair:"value"::varchar, true)
      )`;
}

/** What stands between the braces, cut where Athena puts a comma. */
function pieces(text: string): string {
  return `split(substr(${text}, 2, length(${text}) - 2), ', ')`;
}

function piecesSql(text: string): string {
  return `reduce(
        ${pieces(text)},
        object_construct(),
        (filled object, piece varchar) ->
          object_insert(filled, split_part(piece, '=', 1), substr(piece, position('=' in piece) + 1), true)
      )`;
}

function gatheredName(column: string): string {
  return `${column}_gathered`;
}

/**
 * Every column of the row whose name begins with one of the prefixes and that has a value, as an
 * OBJECT. The row travels in the accumulator: what a lambda of REDUCE may see of the row around it
 * is not documented.
 */
function gatherSql({ prefixes, cut }: Extract<LineItemSource, { from: 'columns' }>): string {
  const matches = prefixes.map(
    (prefix) => `(startswith(name, ${quoteText(prefix)}) and length(name) > ${prefix.length})`,
  );
  const key = `iff(startswith(name, ${quoteText(cut)}), substr(name, ${cut.length + 1}), name)`;
  return `object_delete(
      reduce(
        object_keys(value),
        object_construct(${ROW}, value),
        (filled object, name varchar) -> iff(
          ${matches.join(' or ')},
          object_insert(filled, ${key}, nullif(get(filled[${ROW}], name)::varchar, ''), true),
          filled
        )
      ),
      ${ROW}
    )`;
}

/** No key that is gathered: those keep a part of their prefix. */
const ROW = quoteText('#row');
