import type { StagedFile } from '../../warehouse/warehouse.ts';
import { lowerCase, readNames } from './readNames.ts';
import { contractSourceColumns, type GatheredColumns, gatheredColumns } from './view.ts';

/** A column of a file that is loaded. */
export interface LoadedColumn {
  /** DuckDB's name for it: see {@link readNames}. */
  readonly readName: string;
  readonly type: string;
  /** The contract's source that it is, or the contract's column that gathers it, under `key`. */
  readonly column: string;
  readonly key?: string;
}

/**
 * What of a file is loaded: the columns that the contract reads, and the tags. Of columns that
 * differ only in case the contract takes the one that is written as it says, else the first; each
 * tag is a tag of its own. What else a report has stays in its staged file: a column for each
 * product attribute and tag that any payer ever had would cost every other payer's load, and no
 * query could rely on them.
 */
export function loadedColumns({ columns }: Pick<StagedFile, 'columns'>): LoadedColumn[] {
  const loaded = new Map<string, LoadedColumn & { readonly isExact: boolean }>();
  const names = readNames(columns.map(({ name }) => name));
  for (const [index, { name, type }] of columns.entries()) {
    const readName = names[index];
    if (readName === undefined || name === '' || name.includes('\0')) continue;
    const target = targetOf(name);
    if (!target) continue;
    const identity = JSON.stringify([target.column, target.key]);
    const isExact = target.key !== undefined || name === target.column;
    const before = loaded.get(identity);
    if (!before || (isExact && !before.isExact)) loaded.set(identity, { readName, type, ...target, isExact });
  }
  return [...loaded.values()].map(({ isExact: _, ...column }) => column);
}

function targetOf(name: string): Pick<LoadedColumn, 'column' | 'key'> | undefined {
  const column = lowerCase(name);
  if (contractSourceColumns.has(column)) return { column };
  const gathered = gatheredColumns.find(({ prefixes }) => prefixes.some((prefix) => isBehind(prefix, column)));
  return gathered && { column: gathered.name, key: keyOf(gathered, name) };
}

/** The key keeps the case that the report gives it. */
function keyOf({ cut }: GatheredColumns, name: string): string {
  return lowerCase(name).startsWith(cut) ? name.slice(cut.length) : name;
}

function isBehind(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && name.length > prefix.length;
}
