import { ScriptError } from './scriptError.ts';
import { isWord, type Segment, type Token, tokensOf } from './segments.ts';

/**
 * Where a script's statements end: the offsets of those `;` that stand outside of every block of
 * Snowflake Scripting.
 *
 * A block is `begin … end` or `declare … begin … end`. It begins a statement, or is the body of a
 * procedure, function, task or alert. Inside, each statement ends with a `;` ("BEGIN … END
 * (Snowflake Scripting)"), so a keyword counts only where a statement begins: there `end` ends the
 * innermost of what is open, whatever that is. Elsewhere `begin` and `end` are names, as neither is
 * reserved ("Reserved & limited keywords"), or the latter ends a `case` expression. The reader
 * awaits one of:
 *
 *   statement    the next token begins one
 *   block        the next token is the `begin` or `declare` of a body
 *   semicolon    nothing matters up to the next `;`
 *   keyword      a statement's head goes on to a keyword: `if … then`, `for … do`, `create task … as`
 *
 * Transactions (`begin`, `begin work`, `begin transaction`, `begin name x`, each up to its `;`) are
 * not blocks, wherever they stand ("BEGIN"). DuckDB has no blocks, and so is split at each `;`.
 * `segments` are those of the whole script. Throws a ScriptError for a block that never ends,
 * naming the line that the outermost began on: all up to the script's end would be one statement.
 */
export function separatorsOf(segments: readonly Segment[]): ReadonlySet<number> {
  const separators = new Set<number>();
  const reader: Reader = { tokens: tokensOf(segments), open: [], awaits: STATEMENT };
  for (const [index, token] of reader.tokens.entries()) {
    if (token.text === ';') {
      if (reader.open.length === 0) separators.add(token.at);
      reader.awaits = STATEMENT;
    } else if (reader.awaits.is === 'block') {
      reader.awaits = openBlock(reader, token);
    } else if (reader.awaits.is === 'statement') {
      reader.awaits = beginStatement(reader, index);
    } else if (reader.awaits.is === 'keyword') {
      reader.awaits = readHead(reader, index, reader.awaits);
    }
  }
  const [outermost] = reader.open;
  if (outermost) throw new ScriptError('the block that begins here never ends', outermost.line);
  return separators;
}

interface Reader {
  readonly tokens: readonly Token[];
  /** What has to be ended, the outermost first. */
  readonly open: Open[];
  awaits: Awaited;
}

/**
 * Between `declare` and its `begin` stand declarations; in everything else that is open,
 * statements.
 */
interface Open {
  readonly holds: 'declarations' | 'statements';
  readonly line: number;
}

type Awaited = { readonly is: 'statement' | 'block' | 'semicolon' } | Head;

interface Head {
  readonly is: 'keyword';
  readonly keywords: readonly string[];
  /** What comes after the keyword. A body is a block or something else. */
  readonly before: 'statements' | 'body';
  /** How many parentheses are open. */
  readonly depth: number;
  /** The innermost `case` expression that is not ended, if there is one. */
  readonly openCase: OpenCase | undefined;
}

interface OpenCase {
  readonly depth: number;
  readonly outer: OpenCase | undefined;
}

const STATEMENT: Awaited = { is: 'statement' };
const BLOCK: Awaited = { is: 'block' };
const SEMICOLON: Awaited = { is: 'semicolon' };

function head(before: Head['before'], ...keywords: string[]): Head {
  return { is: 'keyword', keywords, before, depth: 0, openCase: undefined };
}

/** What the token awaits with which a statement, or a declaration, begins. */
function beginStatement(reader: Reader, index: number): Awaited {
  const { tokens, open } = reader;
  const token = tokens[index];
  if (!token || tokens[index + 1]?.text === ':=') return SEMICOLON;
  if (open.at(-1)?.holds === 'declarations') return beginDeclaration(reader, index);
  if (opensBlock(tokens, index)) return openBlock(reader, token);
  return definitionHead(tokens, index) ?? (open.length > 0 ? beginInBlock(open, token) : SEMICOLON);
}

/**
 * "DECLARE (Snowflake Scripting)": a nested procedure holds a block; all other declarations are
 * like statements.
 */
function beginDeclaration({ tokens, open }: Reader, index: number): Awaited {
  if (isWord(tokens[index], 'begin')) {
    const declarations = open.pop();
    open.push({ holds: 'statements', line: declarations?.line ?? 1 });
    return STATEMENT;
  }
  return isWord(tokens[index + 1], 'procedure') ? head('body', 'as') : SEMICOLON;
}

