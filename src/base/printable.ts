/**
 * A value from outside, fit for one line of a log: as JSON, cut after 120 characters, with every
 * character escaped that moves a cursor, breaks a line or turns the reading direction.
 */
export function quoteValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const short = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return printable(short);
}

/**
 * Text from outside, without a character that moves a cursor, breaks a line or turns the reading
 * direction.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\u{${codePoint.toString(16)}}`;
  });
}
