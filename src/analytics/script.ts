import { readFile } from 'node:fs/promises';
import type { RenderedStatement } from '../warehouse/script.ts';
import { renderScript, type ScriptScope } from './placeholders.ts';
import { ScriptError } from './scriptError.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { placedStatements } from './statements.ts';

/**
 * `-- reactor: one session` and `-- reactor: check NAME`, a line by itself or at the end of one.
 */
const DIRECTIVE = /^--\s*reactor:\s*(.*?)\s*$/i;
const ONE_SESSION = 'one session';
const CHECK = /^check\s+([a-z0-9-]+)$/;

/**
 * Reads a script (UTF-8, a byte order mark is dropped: SQL engines refuse it). Throws what reading
 * the file throws.
 */
export async function loadScript(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.replace(/^\uFEFF/, '');
}

/**
 * The statements of a script, to be run in this order on one connection. A statement right behind
 * the directive `-- reactor: check NAME` is that check. Throws a RangeError or a ScriptError, as
 * `renderScript` and `statementsOf` do, and a ScriptError for a directive that is not known, or
 * that marks nothing, or what is marked already; then nothing was run.
 */
export function analyticsStatements(script: string, scope: ScriptScope): RenderedStatement[] {
  const rendered = renderScript(script, scope);
  const marks = marksOf(directivesIn(segmentsOf(rendered)));
  const statements = placedStatements(rendered).map(({ sql, line, commentsBefore }) => {
    const [mark, second] = marksOf(directivesIn(commentsBefore));
    if (second) throw new ScriptError(`the statement behind it is marked twice: "${second.check}"`, second.line);
    return mark ? { sql, line, check: mark.check } : { sql, line };
  });
  const used = new Set(statements.map(({ check }) => check));
  const unused = marks.find(({ check }) => !used.has(check));
  if (unused) throw new ScriptError(`check ${unused.check} has no statement behind it`, unused.line);
  return statements;
}

/**
 * Whether a script says `-- reactor: one session`: its statements depend on each other in a way
 * that nobody can see in their texts. False for a script that cannot be read at all.
 */
export function needsOneSession(script: string): boolean {
  try {
    return directivesIn(segmentsOf(script)).some(isOneSession);
  } catch {
    return false;
  }
}

interface Directive {
  readonly text: string;
  readonly line: number;
}

function directivesIn(segments: readonly Segment[]): Directive[] {
  return segments.flatMap(({ kind, text, line }) => {
    const directive = kind === 'comment' ? DIRECTIVE.exec(text)?.[1] : undefined;
    return directive === undefined ? [] : [{ text: directive, line }];
  });
}

function isOneSession({ text }: Directive): boolean {
  return text.toLowerCase() === ONE_SESSION;
}

/**
 * The checks that directives mark. Throws a ScriptError for any other directive, and a name that is
 * taken.
 */
function marksOf(directives: readonly Directive[]): { readonly check: string; readonly line: number }[] {
  const lines = new Map<string, number>();
  return directives.flatMap((directive) => {
    const { text, line } = directive;
    if (isOneSession(directive)) return [];
    const check = CHECK.exec(text)?.[1];
    if (check === undefined) {
      throw new ScriptError(`unknown directive "${text}": there is "${ONE_SESSION}" and "check NAME"`, line);
    }
    const first = lines.get(check);
    if (first !== undefined) throw new ScriptError(`check ${check} is marked twice, first on line ${first}`, line);
    lines.set(check, line);
    return [{ check, line }];
  });
}
