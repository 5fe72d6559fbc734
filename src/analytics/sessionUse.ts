import { isWord, segmentsOf, type Token, tokensOf } from './segments.ts';

/** After one of these, and after a `;`, a statement of a block begins. */
const BEFORE_STATEMENTS = ['begin', 'then', 'else', 'do', 'loop', 'repeat', 'exception'];
/** In a text that is executed, a word too many only means a longer step. */
const SESSION_WORDS = /\b(use|set|unset|session|temp|temporary|volatile|call)\b/i;

/**
 * What a statement has to do with the session that it runs in:
 *
 *   none       nothing: it may run in any session of the reactor
 *   setsUp     it sets the session up, the same in each one: `use`, `alter session`
 *   changes    what follows needs the same session: variables, temporary tables; and what nobody can
 *              know beforehand, such as what a procedure does
 */
export type SessionUse = 'none' | 'setsUp' | 'changes';

/** Reads it from the statement; of a block, from the statements in it. */
export function sessionUseOf(sql: string): SessionUse {
  const tokens = tokensOf(segmentsOf(sql));
  if (isWord(tokens[0], 'use') || isAlterSession(tokens, 0)) return 'setsUp';
  const starts = isWord(tokens[0], 'begin', 'declare') ? statementStarts(tokens) : [0];
  return starts.some((index) => changesSession(tokens, index)) ? 'changes' : 'none';
}

/**
 * Whether a statement reads the query before it in its session (SQL reference, LAST_QUERY_ID), as
 * in `table(result_scan(last_query_id()))`: then nothing may come between the two.
 */
export function readsLastQuery(sql: string): boolean {
  const tokens = tokensOf(segmentsOf(sql));
  return tokens.some((token, index) => isWord(token, 'last_query_id') && tokens[index + 1]?.text === '(');
}

function statementStarts(tokens: readonly Token[]): number[] {
  return tokens.flatMap((_, index) => {
    const before = tokens[index - 1];
    return before?.text === ';' || isWord(before, ...BEFORE_STATEMENTS) ? [index] : [];
  });
}

function changesSession(tokens: readonly Token[], index: number): boolean {
  const [token, next, second] = tokens.slice(index, index + 3);
  if (isWord(token, 'use', 'set', 'unset', 'call') || isAlterSession(tokens, index)) return true;
  if (isWord(token, 'execute') && isWord(next, 'immediate')) {
    return second?.kind !== 'quoted' || SESSION_WORDS.test(second.text);
  }
  // "CALL (with anonymous procedure)".
  if (isWord(token, 'with')) return tokens.some((one) => isWord(one, 'procedure'));
  return isWord(token, 'create') && createsTemporary(tokens, index + 1);
}

function isAlterSession(tokens: readonly Token[], index: number): boolean {
  return isWord(tokens[index], 'alter') && isWord(tokens[index + 1], 'session');
}

function createsTemporary(tokens: readonly Token[], start: number): boolean {
  let at = start;
  while (isWord(tokens[at], 'or', 'replace', 'local', 'global')) at += 1;
  return isWord(tokens[at], 'temp', 'temporary', 'volatile');
}
