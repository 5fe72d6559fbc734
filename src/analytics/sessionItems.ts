import type { ScriptItem, Step } from '../warehouse/script.ts';
import { isWord, segmentsOf, type Token, tokensOf } from './segments.ts';
import { sessionUseOf } from './sessionUse.ts';

/** Between a statement's verb and the name of its table. */
const BEFORE_NAME =
  'or replace ignore overwrite into from local global temp temporary volatile table view if not exists'.split(' ');
const WRITING = ['insert', 'update', 'delete', 'merge', 'truncate', 'create', 'alter', 'drop'];

/**
 * The items of a step that leave nothing behind when their session ends: all that they do is to
 * set it up, or to fill temporary tables that the step has created before them. A qualified name is
 * a temporary table's only in DuckDB's catalog `temp`.
 */
export function sessionItemsOf({ items }: Pick<Step, 'items'>): ReadonlySet<ScriptItem> {
  const temporary = new Set<string>();
  return new Set(
    items.filter(({ statements }) =>
      statements.map(({ sql }) => staysInSession(sql, temporary)).every((stays) => stays),
    ),
  );
}

/** Adds the temporary table that a statement creates, and takes away the one that it drops. */
function staysInSession(sql: string, temporary: Set<string>): boolean {
  const tokens = tokensOf(segmentsOf(sql));
  const table = writtenTable(tokens);
  const isKnown = table !== undefined && temporary.has(table);
  const changesSession = sessionUseOf(sql) !== 'none';
  if (table !== undefined && isWord(tokens[0], 'create') && changesSession) temporary.add(table);
  if (table !== undefined && isWord(tokens[0], 'drop')) temporary.delete(table);
  return isKnown || changesSession;
}

/**
 * What a statement writes to, by its name in lower case; undefined for other statements and places.
 */
function writtenTable(tokens: readonly Token[]): string | undefined {
  if (!isWord(tokens[0], ...WRITING)) return undefined;
  let at = 1;
  while (isWord(tokens[at], ...BEFORE_NAME) && tokens[at + 1]?.text !== '.') at += 1;
  const name = [nameIn(tokens[at])];
  for (; tokens[at + 1]?.text === '.'; at += 2) name.push(nameIn(tokens[at + 2]));
  return name.length === 1 || name[0] === 'temp' ? name.at(-1) : undefined;
}

function nameIn(token: Token | undefined): string | undefined {
  return token?.kind === 'quoted' ? token.text.replace(/^"|"$/g, '').toLowerCase() : token?.text;
}
