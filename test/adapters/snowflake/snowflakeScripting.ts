/** A statement of Snowflake Scripting, as far as the blocks of this project need it. */
export type ScriptingStatement =
  | { readonly is: 'assign'; readonly variable: string; readonly value: Expression }
  | { readonly is: 'run'; readonly sql: string }
  | { readonly is: 'select'; readonly sql: string; readonly into: readonly string[] }
  | { readonly is: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly ScriptingStatement[] }
  | { readonly is: 'block'; readonly block: Nested }
  | { readonly is: 'insert'; readonly sql: string }
  | { readonly is: 'raise' }
  | { readonly is: 'return'; readonly value: Expression };

/** A block within a block, which declares nothing. */
interface Nested {
  readonly statements: readonly ScriptingStatement[];
  readonly whenOther: readonly ScriptingStatement[];
}

/** `variable` compares so with a number, another variable or a list of numbers; or it is true. */
export interface Branch {
  readonly variable: string;
  readonly comparison: '>' | '>=' | '<>' | 'in' | undefined;
  readonly than: number | string | readonly number[];
  readonly statements: readonly ScriptingStatement[];
}

/** A number, a truth value, a text, a variable, or the JSON text of an object. */
export type Expression =
  | { readonly is: 'constant'; readonly value: Value }
  | { readonly is: 'variable'; readonly name: string }
  | { readonly is: 'json'; readonly fields: readonly (readonly [string, Expression])[] };

export type Value = string | number | boolean | null;

export interface Block extends Nested {
  readonly variables: ReadonlyMap<string, Value>;
}

/** A text literal, from its first quote to its last. */
const LITERAL = String.raw`'(?:[^'\\]|''|\\[\s\S])*'`;
const CONSTANTS = new Map<string, Value>([
  ['true', true],
  ['false', false],
]);
const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['0', '\0'],
]);

/**
 * The text of the block in an `execute immediate '<block>'`; undefined for every other statement.
 */
export function blockTextOf(sql: string): string | undefined {
  const literal = new RegExp(`^execute immediate (${LITERAL})$`).exec(sql)?.[1];
  const text = literal === undefined ? '' : unquoted(literal);
  return /^declare\s/.test(text) ? text : undefined;
}

/**
 * The block in a statement, if it is one with a block. Throws a SyntaxError for a block that is
 * none.
 */
export function blockOf(sql: string): Block | undefined {
  const text = blockTextOf(sql);
  return text === undefined ? undefined : parseBlock(new Reader(text));
}

/**
 * The text of a literal: two quotes are one, and a backslash escapes (SQL reference, "String &
 * binary data types").
 */
function unquoted(literal: string): string {
  return literal
    .slice(1, -1)
    .replaceAll(/''|\\([\s\S])/g, (_, escaped?: string) =>
      escaped === undefined ? "'" : (ESCAPES.get(escaped) ?? escaped),
    );
}

/** Reads a text from its start to its end; blanks between what it takes do not count. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What matches here, if it does. */
  take(pattern: string): RegExpExecArray | undefined {
    const sticky = new RegExp(String.raw`\s*${pattern}`, 'y');
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text) ?? undefined;
    if (match) this.#at = sticky.lastIndex;
    return match;
  }

  expect(pattern: string): RegExpExecArray {
    const match = this.take(pattern);
    if (!match) throw new SyntaxError(`unexpected '${this.#text.slice(this.#at, this.#at + 80).trim()}'`);
    return match;
  }

  end(): void {
    this.expect('$');
  }
}

function parseBlock(reader: Reader): Block {
  reader.expect(String.raw`declare\s`);
  const variables = new Map<string, Value>();
  for (let match = declaration(reader); match; match = declaration(reader)) {
    const [, name = '', type, initial = ''] = match;
    variables.set(name, type === 'integer' || type === 'boolean' ? (CONSTANTS.get(initial) ?? Number(initial)) : '');
  }
  reader.expect(String.raw`begin\s`);
  const nested = parseNested(reader);
  reader.end();
  return { variables, ...nested };
}

/** What follows its `begin`. */
function parseNested(reader: Reader): Nested {
  const statements = parseStatements(reader);
  reader.expect(String.raw`exception\s+when other then\s`);
  const whenOther = parseStatements(reader);
  reader.expect('end;');
  return { statements, whenOther };
}

