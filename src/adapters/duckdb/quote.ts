/**
 * Quotes an identifier. Throws a RangeError for what DuckDB has no identifier for: an empty name,
 * or one with NUL.
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new RangeError(`not an identifier: ${JSON.stringify(name)}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes text where DuckDB takes no bound parameter. Throws a RangeError for text with NUL, which
 * would cut the statement.
 */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new RangeError(`text must not contain NUL, got ${JSON.stringify(text)}`);
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Makes a path that read_parquet takes as exactly this file: there `*`, `?` and `[` are wildcards,
 * and a bracket around one of them takes it literally (DuckDB documentation, "Glob syntax").
 */
export function literalGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