function openBlock({ open }: Reader, { text, line }: Token): Awaited {
  open.push({ holds: text === 'declare' ? 'declarations' : 'statements', line });
  return STATEMENT;
}

/** The constructs of the SQL reference's chapter "Snowflake Scripting". */
function beginInBlock(open: Open[], token: Token): Awaited {
  const push = (): void => {
    open.push({ holds: 'statements', line: token.line });
  };
  switch (token.text) {
    case 'if':
    case 'case':
      push();
      return head('statements', 'then');
    case 'for':
    case 'while':
      push();
      return head('statements', 'do', 'loop');
    case 'loop':
    case 'repeat':
      push();
      return STATEMENT;
    case 'elseif':
    case 'when':
      return head('statements', 'then');
    case 'else':
    case 'exception':
      return STATEMENT;
    // `until (…) end repeat`: no semicolon stands between.
    case 'until':
    case 'end':
      open.pop();
      return SEMICOLON;
    default:
      return SEMICOLON;
  }
}

/** Whether a block begins with this token, given that a block may begin there. */
function opensBlock(tokens: readonly Token[], index: number): boolean {
  const [token, next, second, third] = tokens.slice(index, index + 4);
  // A declaration begins with a name.
  if (isWord(token, 'declare')) return next !== undefined && next.kind !== 'symbol';
  if (!isWord(token, 'begin') || isEnd(next)) return false;
  if (isWord(next, 'work', 'transaction')) return second?.text === ':=';
  return !(isWord(next, 'name') && !isEnd(second) && isEnd(third));
}

function isEnd(token: Token | undefined): boolean {
  return token === undefined || token.text === ';';
}

const CREATE_MODIFIERS = 'or replace alter secure temp temporary aggregate external data metric'.split(' ');

/** The head of a statement whose body may be a block; undefined for all others. */
function definitionHead(tokens: readonly Token[], index: number): Head | undefined {
  const token = tokens[index];
  // "CALL (with anonymous procedure)": with … as procedure … as.
  if (isWord(token, 'with')) return head('body', 'as');
  const isCreate = isWord(token, 'create');
  if (!isCreate && !isWord(token, 'alter')) return undefined;
  let at = index + 1;
  while (isCreate && isWord(tokens[at], ...CREATE_MODIFIERS)) at += 1;
  const kind = tokens[at];
  if (isWord(kind, 'alert')) return head('body', isCreate ? 'then' : 'action');
  return isWord(kind, 'task') || (isCreate && isWord(kind, 'procedure', 'function')) ? head('body', 'as') : undefined;
}

/**
 * Reads one token of a head. Keywords inside of parentheses or of a `case` expression are not its
 * own.
 */
function readHead(reader: Reader, index: number, state: Head): Awaited {
  const { tokens } = reader;
  const token = tokens[index];
  if (!token || token.kind === 'quoted' || isMember(tokens, index)) return state;
  if (token.kind === 'symbol') return { ...state, depth: state.depth + depthChange(token.text) };
  const { depth, openCase } = state;
  if (token.text === 'case') return { ...state, openCase: { depth, outer: openCase } };
  if (!endsOperand(tokens, index - 1)) return state;
  if (token.text === 'end' && openCase?.depth === depth) return { ...state, openCase: openCase.outer };
  const isOwn = depth === 0 && !openCase && state.keywords.includes(token.text);
  return isOwn ? afterHead(reader, index, state) : state;
}

/**
 * Whether a word is a name whatever it is: a field (`t.end`, `x:end`) or a bound variable (`:end`).
 */
function isMember(tokens: readonly Token[], index: number): boolean {
  return tokens[index]?.kind === 'word' && ['.', ':'].includes(tokens[index - 1]?.text ?? '');
}

function depthChange(symbol: string): number {
  if (symbol === '(') return 1;
  return symbol === ')' ? -1 : 0;
}

const BEFORE_OPERANDS = 'and or not in like between when then else to for while execute'.split(' ');

/**
 * Whether a keyword may follow. If not, so after an operator or before an operand (`when end > 1`),
 * a word is a name.
 */
function endsOperand(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token?.kind === 'word') return isMember(tokens, index) || !BEFORE_OPERANDS.includes(token.text);
  return token?.kind === 'quoted' || [')', ']', '}'].includes(token?.text ?? '');
}

function afterHead(reader: Reader, index: number, { before }: Head): Awaited {
  if (before === 'statements') return STATEMENT;
  if (isWord(reader.tokens[index + 1], 'procedure')) return head('body', 'as');
  return opensBlock(reader.tokens, index + 1) ? BLOCK : SEMICOLON;
}
