import { literalGlob, quoteText } from '../../adapters/duckdb/quote.ts';

/** Asks a DuckDB in memory; nothing is kept. */
export interface DuckdbReader {
  readonly rows: (sql: string) => Promise<readonly (readonly unknown[])[]>;
}

/** Memory that looking at a person's files may take; DuckDB spills what is more. */
const MEMORY_LIMIT = '1GB';

/**
 * Opens a DuckDB in memory for some work and closes it again. Instants are read in UTC: bills are
 * cut by UTC months, wherever the machine stands.
 */
export async function withDuckdb<Result>(work: (reader: DuckdbReader) => Promise<Result>): Promise<Result> {
  // Loaded late: the program's first line must not wait for it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`set global TimeZone = 'UTC'`);
    await connection.run(`set global memory_limit = '${MEMORY_LIMIT}'`);
    return await work({
      rows: async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A list of paths for read_parquet, which cannot be bound. */
export function parquetList(paths: readonly string[]): string {
  return `[${paths.map((path) => quoteText(literalGlob(path))).join(', ')}]`;
}
