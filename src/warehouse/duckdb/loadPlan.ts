import path from 'node:path';
import type { ColumnType, StagedFile } from '../warehouse.ts';
import { readAs } from './columnTypes.ts';
import { literalGlob, quoteIdentifier, quoteText } from './quote.ts';

/** The first columns of `cur_external`. They say where a row belongs, so a report's column of such a name is not loaded. */
export const fileColumns = ['payer', 'year', 'month', 'staged_key'] as const;

/** A column as `cur_external` names it: ASCII letters in lower case, because that is how far DuckDB ignores case. */
export function tableColumnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * The columns of a file that are loaded, under their names in the table. Of columns that differ only in case the first
 * one; none without a name, and none named like {@link fileColumns}.
 */
export function loadedColumns(file: StagedFile): ColumnType[] {
  const columns = new Map<string, ColumnType>();
  for (const { name, type } of file.columns) {
    const tableName = tableColumnName(name);
    const isLoadable = tableName !== '' && !tableName.includes('\0') && !fileColumns.some((own) => own === tableName);
    if (isLoadable && !columns.has(tableName)) columns.set(tableName, { name: tableName, type });
  }
  return [...columns.values()];
}

/** Files that are read by one statement: none of their common columns has two types. */
export interface Batch {
  readonly files: StagedFile[];
  readonly types: Map<string, string>;
}

/** Puts files into as few batches as their column types and `maxFiles` allow, in their order within each batch. */
export function batches(files: readonly StagedFile[], maxFiles: number): Batch[] {
  const full: Batch[] = [];
  let open: Batch[] = [];
  for (const file of files) {
    const columns = loadedColumns(file);
    let batch = open.find(({ types }) => columns.every(({ name, type }) => (types.get(name) ?? type) === type));
    if (!batch) {
      batch = { files: [], types: new Map() };
      open.push(batch);
    }
    batch.files.push(file);
    for (const { name, type } of columns) batch.types.set(name, type);
    if (batch.files.length === maxFiles) {
      full.push(batch);
      open = open.filter((other) => other !== batch);
    }
  }
  return [...full, ...open];
}

/**
 * The statement that loads a batch into `cur_external`, whose columns have the types `tableTypes`. It takes the bound
 * parameters `payer`, `year` and `month`. Hive keys in the path are not looked at: the partition says what is true.
 * Throws a RangeError for a staged key that is no path below `stagingRoot`.
 */
export function loadSql(batch: Batch, stagingRoot: string, tableTypes: ReadonlyMap<string, string>): string {
  const columns = [...batch.types].map(([name, type]) => {
    const identifier = quoteIdentifier(name);
    return `${readAs(identifier, type, tableTypes.get(name) ?? 'VARCHAR')} as ${identifier}`;
  });
  const paths = batch.files.map(({ stagedKey }) => quoteText(literalGlob(stagedPath(stagingRoot, stagedKey))));
  const pathColumn = unusedName(batch.types);
  const prefixLength = [...stagedPath(stagingRoot, '')].length;
  const stagedKey = `substr(${quoteIdentifier(pathColumn)}, ${prefixLength + 1}) as staged_key`;
  // With one list of columns DuckDB need not open every file before the first row.
  const unlike = batch.files.some((file) => !hasSameColumns(file, batch.files[0]));
  const options = `union_by_name = ${unlike}, hive_partitioning = false, filename = ${quoteText(pathColumn)}`;
  return `insert into cur_external by name
select ${['$payer as payer', '$year as year', '$month as month', stagedKey, ...columns].join(',\n  ')}
from read_parquet([${paths.join(', ')}], ${options})`;
}

function hasSameColumns(a: StagedFile, b: StagedFile | undefined): boolean {
  if (!b || a.columns === b.columns) return true;
  return (
    a.columns.length === b.columns.length &&
    a.columns.every(({ name, type }, index) => name === b.columns[index]?.name && type === b.columns[index]?.type)
  );
}

function stagedPath(stagingRoot: string, stagedKey: string): string {
  const below = path.posix.normalize(stagedKey);
  if (stagedKey !== '' && (below !== stagedKey || below.startsWith('../') || below.startsWith('/'))) {
    throw new RangeError(`staged key must be a path below the staging root, got ${JSON.stringify(stagedKey)}`);
  }
  return `${stagingRoot.replace(/\/+$/, '')}/${stagedKey}`;
}

/** A name for read_parquet's column of paths, which must not be in any of the files: in what case ever. */
function unusedName(types: ReadonlyMap<string, string>): string {
  let name = 'path_of_staged_file';
  while (types.has(name)) name += '_';
  return name;
}
