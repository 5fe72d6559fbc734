import { quoteText } from './quote.ts';

/**
 * SQL that reads a file's column, declared as `columnType` (see `copy/columnTypes.ts`), as the
 * DuckDB type that `cur_external` has for it. It is strict: text that is not a number where the
 * table wants one makes the statement, and so the file, fail; an empty string is NULL. Timestamps
 * are in UTC, whatever the file has. `name` is the table's name for the column.
 */
export function readAs(expression: string, columnType: string, tableType: string, name: string): string {
  if (tableType.startsWith('MAP(')) return readMap(expression, columnType, name);
  // Three quarters of a report's text is '': NULL is written in less time, and read in less.
  if (tableType === 'VARCHAR') return `nullif(${textOf(expression, columnType)}, '')`;
  if (tableType === 'TIMESTAMP') return timestampOf(expression, columnType);
  const value = columnType === 'string' ? `nullif(${expression}, '')` : expression;
  return `cast(${value} as ${tableType})`;
}

/**
 * SQL that turns a column of a file into text: JSON where it is nested, as other readers of text
 * expect it.
 */
export function textOf(expression: string, columnType: string): string {
  if (columnType === 'string') return expression;
  if (columnType.startsWith('timestamp')) return `cast(${timestampOf(expression, columnType)} as VARCHAR)`;
  return isNested(columnType) ? `(to_json(${expression}) ->> '$')` : `cast(${expression} as VARCHAR)`;
}

/**
 * A TIMESTAMP that shows UTC. A plain cast of an instant would show it on the session's clock, and
 * one of text would leave its offset out; text without an offset is taken for a time of the
 * session's zone, which is UTC where files are loaded. Integers count seconds, milliseconds,
 * microseconds or nanoseconds since 1970, by their magnitude.
 */
function timestampOf(expression: string, columnType: string): string {
  switch (columnType) {
    case 'timestamp_utc':
      return `timezone('UTC', ${expression})`;
    case 'string':
      return `timezone('UTC', cast(nullif(${expression}, '') as TIMESTAMPTZ))`;
    case 'int':
    case 'bigint':
      return `make_timestamp(cast(case
        when abs(${expression}) < ${MAX_SECONDS} then ${expression} * 1000000
        when abs(${expression}) < ${MAX_SECONDS * 1e3} then ${expression} * 1000
        when abs(${expression}) < ${MAX_SECONDS * 1e6} then ${expression}
        else ${expression} // 1000
      end as BIGINT))`;
    default:
      return `cast(${expression} as TIMESTAMP)`;
  }
}

/**
 * Below this an integer counts seconds, until the year 5138; below 1000 times it milliseconds, and
 * so on.
 */
const MAX_SECONDS = 1e11;

function readMap(expression: string, columnType: string, name: string): string {
  if (columnType === 'map<string,string>') return expression;
  if (columnType === 'map<string,double>') return `cast(${expression} as MAP(VARCHAR, VARCHAR))`;
  if (isNested(columnType)) return `cur_map_of_json(to_json(${expression}), ${quoteText(name)})`;
  return `cur_map_of_text(${textOf(expression, columnType)}, ${quoteText(name)})`;
}

function isNested(columnType: string): boolean {
  return columnType === 'other' || columnType.startsWith('map<');
}

/**
 * How a map is read that was not written as one: macros, because the expressions are long. What is
 * not a map at all is kept whole, as text under the column's own name, so that nothing a report
 * says is lost or fails its file.
 *
 *   {"a": "x", "n": 1}                            a STRUCT with a field per key, or JSON text
 *   [{"key": "a", "value": "x"}, …]               what Polars, pandas and older Spark make of a MAP
 *   [{"a": "x"}, {"n": 1}]                        a list of maps
 *   {a=x, n=1}                                    text: a MAP that Athena has cast to VARCHAR
 *
 * A key without a value is left out (a STRUCT has every field in every row); of a key that occurs
 * twice the first counts; a value that is nested itself is JSON text.
 */
export const mapMacros: readonly string[] = [
  `create or replace macro cur_map_of_entries(entries) as map_from_entries(
     list_filter(
       list_filter(entries, lambda entry: entry.key is not null and entry.value is not null),
       lambda entry, position: list_position(list_transform(
         list_filter(entries, lambda other: other.key is not null and other.value is not null),
         lambda other: other.key
       ), entry.key) = position
     )
   )`,
  `create or replace macro cur_entries_of_object(object) as
     map_entries(try_cast(object as MAP(VARCHAR, VARCHAR)))`,
  `create or replace macro cur_map_of_json(value, name) as case
     when value is null or json_type(value) = 'NULL' then null
     when json_type(value) = 'OBJECT' then cur_map_of_entries(cur_entries_of_object(value))
     when json_type(value) = 'ARRAY' and list_bool_and(
       list_transform(json_extract(value, '$[*]'), lambda each: json_exists(each, '$.key') and json_exists(each, '$.value'))
     ) then cur_map_of_entries(list_transform(
       json_extract(value, '$[*]'),
       lambda each: {'key': json_extract_string(each, '$.key'), 'value': json_extract_string(each, '$.value')}
     ))
     when json_type(value) = 'ARRAY' and list_bool_and(
       list_transform(json_extract(value, '$[*]'), lambda each: json_type(each) = 'OBJECT')
     ) then cur_map_of_entries(flatten(list_transform(
       json_extract(value, '$[*]'), lambda each: cur_entries_of_object(each)
     )))
     when json_type(value) = 'ARRAY' and json_array_length(value) = 0 then MAP {}
     else map_from_entries([{'key': name, 'value': value ->> '$'}])
   end`,
  `create or replace macro cur_map_of_text(text, name) as case
     when text is null or text = '' then null
     when json_valid(text) then cur_map_of_json(try_cast(text as JSON), name)
     when starts_with(text, '{') and ends_with(text, '}') and list_bool_and(
       list_transform(string_split(text[2:-2], ', '), lambda pair: contains(pair, '='))
     ) then cur_map_of_entries(list_transform(
       string_split(text[2:-2], ', '),
       lambda pair: {'key': split_part(pair, '=', 1), 'value': pair[length(split_part(pair, '=', 1)) + 2:]}
     ))
     else map_from_entries([{'key': name, 'value': text}])
   end`,
];
