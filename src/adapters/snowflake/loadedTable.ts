import { valueColumns } from '../../warehouse/standardTypes.ts';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import { castColumns, PATH_COLUMNS } from './externalTable.ts';
import { loadSql, typeIn, utcSql } from './loadColumn.ts';
import type { SnowflakeNames } from './names.ts';
import { quoteText } from './quote.ts';
import { EVERY_COLUMN, readSql } from './readColumn.ts';

/**
 * The statement that creates the native table. It has the external table's columns, so that the
 * same views read either; `publish_id` says which publish has loaded a row. Clustered as queries
 * filter: a payer's month is what is deleted, loaded and read. Transient: what a delivery has
 * replaced is not kept for a week of fail-safe, because everything can be loaded again.
 */
export function createLoadedTableSql(names: SnowflakeNames): string {
  const columns = [
    ...PATH_COLUMNS.map(([name, type]) => `${name} ${type} not null`),
    ...castColumns.map(({ name, type }) => `${name} ${type}`),
    'value variant',
    'publish_id varchar not null',
  ];
  return `create transient table if not exists ${names.loadedTable} (
  ${columns.join(',\n  ')}
)
cluster by (year, month, payer)
data_retention_time_in_days = 1
comment = 'One row per line item of a published file. Readers use CUR_LINE_ITEMS'`;
}

/** The statements that give a table of an older release the columns that it lacks, one each. */
export function addLoadedColumnsSql(names: SnowflakeNames): string[] {
  return castColumns.map(
    ({ name, type }) => `alter table ${names.loadedTable} add column if not exists ${name} ${type}`,
  );
}

/**
 * What a file's columns are loaded as: files with the same text can be loaded by one statement. A
 * column that is not in a file is NULL.
 */
export function selectedOf(file: Pick<StagedFile, 'columns'>): string {
  const columns = castColumns.map(({ name }) => loadSql(name, typeIn(file, name)));
  return [...PATH_COLUMNS.map(([, , expression]) => expression), ...columns, '$1'].join(',\n    ');
}

interface Load {
  readonly publishId: string;
  /** Of {@link selectedOf}, for each of the files. */
  readonly selected: string;
  /** Up to 1,000. */
  readonly stagedKeys: readonly string[];
}

/**
 * The statement that loads exactly these files, whole or not at all. FORCE: Snowflake remembers for
 * 64 days what a table was loaded with, and leaves such a file out, also when its rows were deleted
 * (SQL reference, "COPY INTO <table>").
 */
export function copySql(names: SnowflakeNames, { publishId, selected, stagedKeys }: Load): string {
  const columns = [...PATH_COLUMNS.map(([name]) => name), ...castColumns.map(({ name }) => name)];
  return `copy into ${names.loadedTable} (${[...columns, 'value', 'publish_id'].join(', ')})
from (
  select
    ${selected},
    ${quoteText(publishId)}
  from @${names.stage}
)
files = (${stagedKeys.map(quoteText).join(', ')})
file_format = (format_name = '${names.fileFormat}')
on_error = abort_statement
force = true`;
}

/**
 * The statement that fills the native table from the external one with the files that are
 * published, where it has none of them yet: for a stage that changes from one to the other. Every
 * column is read by value, for nothing in Snowflake says what types a file has.
 */
export function fillSql(names: SnowflakeNames): string {
  const everyColumn = new Set([EVERY_COLUMN]);
  const paths = PATH_COLUMNS.map(([name]) => name);
  const columns = [...valueColumns].map(([name, type]) => {
    const read = readSql(name, everyColumn);
    return `${type === 'TIMESTAMP' ? utcSql(read) : read} as ${name}`;
  });
  const isSame = (other: string) => paths.map((name) => `${other}.${name} = registered.${name}`).join(' and ');
  return `insert into ${names.loadedTable}
  (${[...paths, ...valueColumns.keys(), 'value', 'publish_id'].join(', ')})
select
  ${[...paths, ...columns, 'value', `'filled' as publish_id`].join(',\n  ')}
from ${names.externalTable} as registered
where exists (select 1 from ${names.currentFiles} as published where ${isSame('published')})
  and not exists (select 1 from ${names.loadedTable} as loaded where ${isSame('loaded')})`;
}
