import { ScriptError } from './scriptError.ts';

/**
 * A stretch of a script that is read in one way. Joined in order, all segments are the script
 * again.
 *
 *   code        what is outside everything else; only here a `;` separates and an unknown `#name` is an error
 *   string      '…', where '' is a quote
 *   identifier  "…", where "" is a quote
 *   dollar      $$…$$, taken literally
 *   comment     `-- …` and `// …` up to the end of the line, and slash-star to the next star-slash
 */
export interface Segment {
  readonly kind: 'code' | 'string' | 'identifier' | 'dollar' | 'comment';
  readonly text: string;
  /** The line that it begins on, 1 for the first. */
  readonly line: number;
}

const OPENING = /'|"|\$\$|--|\/\/|\/\*/g;

/**
 * Cuts a script into segments, by the lexical rules of Snowflake, which runs it in production:
 * strings and `$$` as in its SQL reference, "String & binary data types"; `//` as in its knowledge
 * base, "How to comment or uncomment multiple lines in the SQL worksheet". DuckDB reads the same,
 * but for two things: to it `//` is an integer division, which a portable script cannot hold, and
 * block comments nest, which they do not here. In a '…' string a backslash escapes what follows it
 * in Snowflake, a quote included. Throws a ScriptError for a quote or comment that is not closed,
 * naming the line that it began on.
 */
export function segmentsOf(script: string): Segment[] {
  const segments: Segment[] = [];
  let line = 1;
  const push = (kind: Segment['kind'], start: number, end: number): void => {
    if (start === end) return;
    const text = script.slice(start, end);
    segments.push({ kind, text, line });
    line += text.split('\n').length - 1;
  };

  let at = 0;
  OPENING.lastIndex = 0;
  for (let found = OPENING.exec(script); found !== null; found = OPENING.exec(script)) {
    push('code', at, found.index);
    const { kind, end } = closingOf(found[0], { script, start: found.index, line });
    push(kind, found.index, end);
    at = end;
    OPENING.lastIndex = end;
  }
  push('code', at, script.length);
  return segments;
}

/** Where a quote or comment begins. */
interface Opening {
  readonly script: string;
  readonly start: number;
  readonly line: number;
}

function closingOf(mark: string, opening: Opening): { kind: Segment['kind']; end: number } {
  switch (mark) {
    case "'":
      return { kind: 'string', end: endOfQuoted(opening, "'") };
    case '"':
      return { kind: 'identifier', end: endOfQuoted(opening, '"') };
    case '$$':
      return { kind: 'dollar', end: endAfter(opening, '$$', 'the $$ quote') };
    case '/*':
      return { kind: 'comment', end: endAfter(opening, '*/', 'the /* comment') };
    default: {
      const newline = opening.script.indexOf('\n', opening.start);
      return { kind: 'comment', end: newline < 0 ? opening.script.length : newline };
    }
  }
}

function endAfter({ script, start, line }: Opening, closing: string, what: string): number {
  const found = script.indexOf(closing, start + 2);
  if (found < 0) throw new ScriptError(`${what} that begins here is never closed`, line);
  return found + closing.length;
}

/** What a quoted text is made of: escapes are only in strings, not in names. */
const QUOTED = { "'": /(?:[^'\\]|''|\\[\s\S])*'/y, '"': /(?:[^"]|"")*"/y };

function endOfQuoted({ script, start, line }: Opening, quote: keyof typeof QUOTED): number {
  const rest = QUOTED[quote];
  rest.lastIndex = start + 1;
  if (rest.test(script)) return rest.lastIndex;
  throw new ScriptError(`the ${quote} quote that begins here is never closed`, line);
}

/**
 * What a parser reads of a script: a word, a whole quote, or another character (`:=` is one
 * symbol). Blanks and comments are not tokens. A word is in lower case: unquoted names and keywords
 * are the same in any case. Numbers and `$1` are words.
 */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'symbol';
  readonly text: string;
  /** Its offset in the script, in UTF-16 units. */
  readonly at: number;
  /** The line that it begins on, 1 for the first. */
  readonly line: number;
}

const TOKEN = /\n|(?<word>\d+\.\d*|[\p{L}\p{N}_$@#]+)|:=|[^\s]/gu;

/** The tokens of a script, given all of its segments. */
export function tokensOf(segments: readonly Segment[]): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  for (const { kind, text, line } of segments) {
    if (kind === 'code') for (const token of codeTokens(text, start, line)) tokens.push(token);
    else if (kind !== 'comment') tokens.push({ kind: 'quoted', text, at: start, line });
    start += text.length;
  }
  return tokens;
}

function* codeTokens(code: string, start: number, firstLine: number): Generator<Token> {
  let line = firstLine;
  for (const { 0: text, index, groups } of code.matchAll(TOKEN)) {
    if (text === '\n') line += 1;
    else yield { kind: groups?.word ? 'word' : 'symbol', text: text.toLowerCase(), at: start + index, line };
  }
}

/** Whether a token is one of these words, which are in lower case. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text);
}
