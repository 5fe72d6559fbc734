import { printable } from '../base/printable.ts';

const MAX_LABEL_CHARACTERS = 120;
const MAX_REASON_CHARACTERS = 600;

/**
 * What failed, for people: the statement's number in the script, the first line of its text, and
 * the reason. One line.
 */
export function statementFailure(number: number, sql: string, reason: string): string {
  const label = cut(sql.trim().split('\n', 1).join(), MAX_LABEL_CHARACTERS);
  return `${printable(`statement ${number} (${label})`)}: ${reasonLine(reason, MAX_REASON_CHARACTERS)}`;
}

/** An engine's message as one line, cut. */
export function reasonLine(reason: string, maxCharacters: number): string {
  return printable(cut(reason.replace(/\s+/g, ' ').trim(), maxCharacters));
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}
