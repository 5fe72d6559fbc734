import type { LineItemSource } from '../../warehouse/lineItems.ts';
import { quoteText } from './quote.ts';
import { valueSql } from './readColumn.ts';

/**
 * A report's map as an OBJECT. How a VARIANT shows a Parquet map is not documented, and was seen to
 * differ: as an array of objects with `key` and `value`, as the same under the name of the map's
 * inner group (`key_value`), or as an object. A LIST of such pairs and a STRUCT with a field per
 * key look the same. Text is read as JSON, else as Athena casts a map (`{a=x, b=y}`). What is not a
 * map at all stays whole, as text under the column's own name.
 */
export function mapSql(column: string): string {
  const variant = valueSql(column);
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

/**
 * Every column of the row whose name begins with one of the prefixes and that has a value, as an
 * OBJECT. The row travels in the accumulator: what a lambda of REDUCE may see of the row around it
 * is not documented.
 */
export function gatherSql({ prefixes, cut }: Extract<LineItemSource, { from: 'columns' }>): string {
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
