import { separatorsOf } from './blocks.ts';
import { type Segment, segmentsOf } from './segments.ts';

/**
 * Splits a rendered script at its `;` into statements, in order. Comments and blanks before and
 * after a statement go, those inside stay; a statement of nothing else vanishes.
 * `begin transaction` and `commit` are statements of their own. A block of Snowflake Scripting
 * (`begin … end`, also as the body of a procedure) is one statement, or a part of one, with all of
 * its `;` but the last. Throws a ScriptError for a quote, comment or block that is never closed,
 * naming the line that it began on.
 */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let pieces: Piece[] = [];
  const segments = segmentsOf(script);
  const separators = separatorsOf(segments);
  let start = 0;
  for (const segment of segments) {
    const parts = cutAt(separators, segment.text, start);
    start += segment.text.length;
    parts.forEach((text, index) => {
      if (index > 0) {
        statements.push(textOf(pieces));
        pieces = [];
      }
      pieces.push({ text, isBlank: segment.kind === 'comment' || isBlankCode(segment, text) });
    });
  }
  statements.push(textOf(pieces));
  return statements.filter((statement) => statement !== '');
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

interface Piece {
  readonly text: string;
  readonly isBlank: boolean;
}

function isBlankCode(segment: Segment, text: string): boolean {
  return segment.kind === 'code' && text.trim() === '';
}

function textOf(pieces: readonly Piece[]): string {
  const first = pieces.findIndex(({ isBlank }) => !isBlank);
  const last = pieces.findLastIndex(({ isBlank }) => !isBlank);
  if (first < 0) return '';
  return pieces
    .slice(first, last + 1)
    .map(({ text }) => text)
    .join('')
    .trim();
}
