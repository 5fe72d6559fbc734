import { type ValueType, valueColumns } from '../../warehouse/standardTypes.ts';

/**
 * How columns of reports are read. A column of which every registered file has a usual type is read
 * as the external table casts it (`value:"…"::type`, one virtual column each): such a query uses
 * the vectorized scanner, and row groups are pruned by its filters (Snowflake's documentation,
 * "Introduction to external tables"). Any other column is read by value: out of the row itself,
 * whatever type each of its values has. Maps always are, where any file has them.
 *
 * Either way nothing depends on the session of whoever reads. Instants are TIMESTAMP_LTZ, which a
 * plain cast to NTZ would show on the clock of the session's time zone (SQL reference, "Date & time
 * data types"); CONVERT_TIMEZONE shows them on UTC's.
 */

/** The types of the external table's columns. */
export const COLUMN_TYPES: Readonly<Record<ValueType, string>> = {
  VARCHAR: 'varchar',
  DOUBLE: 'double',
  TIMESTAMP: 'timestamp_ltz',
};

/** The columns that are read by value, by name; or `*`, for all of them. */
export type ByValue = ReadonlySet<string>;

/** Stands for every column in {@link ByValue}. */
export const EVERY_COLUMN = '*';

/** A column that the contract reads is read by value. */
export function isByValue(byValue: ByValue, column: string): boolean {
  return byValue.has(column) || byValue.has(EVERY_COLUMN);
}

/** The value of a column in a row: NULL where the file has no such column. */
export function valueSql(column: string, row = 'value'): string {
  return `${row}:"${column}"`;
}

/**
 * SQL for a report's column as the contract's type for it: an empty text is NULL, a timestamp is
 * NTZ and shows UTC. NaN and infinities are still there. Text that is no number, or no timestamp,
 * fails the query rather than counting as nothing. Throws a RangeError for a column that the
 * contract does not read as a value.
 */
export function readSql(column: string, byValue: ByValue): string {
  const type = valueColumns.get(column);
  if (type === undefined) throw new RangeError(`${column} is no column that the contract reads as a value`);
  return isByValue(byValue, column) ? BY_VALUE[type](valueSql(column)) : AS_CAST[type](column);
}

/** The same of a number, where text that is no number counts as NULL. */
export function tryNumberSql(column: string, byValue: ByValue): string {
  if (!isByValue(byValue, column)) return readSql(column, byValue);
  const value = valueSql(column);
  return `iff(is_varchar(${value}), try_to_double(${value}::varchar), ${value}::double)`;
}

/**
 * A double, where NaN and infinities are NULL. NaN equals itself (SQL reference, "Numeric data
 * types").
 */
export function finiteSql(number: string): string {
  return `nullif(nullif(nullif(${number}, 'NaN'::double), 'inf'::double), '-inf'::double)`;
}

const AS_CAST: Readonly<Record<ValueType, (column: string) => string>> = {
  VARCHAR: (column) => `nullif(${column}, '')`,
  DOUBLE: (column) => column,
  TIMESTAMP: (column) => `convert_timezone('UTC', ${column})::timestamp_ntz`,
};

const BY_VALUE: Readonly<Record<ValueType, (value: string) => string>> = {
  VARCHAR: (value) => `case
      when typeof(${value}) in ('TIMESTAMP_LTZ', 'TIMESTAMP_TZ', 'TIMESTAMP_NTZ')
        then to_varchar(${timestampSql(value)}, 'YYYY-MM-DD HH24:MI:SS')
      when typeof(${value}) = 'DATE' then to_varchar(${value}::date, 'YYYY-MM-DD')
      else nullif(${value}::varchar, '')
    end`,
  // Numbers do not go by way of text: that would round them.
  DOUBLE: (value) => `iff(is_varchar(${value}), nullif(${value}::varchar, '')::double, ${value}::double)`,
  TIMESTAMP: timestampSql,
};

/**
 * A timestamp of whatever type. An integer counts seconds, milliseconds, microseconds or
 * nanoseconds since 1970, by its magnitude: TYPEOF calls it DECIMAL where Snowflake has stored it
 * so (SQL reference, "TYPEOF"). Text is in UTC unless it says its own offset; Athena writes UTC's
 * as a word. Its format is stated, because the session's TIMESTAMP_INPUT_FORMAT would count else
 * ("Date and time input and output formats").
 */
function timestampSql(value: string): string {
  const text = `nullif(replace(${value}::varchar, ' UTC', 'Z'), '')`;
  return `case
      when typeof(${value}) in ('TIMESTAMP_LTZ', 'TIMESTAMP_TZ')
        then convert_timezone('UTC', ${value}::timestamp_tz)::timestamp_ntz
      when is_varchar(${value}) then iff(
        regexp_like(${text}, '.*[0-9]:[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)'),
        convert_timezone('UTC', to_timestamp_tz(${text}, 'auto'))::timestamp_ntz,
        to_timestamp_ntz(${text}, 'auto')
      )
      when typeof(${value}) in ('INTEGER', 'DECIMAL') then ${integerTimeSql(value, 'to_timestamp_ntz')}
      else ${value}::timestamp_ntz
    end`;
}

/**
 * An integer, as a timestamp that the function makes of a number and how many decimals a second
 * has.
 */
export function integerTimeSql(value: string, toTimestamp: 'to_timestamp_ntz' | 'to_timestamp_ltz'): string {
  const isBelow = (bound: number) => `${value}::double > -${bound} and ${value}::double < ${bound}`;
  return `case
        when ${isBelow(MAX_SECONDS)} then ${toTimestamp}(${value}::number(38, 0), 0)
        when ${isBelow(MAX_SECONDS * 1e3)} then ${toTimestamp}(${value}::number(38, 0), 3)
        when ${isBelow(MAX_SECONDS * 1e6)} then ${toTimestamp}(${value}::number(38, 0), 6)
        else ${toTimestamp}(${value}::number(38, 0), 9)
      end`;
}

/**
 * Below this an integer counts seconds, until the year 5138; below 1000 times it milliseconds, and
 * so on.
 */
const MAX_SECONDS = 1e11;
