import path from 'node:path';
import { type LineItemSource, lineItemColumns } from '../../warehouse/lineItems.ts';
import type { StagedFile } from '../../warehouse/warehouse.ts';
import { membersSql, objectSql } from './gather.ts';
import { type LoadedColumn, loadedColumns } from './loadedColumns.ts';
import { literalGlob, quoteIdentifier, quoteText } from './quote.ts';
import { readAs, textOf } from './readColumn.ts';
import { lowerCase, readNames } from './readNames.ts';
import { contractSourceColumns } from './view.ts';

/**
 * Files that are read by one statement: a column that two of them have, by DuckDB's name for it,
 * has one name, one type and one target in both.
 */
export interface Batch {
  readonly files: StagedFile[];
  /** What of all columns must not differ, by DuckDB's name in lower case. */
  readonly signatures: Map<string, string>;
}

/**
 * Puts files into as few batches as their columns and `maxFiles` allow, in their order within each
 * batch.
 */
export function batches(files: readonly StagedFile[], maxFiles: number): Batch[] {
  const full: Batch[] = [];
  let open: Batch[] = [];
  const known = new Map<StagedFile['columns'], ReadonlyMap<string, string>>();
  for (const file of files) {
    const own = known.get(file.columns) ?? signaturesOf(file);
    known.set(file.columns, own);
    let batch = open.find(({ signatures }) => [...own].every(([name, is]) => (signatures.get(name) ?? is) === is));
    if (!batch) {
      batch = { files: [], signatures: new Map() };
      open.push(batch);
    }
    batch.files.push(file);
    for (const [name, signature] of own) batch.signatures.set(name, signature);
    if (batch.files.length === maxFiles) {
      full.push(batch);
      open = open.filter((other) => other !== batch);
    }
  }
  return [...full, ...open];
}

/**
 * Also of columns that are not loaded: DuckDB makes one type of all that files have under one name.
 */
function signaturesOf({ columns }: StagedFile): ReadonlyMap<string, string> {
  const names = readNames(columns.map(({ name }) => name));
  return new Map(
    columns.map(({ name, type }, index) => [
      lowerCase(names[index] ?? name),
      JSON.stringify([name, names[index], type]),
    ]),
  );
}

/**
 * The statement that loads a batch into `cur_external`. It takes the bound parameters `payer`,
 * `year` and `month`. Hive keys in the path are not looked at: the partition says what is true.
 * Throws a RangeError for a staged key that is not a path below `stagingRoot`.
 */
export function loadSql(batch: Batch, stagingRoot: string): string {
  const { files, signatures } = batch;
  const { read, columns } = contractValues(batch);
  const paths = files.map(({ stagedKey }) => quoteText(literalGlob(stagedPath(stagingRoot, stagedKey))));
  const pathColumn = unusedName('path_of_staged_file', signatures);
  const prefixLength = [...stagedPath(stagingRoot, '')].length;
  const stagedKey = `substr(${quoteIdentifier(pathColumn)}, ${prefixLength + 1}) as staged_key`;
  // With one list of columns DuckDB need not open every file before the first row.
  const unlike = files.some((file) => !hasSameColumns(file, files[0]));
  const options = `union_by_name = ${unlike}, hive_partitioning = false, filename = ${quoteText(pathColumn)}`;
  return `insert into cur_external by name
select ${['$payer as payer', '$year as year', '$month as month', stagedKey, ...columns].join(',\n  ')}
from (
  select ${['*', ...read].join(', ')}
  from read_parquet([${paths.join(', ')}], ${options})
)`;
}

/** The contract's columns that these files fill, in the view's order. */
export function filledColumns(files: readonly StagedFile[]): string[] {
  const loaded = loadedBy(files);
  return lineItemColumns.flatMap(({ name, sources }) =>
    sources.some((source) => isLoaded(loaded, source, name)) ? name : [],
  );
}

function isLoaded(loaded: readonly LoadedColumn[], source: LineItemSource, name: string): boolean {
  return loaded.some(({ column, key }) =>
    source.from === 'columns' ? column === name && key !== undefined : column === source.column && key === undefined,
  );
}

/**
 * SQL for the contract's columns, of each those sources that these files have, first come first
 * served; and what is read once per row for several of them.
 */
function contractValues({ files, signatures }: Batch): { readonly read: string[]; readonly columns: string[] } {
  const loaded = loadedBy(files);
  const read = new Map<string, string>();
  const readOnce = (name: string, sql: string): string => {
    const column = quoteIdentifier(unusedName(name, signatures));
    read.set(column, `${sql} as ${column}`);
    return column;
  };
  const columns = lineItemColumns.flatMap(({ name, type, sources }) => {
    const values = sources.flatMap((source) => {
      if (source.from === 'columns') return gatheredSql(loaded, name, readOnce);
      const found = loaded.find(({ column, key }) => column === source.column && key === undefined);
      if (!found) return [];
      const value = readAs(
        quoteIdentifier(found.readName),
        found.type,
        contractSourceColumns.get(source.column) ?? 'VARCHAR',
        source.column,
      );
      if (source.from === 'column') return type === 'MAP' ? `cast(to_json(${value}) as VARCHAR)` : value;
      return `nullif(${readOnce(`map_of_${source.column}`, value)}[${quoteText(source.key)}], '')`;
    });
    if (values.length === 0) return [];
    return `${values.length > 1 ? `coalesce(${values.join(', ')})` : values.join()} as ${quoteIdentifier(name)}`;
  });
  return { read: [...read.values()], columns };
}

/** The JSON object of the columns that `name` gathers; nothing where these files have none. */
function gatheredSql(
  loaded: readonly LoadedColumn[],
  name: string,
  readOnce: (name: string, sql: string) => string,
): string[] {
  const gathered = loaded.filter(({ column, key }) => column === name && key !== undefined);
  if (gathered.length === 0) return [];
  const entries = gathered.map(({ key = '', readName, type }) => ({
    key,
    value: textOf(quoteIdentifier(readName), type),
  }));
  return [objectSql(readOnce(`members_of_${name}`, membersSql(entries)))];
}

/** What is loaded of any of these files, each column once. */
function loadedBy(files: readonly StagedFile[]): LoadedColumn[] {
  const lists = new Set(files.map(({ columns }) => columns));
  const loaded = new Map<string, LoadedColumn>();
  for (const columns of lists) {
    for (const column of loadedColumns({ columns })) {
      loaded.set(JSON.stringify([column.column, column.key]), column);
    }
  }
  return [...loaded.values()];
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

/** A name like this one which none of the files may have, in whatever case. */
function unusedName(like: string, signatures: ReadonlyMap<string, string>): string {
  let name = like;
  while (signatures.has(name)) name += '_';
  return name;
}
