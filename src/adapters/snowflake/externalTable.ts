import { type Partition, partitionPrefix } from '../../billing/partition.ts';
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
 * reactor, partition by partition.
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
 * Registers what lies in one partition, and forgets what no longer does. The path ends in a slash:
 * `payer-1` would be `payer-12` too.
 */
export function refreshSql(names: SnowflakeNames, partition: Partition): string {
  return `alter external table ${names.externalTable} refresh ${quoteText(partitionPrefix(partition))}`;
}

/**
 * Forgets files, by staged keys: the table's location is the bucket itself. Throws a RangeError
 * when there are none.
 */
export function removeFilesSql(names: SnowflakeNames, stagedKeys: readonly string[]): string {
  if (stagedKeys.length === 0) throw new RangeError('removing files needs at least one staged key');
  return `alter external table ${names.externalTable} remove files (${stagedKeys.map(quoteText).join(', ')})`;
}
