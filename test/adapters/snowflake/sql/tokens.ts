export interface Token {
  readonly is: 'text' | 'number' | 'quoted' | 'word' | 'sign' | 'end';
  /** Words in lower case; of text and quoted names, what stands between the quotes. */
  readonly text: string;
}

const TOKEN =
  /\s+|--[^\n]*|'((?:[^'\\]|''|\\.)*)'|(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|"([^"]*)"|([a-z_][\w$]*|\$\d+|@[^\s();]+)|(::|->|<>|<=|>=|\|\||[-+*/=<>(),.:?@[\];])/giy;

/** Throws a SyntaxError that quotes what is no token. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(sql);
    if (!match) throw new SyntaxError(`no SQL: ${sql.slice(start, start + 40)}`);
    const [, text, number, quoted, word, sign] = match;
    if (text !== undefined) tokens.push({ is: 'text', text: text.replaceAll("''", "'").replaceAll(/\\(.)/g, '$1') });
    else if (number !== undefined) tokens.push({ is: 'number', text: number });
    else if (quoted !== undefined) tokens.push({ is: 'quoted', text: quoted });
    else if (word !== undefined) tokens.push({ is: 'word', text: word.startsWith('@') ? word : word.toLowerCase() });
    else if (sign !== undefined) tokens.push({ is: 'sign', text: sign });
  }
  return tokens;
}
