import { valueColumns } from '../../warehouse/standardTypes.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';
import { COLUMN_TYPES, valueSql } from './readColumn.ts';

/**
 * The partition columns and the key, from a file's path. What stands before `year=` is the stage's
 * own path, so it is never counted: METADATA$FILENAME includes it (user guide, "Introduction to
 * external tables"). Types are those of the same columns in the bookkeeping tables: a comparison
 * with another type would hide the partitions from the optimizer.
 */
export const PATH_COLUMNS = [
  ['year', 'number(4, 0)', `cast(split_part(split_part(metadata$filename, 'year=', 2), '/', 1) as number(4, 0))`],
  ['month', 'number(2, 0)', `cast(split_part(split_part(metadata$filename, '/month=', 2), '/', 1) as number(2, 0))`],
  ['payer', 'varchar', `split_part(split_part(metadata$filename, '/payer-', 2), '/', 1)`],
  ['staged_key', 'varchar', `'year=' || split_part(metadata$filename, 'year=', 2)`],
] as const;

/**
 * The columns of reports that the contract reads as values, each cast from the row: what is not in
 * a file is NULL. Tags, maps and whatever else a report has are in VALUE, the row itself: so a
 * report with thousands of columns alters nothing.
 */
export const castColumns: readonly { readonly name: string; readonly type: string }[] = [...valueColumns].map(
  ([name, type]) => ({ name, type: COLUMN_TYPES[type] }),
);

/**
 * The statement that creates the external table. Never replaced: that would forget every registered
 * file, and readers would see nothing until all were registered again. Nothing refreshes it but the
 * reactor, file by file.
 */
export function createExternalTableSql(names: SnowflakeNames): string {
  const columns = [
    ...PATH_COLUMNS.map(([name, type, expression]) => `${name} ${type} as (${expression})`),
    ...castColumns.map(castColumnSql),
  ];
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
 * The statements that give a table of an older release the columns that it lacks, one each (SQL
 * reference, "ALTER TABLE", external table column action).
 */
export function addColumnsSql(names: SnowflakeNames): string[] {
  return castColumns.map(
    (column) => `alter table ${names.externalTable} add column if not exists ${castColumnSql(column)}`,
  );
}

function castColumnSql({ name, type }: { readonly name: string; readonly type: string }): string {
  return `${name} ${type} as (${valueSql(name)}::${type})`;
}

/**
 * Makes the table know files, by staged keys: its location is the bucket itself. Never a REFRESH of
 * a path: that would also register whatever else lies there. Throws a RangeError when there are no
 * files.
 */
export function addFilesSql(names: SnowflakeNames, stagedKeys: readonly string[]): string {
  return `alter external table ${names.externalTable} add files (${quotedKeys(stagedKeys)})`;
}

/** Makes it forget files. Throws a RangeError when there are none. */
export function removeFilesSql(names: SnowflakeNames, stagedKeys: readonly string[]): string {
  return `alter external table ${names.externalTable} remove files (${quotedKeys(stagedKeys)})`;
}

function quotedKeys(stagedKeys: readonly string[]): string {
  if (stagedKeys.length === 0) throw new RangeError('files to add or remove need at least one staged key');
  return stagedKeys.map(quoteText).join(', ');
}
