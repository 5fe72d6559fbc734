import {
  amortizedCost,
  type LineItemSource,
  type LineItemType,
  lineItemColumns,
  partitionColumns,
} from '../lineItems.ts';
import { quoteIdentifier, quoteText } from './quote.ts';

/** Type names as `duckdb_columns()` spells them. */
const DUCKDB_TYPES: Readonly<Record<LineItemType, string>> = {
  VARCHAR: 'VARCHAR',
  DOUBLE: 'DOUBLE',
  TIMESTAMP: 'TIMESTAMP',
  MAP: 'MAP(VARCHAR, VARCHAR)',
};

/**
 * The report columns that the contract view reads by name, with the DuckDB types that they always have in
 * `cur_external`, whatever type a report gives them.
 */
export const contractSourceColumns: ReadonlyMap<string, string> = new Map(
  lineItemColumns.flatMap(({ type, sources }) =>
    sources.flatMap((source): [string, string][] => {
      if (source.from === 'columns') return [];
      return [[source.column, DUCKDB_TYPES[source.from === 'map' ? 'MAP' : type]]];
    }),
  ),
);

/**
 * The statement that creates the contract view over `cur_external`, which has the columns `externalColumns`
 * (lower-case names) and all of {@link contractSourceColumns}. Only rows of files in `cur_current_files` are in the
 * view; a semi-join, so that no row can ever count twice.
 */
export function lineItemsViewSql(externalColumns: readonly string[]): string {
  const columns = [
    ...partitionColumns.map(
      ({ name, type }) => `cast(${quoteIdentifier(name)} as ${type}) as ${quoteIdentifier(name)}`,
    ),
    ...lineItemColumns.map(({ name, type, sources }) => {
      const values = sources.flatMap((source) => sourceSql(source, type, externalColumns));
      const value = values.length > 1 ? `coalesce(${values.join(', ')})` : values.join();
      return `cast(${value} as ${DUCKDB_TYPES[type]}) as ${quoteIdentifier(name)}`;
    }),
  ];
  return `create or replace view cur_line_items as
select *, cast(${amortizedCost} as DOUBLE) as amortized_cost
from (
  select
    ${columns.join(',\n    ')}
  from cur_external
  semi join cur_current_files using (payer, year, month, staged_key)
) as line_items`;
}

function sourceSql(source: LineItemSource, type: LineItemType, externalColumns: readonly string[]): string[] {
  switch (source.from) {
    case 'column': {
      const column = quoteIdentifier(source.column);
      return [type === 'VARCHAR' ? `nullif(${column}, '')` : column];
    }
    case 'map':
      return [`nullif(${quoteIdentifier(source.column)}[${quoteText(source.key)}], '')`];
    case 'columns': {
      const names = externalColumns.filter((name) => source.prefixes.some((prefix) => isBehind(prefix, name))).sort();
      return names.length > 0 ? [gatherSql(names, source.cut)] : [];
    }
    default:
      return source satisfies never;
  }
}

function isBehind(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && name.length > prefix.length;
}

/** A map of the columns that have a value in the row; NULL when none has. */
function gatherSql(names: readonly string[], cut: string): string {
  const entries = names.map((name) => {
    const key = name.startsWith(cut) ? name.slice(cut.length) : name;
    return `{'k': ${quoteText(key)}, 'v': nullif(cast(${quoteIdentifier(name)} as VARCHAR), '')}`;
  });
  const filled = `list_filter([${entries.join(', ')}], lambda entry: entry.v is not null)`;
  return `nullif(map_from_entries(${filled}), MAP {})`;
}
