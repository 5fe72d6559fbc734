import { refused } from './snowflakeStatements.ts';
import { parseQuery } from './sql/parser.ts';
import type { Query } from './sql/syntax.ts';

/** What a COPY INTO a table says. */
interface Copy {
  readonly columns: readonly string[];
  readonly query: Query;
  /** Paths in the stage. */
  readonly files: readonly string[];
}

const COPY =
  /^copy into \S+ \(([\w, ]+)\)\nfrom \(\n([\s\S]+)\n\)\nfiles = \(([^()]*(?:\([^()]*\)[^()]*)*)\)\nfile_format = \(format_name = '[^']+'\)\non_error = abort_statement\nforce = true$/;

/** SQL reference, "COPY INTO <table>", FILES. */
const MAX_FILES = 1_000;

/**
 * The functions that a COPY may call, of those that the stand-in knows, and what looks like one
 * (Snowflake's documentation, "Transforming data during a load", supported functions).
 */
const SUPPORTED = new Set([
  ...['case', 'cast', 'convert_timezone', 'iff', 'is_array', 'is_decimal', 'is_integer', 'is_object'],
  ...['is_timestamp_ltz', 'is_timestamp_ntz', 'is_timestamp_tz', 'length', 'nullif', 'nvl', 'regexp_replace'],
  ...['regexp_substr', 'replace', 'split', 'split_part', 'startswith', 'substr', 'to_date', 'to_double'],
  ...['to_timestamp_ltz', 'to_timestamp_ntz', 'to_timestamp_tz', 'to_varchar', 'try_to_double', 'number'],
]);

/** Throws what Snowflake says of a COPY that it does not take. */
export function parseCopy(sql: string): Copy {
  const [, columns = '', query = '', files = ''] = COPY.exec(sql) ?? [];
  const keys = [...files.matchAll(/'((?:[^']|'')*)'/g)].map(([, key = '']) => key.replaceAll("''", "'"));
  if (keys.length === 0 || keys.length > MAX_FILES)
    throw refused('001003', `SQL compilation error: ${keys.length} files`);
  const unknown = [...query.matchAll(/\b([a-z_]+)\(/g)].find(([, name = '']) => !SUPPORTED.has(name))?.[1];
  if (unknown !== undefined) throw refused('002140', `SQL compilation error: Unsupported function ${unknown} in COPY`);
  return { columns: columns.split(', '), query: parseQuery(query), files: keys };
}
