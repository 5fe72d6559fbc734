import { StatementError, type StatementResult } from './protocolServer.ts';

export type Binds = readonly (string | null)[];

/**
 * A statement that the stand-in knows: the whole of its text, with blanks evened out and names as
 * `<externalTable>`.
 */
export interface Known {
  readonly pattern: RegExp;
  readonly run: (call: { match: RegExpExecArray; binds: Binds; sessionId: string }) => Promise<StatementResult>;
}

export const NOTHING: StatementResult = {
  columns: [{ name: 'status', type: 'text' }],
  rows: [['Statement executed successfully.']],
};
/** The pattern of a list of texts that is bound as JSON. */
export const IN_BOUND_TEXTS = String.raw`in \(select value::varchar from table\(flatten\(input => parse_json\(\?\)\)\)\)`;

export function refused(code: string, message: string): StatementError {
  return new StatementError(code, message);
}

/** The whole of a text, given as the source of a regular expression. */
export function pattern(text: string): RegExp {
  return new RegExp(`^${text}$`);
}

/** The whole of a text, character by character. */
export function literally(text: string): RegExp {
  return pattern(escaped(text));
}

/** The source of a regular expression for a text. */
export function escaped(text: string): string {
  return text.replaceAll(/[()?*:|$+]/g, String.raw`\$&`);
}

export function texts(columns: readonly string[], rows: (string | null)[][]): StatementResult {
  return { columns: columns.map((name) => ({ name, type: 'text' })), rows };
}

export function bound(binds: Binds, index: number): string {
  const value = binds[index];
  if (value === undefined || value === null) throw refused('002049', `Bind variable ${index + 1} not set`);
  return value;
}

export function boundNumber(binds: Binds, index: number): number {
  return Number(bound(binds, index));
}

export function boundTexts(binds: Binds, index: number): Set<string> {
  const list: unknown = JSON.parse(bound(binds, index));
  if (!Array.isArray(list)) throw refused('100069', 'bound JSON is no array');
  return new Set(list.map(String));
}

/**
 * The pattern of the rows of some payers' month, as literals: three groups, for {@link monthIn}.
 */
export function ofMonth(alias = ''): string {
  const payers = String.raw`(?:= '\d{12}'|in \('\d{12}'(?:, '\d{12}')*\))`;
  return String.raw`${alias}year = (\d{4}) and ${alias}month = (\d{1,2}) and ${alias}payer (${payers})`;
}

/**
 * Of a match whose first groups are those of {@link ofMonth}: whether a row is one of that month.
 */
export function monthIn([, year, month, payers = '']: RegExpExecArray) {
  const listed = new Set([...payers.matchAll(/\d{12}/g)].map(([payer]) => payer));
  const isOf = (row: { readonly payer: string; readonly year: number; readonly month: number }): boolean =>
    row.year === Number(year) && row.month === Number(month) && listed.has(row.payer);
  return { payers: [...listed].sort(), year: Number(year), month: Number(month), isOf };
}
