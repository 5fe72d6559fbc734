import { type Partition, partitionPrefix } from '../../billing/partition.ts';
import type { ColumnType } from '../warehouse.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteIdentifier, quoteText } from './quote.ts';

/**
 * The partition columns and the key, from a file's path. What stands before `year=` is the stage's own path, so it is
 * never counted: METADATA$FILENAME includes it (user guide, "Introduction to external tables"). Types are those of the
 * same columns in the bookkeeping tables: a comparison with another type would hide the partitions from the optimizer.
 */
const PATH_COLUMNS = [
  ['year', 'number(4, 0)', `cast(split_part(split_part(metadata$filename, 'year=', 2), '/', 1) as number(4, 0))`],
  ['month', 'number(2, 0)', `cast(split_part(split_part(metadata$filename, '/month=', 2), '/', 1) as number(2, 0))`],
  ['payer', 'varchar', `split_part(split_part(metadata$filename, '/payer-', 2), '/', 1)`],
  ['staged_key', 'varchar', `'year=' || split_part(metadata$filename, 'year=', 2)`],
] as const;

/**
 * The statement that creates the external table, with no column of the reports yet: those are added as files bring them. Never replaced: that
 * would forget every registered file, and readers would see nothing until all were registered again. Nothing refreshes
 * it but the reactor, partition by partition.
 */
export function createExternalTableSql(names: SnowflakeNames): string {
  const columns = PATH_COLUMNS.map(([name, type, expression]) => `${name} ${type} as (${expression})`);
  return `create external table if not exists ${names.externalTable} (
  ${columns.join(',\n  ')}
)
partition by (year, month, payer)
location = @${names.stage}
refresh_on_create = false
auto_refresh = false
file_format = (format_name = '${names.fileFormat}')
comment = 'One row per line item of a registered file. Only CUR_LINE_ITEMS knows which of them count'`;
}

/**
 * Adds a column of the reports, under the name that the file has for it; when it is there already, nothing happens. An
 * external table is altered as a table (SQL reference, "ALTER TABLE"). Throws a RangeError for a name that is no identifier.
 */
export function addColumnSql(names: SnowflakeNames, column: ColumnType): string {
  const type = snowflakeType(column.type);
  const value = `value[${quoteText(column.name)}]::${type}`;
  return `alter table ${names.externalTable} add column if not exists ${quoteIdentifier(column.name)} ${type} as (${value})`;
}

/** Registers what lies in one partition, and forgets what no longer does. The path ends in a slash: `payer-1` would be `payer-12` too. */
export function refreshSql(names: SnowflakeNames, partition: Partition): string {
  return `alter external table ${names.externalTable} refresh ${quoteText(partitionPrefix(partition))}`;
}

/** Forgets files, by staged keys: the table's location is the bucket itself. Throws a RangeError when there are none. */
export function removeFilesSql(names: SnowflakeNames, stagedKeys: readonly string[]): string {
  if (stagedKeys.length === 0) throw new RangeError('removing files needs at least one staged key');
  return `alter external table ${names.externalTable} remove files (${stagedKeys.map(quoteText).join(', ')})`;
}

/** Asks which columns the external table has: COLUMN_NAME, DATA_TYPE as the information schema spells it (TEXT, NUMBER). */
export function columnsSql(names: SnowflakeNames): string {
  const [database, schema, table] = names.externalTable.split('.').map((part) => quoteText(part));
  return `select column_name, data_type
from ${names.database}.information_schema.columns
where table_catalog = ${database} and table_schema = ${schema} and table_name = ${table}`;
}

const SNOWFLAKE_TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'varchar'],
  ['double', 'double'],
  ['float', 'double'],
  // One type for every width: a column that is narrow in one report may be wide in the next.
  ['int', 'number(38, 0)'],
  ['bigint', 'number(38, 0)'],
  ['boolean', 'boolean'],
  ['timestamp', 'timestamp_ntz'],
  ['date', 'date'],
  // The file format reads binaries as text: reports have none, but older ones write text without saying that it is.
  ['binary', 'varchar'],
]);

/** Snowflake's type for a column of a Parquet file; maps and whatever else is nested stay as they come. */
export function snowflakeType(columnType: string): string {
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(columnType);
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    // Beyond 38 digits a double is the nearest thing (SQL reference, "Numeric data types").
    return precision <= 38 && scale <= 37 ? `number(${precision}, ${scale})` : 'double';
  }
  return SNOWFLAKE_TYPES.get(columnType) ?? 'variant';
}
