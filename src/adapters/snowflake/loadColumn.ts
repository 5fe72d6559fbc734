import { type ValueType, valueColumns } from '../../warehouse/standardTypes.ts';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import { COLUMN_TYPES, integerTimeSql, valueSql } from './readColumn.ts';

/**
 * How a report's column is loaded into the native table, whose columns have the types of the
 * external table's. What type a file's column has is known from its footer, so that every file is
 * loaded in its own way, and the contract view reads all of them in one.
 *
 * Nothing depends on the session, whose time zone is far from UTC. Whether a timestamp of Parquet
 * is LTZ or NTZ here is asked of the value itself: the documentation says it of staged files, and
 * INT96 is either, by the scanner. Only functions that a COPY may use stand here (Snowflake's
 * documentation, "Transforming data during a load", supported functions): TYPEOF, IS_VARCHAR and
 * REGEXP_LIKE, by which readColumn.ts tests, are not among them.
 */

/** A staged row. */
const ROW = '$1';

const TEXTS: readonly string[] = ['string', 'binary'];
const TIMES: readonly string[] = ['timestamp_utc', 'timestamp_utc_converted', 'timestamp_local', 'timestamp', 'int96'];

/** A column of a staged row. */
export function stagedSql(column: string): string {
  return valueSql(column, ROW);
}

/** The type of a file's column by its footer; undefined where it has none of that name. */
export function typeIn({ columns }: Pick<StagedFile, 'columns'>, column: string): string | undefined {
  return columns.find(({ name }) => name === column)?.type;
}

/** A column is text in its file. */
export function isText(fileType: string | undefined): boolean {
  return fileType !== undefined && TEXTS.includes(fileType);
}

/**
 * SQL for a report's column in a staged file, as the native table's type. Text that is no number,
 * or no timestamp, fails the statement. Throws a RangeError for a column that the contract does not
 * read as a value.
 */
export function loadSql(column: string, fileType: string | undefined): string {
  const wanted = valueColumns.get(column);
  if (wanted === undefined) throw new RangeError(`${column} is no column that the contract reads as a value`);
  return LOADED[wanted](stagedSql(column), fileType);
}

const LOADED: Readonly<Record<ValueType, (value: string, fileType: string | undefined) => string>> = {
  VARCHAR: (value, fileType) => {
    if (fileType === 'date') return `to_varchar(${value}::date, 'YYYY-MM-DD')`;
    if (fileType === undefined || !TIMES.includes(fileType)) return `${value}::${COLUMN_TYPES.VARCHAR}`;
    return `case
      when is_timestamp_ntz(${value}) then to_varchar(${value}::timestamp_ntz, 'YYYY-MM-DD HH24:MI:SS')
      when is_timestamp_ltz(${value})
        then to_varchar(convert_timezone('UTC', ${value}::timestamp_tz), 'YYYY-MM-DD HH24:MI:SS')
      else ${value}::${COLUMN_TYPES.VARCHAR}
    end`;
  },
  DOUBLE: (value, fileType) =>
    isText(fileType) ? `nullif(${value}::varchar, '')::${COLUMN_TYPES.DOUBLE}` : `${value}::${COLUMN_TYPES.DOUBLE}`,
  TIMESTAMP: (value, fileType) => {
    if (isText(fileType)) return textTimeSql(`nullif(replace(${value}::varchar, ' UTC', 'Z'), '')`);
    if (fileType === 'date') return utcSql(`${value}::timestamp_ntz`);
    return `case
      when is_timestamp_ntz(${value}) then ${utcSql(`${value}::timestamp_ntz`)}
      when is_decimal(${value}) then ${integerTimeSql(value, 'to_timestamp_ltz')}
      else ${value}::${COLUMN_TYPES.TIMESTAMP}
    end`;
  },
};

/** Text is in UTC unless it says its own offset, as where it is read by value. */
function textTimeSql(text: string): string {
  return `iff(
      regexp_substr(${text}, '[0-9]:[0-9]{2}.*(Z|[+-][0-9]{2}(:{0,1}[0-9]{2}){0,1})$') is not null,
      to_timestamp_ltz(${text}, 'auto'),
      ${utcSql(`to_timestamp_ntz(${text}, 'auto')`)}
    )`;
}

/** The instant at which UTC's clock shows an NTZ: a cast would take the clock for the session's. */
export function utcSql(ntz: string): string {
  return `to_timestamp_ltz(to_varchar(${ntz}, 'YYYY-MM-DD HH24:MI:SS.FF3') || ' +00:00', 'auto')`;
}
