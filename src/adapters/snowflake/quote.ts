/**
 * Quotes text where Snowflake takes no bind. A backslash begins an escape there (SQL reference,
 * "String & binary data types"), so it is doubled as well. Throws a RangeError for text with NUL.
 */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new RangeError(`text must not contain NUL, got ${JSON.stringify(text)}`);
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
