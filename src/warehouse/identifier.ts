/**
 * Reads an unquoted identifier, as upper case: so Snowflake stores it (SQL reference, "Identifier
 * requirements"). Throws a RangeError that names the field and the value.
 */
export function parseIdentifier(field: string, text: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_$]{0,254}$/.test(text)) {
    throw new RangeError(
      `${field} must be an identifier that needs no quotes (letters, digits, _ and $, no digit first), got ${JSON.stringify(text)}`,
    );
  }
  return text.toUpperCase();
}