function declaration(reader: Reader): RegExpExecArray | undefined {
  return reader.take(
    String.raw`([a-z_]+) (integer|boolean|varchar|timestamp_ntz) default (\d+|true|false|''|sysdate\(\));`,
  );
}

function parseStatements(reader: Reader): ScriptingStatement[] {
  const statements: ScriptingStatement[] = [];
  for (let statement = parseStatement(reader); statement; statement = parseStatement(reader)) {
    statements.push(statement);
  }
  return statements;
}

function parseStatement(reader: Reader): ScriptingStatement | undefined {
  const transaction = reader.take('(begin transaction|commit|rollback);');
  if (transaction) return { is: 'run', sql: transaction[1] ?? '' };
  const immediate = reader.take(`execute immediate (${LITERAL});`);
  if (immediate) return { is: 'run', sql: unquoted(immediate[1] ?? '') };
  const update = reader.take(`(update (?:[^;']|${LITERAL})*);`);
  if (update) return { is: 'run', sql: update[1] ?? '' };
  const select = reader.take(String.raw`(select [^;']*?)\s+into ((?::[a-z_]+(?:, )?)+) (from (?:[^;']|${LITERAL})*);`);
  if (select) {
    const into = (select[2] ?? '').split(', ').map((variable) => variable.slice(1));
    return { is: 'select', sql: `${select[1]} ${select[3]}`, into };
  }
  if (reader.take(String.raw`begin\s`)) return { is: 'block', block: parseNested(reader) };
  if (reader.take('raise;')) return { is: 'raise' };
  const insert = reader.take(`(insert into (?:[^;']|${LITERAL})*);`);
  if (insert) return { is: 'insert', sql: insert[1] ?? '' };
  if (reader.take('return ')) return { is: 'return', value: ended(reader, parseExpression(reader)) };
  if (reader.take(String.raw`if \(`)) return parseIf(reader);
  const assigned = reader.take('([a-z_]+) := ');
  return assigned && { is: 'assign', variable: assigned[1] ?? '', value: ended(reader, parseExpression(reader)) };
}

function ended<Item>(reader: Reader, item: Item): Item {
  reader.expect(';');
  return item;
}

function parseIf(reader: Reader): ScriptingStatement {
  const branches: Branch[] = [];
  do {
    const [, variable = '', comparison, than = ''] = reader.expect(
      String.raw`([a-z_]+)(?: (>=?|<>|in) (\d+|[a-z_]+|\([\d, ]+\)))?\) then\s`,
    );
    const known = COMPARISONS.find((one) => one === comparison);
    branches.push({ variable, comparison: known, than: compared(than), statements: parseStatements(reader) });
  } while (reader.take(String.raw`elseif \(`));
  const otherwise = reader.take(String.raw`else\s`) ? parseStatements(reader) : [];
  reader.expect('end if;');
  return { is: 'if', branches, otherwise };
}

const COMPARISONS = ['>', '>=', '<>', 'in'] as const;

function compared(text: string): Branch['than'] {
  if (text.startsWith('(')) return text.slice(1, -1).split(', ').map(Number);
  return /^\d/.test(text) ? Number(text) : text;
}

function parseExpression(reader: Reader): Expression {
  const literal = reader.take(`(${LITERAL})`);
  if (literal) return { is: 'constant', value: unquoted(literal[1] ?? '') };
  if (reader.take(String.raw`sysdate\(\)`)) return { is: 'constant', value: '2026-11-28 12:00:00' };
  const number = reader.take(String.raw`(\d+)`);
  if (number) return { is: 'constant', value: Number(number[1]) };
  if (!reader.take(String.raw`to_json\(object_construct\(`)) {
    const name = reader.expect('([a-z_]+)')[1] ?? '';
    const value = CONSTANTS.get(name);
    return value === undefined ? { is: 'variable', name } : { is: 'constant', value };
  }
  const fields: [string, Expression][] = [];
  do {
    const key = unquoted(reader.expect(`(${LITERAL}), `)[1] ?? '');
    fields.push([key, parseExpression(reader)]);
  } while (reader.take(', '));
  reader.expect(String.raw`\)\)`);
  return { is: 'json', fields };
}
