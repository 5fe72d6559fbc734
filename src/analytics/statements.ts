import { separatorsOf } from './blocks.ts';
import { type Segment, segmentsOf } from './segments.ts';

/** A statement of a script, and where it stands. */
interface PlacedStatement {
  readonly sql: string;
  /** The line that it begins on, 1 for the first. */
  readonly line: number;
  /** The comments between the statement before it and its own beginning. */
  readonly commentsBefore: readonly Segment[];
}

/** What {@link placedStatements} reads of a script, without the places. */
export function statementsOf(script: string): string[] {
  return placedStatements(script).map(({ sql }) => sql);
}

/**
 * Splits a rendered script at its `;` into statements, in order. Comments and blanks before and
 * after a statement go, those inside stay; a statement of nothing else vanishes.
 * `begin transaction` and `commit` are statements of their own. A block of Snowflake Scripting
 * (`begin … end`, also as the body of a procedure) is one statement, or a part of one, with all of
 * its `;` but the last. Throws a ScriptError for a quote, comment or block that is never closed,
 * naming the line that it began on.
 */
export function placedStatements(script: string): PlacedStatement[] {
  const statements: PlacedStatement[] = [];
  let pieces: Segment[] = [];
  const segments = segmentsOf(script);
  const separators = separatorsOf(segments);
  let start = 0;
  for (const { kind, text, line } of segments) {
    const parts = cutAt(separators, text, start);
    start += text.length;
    let partLine = line;
    parts.forEach((part, index) => {
      if (index > 0) {
        statements.push(...placed(pieces));
        pieces = [];
      }
      pieces.push({ kind, text: part, line: partLine });
      partLine += linesIn(part);
    });
  }
  return [...statements, ...placed(pieces)];
}

/** Cuts a text that begins at offset `start` of the script; the separators themselves go. */
function cutAt(separators: ReadonlySet<number>, text: string, start: number): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(';'); at >= 0; at = text.indexOf(';', at + 1)) {
    if (!separators.has(start + at)) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  return [...parts, text.slice(from)];
}

/** The statement that pieces of a script make up; none of comments and blanks alone. */
function placed(pieces: readonly Segment[]): PlacedStatement[] {
  const first = pieces.findIndex((piece) => !isBlank(piece));
  const begins = pieces[first];
  if (!begins) return [];
  const last = pieces.findLastIndex((piece) => !isBlank(piece));
  const text = pieces
    .slice(first, last + 1)
    .map((piece) => piece.text)
    .join('');
  const sql = text.trim();
  const line = begins.line + linesIn(text.slice(0, text.indexOf(sql)));
  return [{ sql, line, commentsBefore: pieces.slice(0, first).filter(({ kind }) => kind === 'comment') }];
}

function isBlank({ kind, text }: Segment): boolean {
  return kind === 'comment' || (kind === 'code' && text.trim() === '');
}

/** How many lines further a text ends than it begins. */
function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
