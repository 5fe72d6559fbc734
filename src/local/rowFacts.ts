import { DuckDBInstance } from '@duckdb/node-api';
import { literalGlob, quoteText } from '../warehouse/duckdb/quote.ts';

/** What a file's rows say of themselves: each list without doubles. Empty lists when the file has no rows. */
export interface RowFacts {
  readonly payers: readonly string[];
  /** `YYYY-MM` of bill_billing_period_start_date. */
  readonly periods: readonly string[];
}

/** Footers that are opened at once; more only takes memory. */
const BATCH = 200;

const QUERY = `
  select filename,
         list(distinct cast(bill_payer_account_id as varchar)) as payers,
         list(distinct substr(cast(bill_billing_period_start_date as varchar), 1, 7)) as periods
  from read_parquet($paths, filename = true, union_by_name = true, hive_partitioning = false)
  group by filename`;

/**
 * What the rows of Parquet files say, by path; an error message in place of what cannot be read. Reads two columns of each
 * file with DuckDB. A batch with an unreadable file is read again file by file.
 */
export async function readRowFacts(paths: readonly string[]): Promise<Map<string, RowFacts | string>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const query = async (batch: readonly string[]) => {
    const reader = await connection.runAndReadAll(QUERY.replace('$paths', () => quotedList(batch)));
    return reader
      .getRowsJson()
      .map(([path, payers, periods]) => [String(path), texts(payers), texts(periods)] as const);
  };
  const facts = new Map<string, RowFacts | string>(paths.map((path) => [path, { payers: [], periods: [] }]));
  try {
    for (let start = 0; start < paths.length; start += BATCH) {
      const batch = paths.slice(start, start + BATCH);
      try {
        for (const [path, payers, periods] of await query(batch)) facts.set(path, { payers, periods });
      } catch {
        for (const path of batch) await one(path);
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return facts;

  async function one(path: string): Promise<void> {
    try {
      for (const [, payers, periods] of await query([path])) facts.set(path, { payers, periods });
    } catch (error) {
      const [firstLine = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
      facts.set(path, firstLine);
    }
  }
}

/** DuckDB cannot bind a list of files. */
function quotedList(paths: readonly string[]): string {
  return `[${paths.map((path) => quoteText(literalGlob(path))).join(', ')}]`;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '').map(String) : [];
}
