/**
 * Quotes an identifier, which then keeps its case. Throws a RangeError for what Snowflake has no identifier for: an empty
 * name, one with NUL, one of more than 255 characters (SQL reference, "Identifier requirements").
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.length > 255 || name.includes('\0')) {
    throw new RangeError(`not an identifier: ${JSON.stringify(name.slice(0, 300))}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Quotes text where Snowflake takes no bind. A backslash begins an escape there (SQL reference, "String & binary data
 * types"), so it is doubled as well. Throws a RangeError for text with NUL.
 */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new RangeError(`text must not contain NUL, got ${JSON.stringify(text)}`);
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
