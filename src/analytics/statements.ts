import { type Segment, segmentsOf } from './segments.ts';

/**
 * Splits a rendered script at its `;` into statements, in order. Comments and blanks before and after a statement go,
 * those inside stay; a statement of nothing else vanishes. `begin transaction` and `commit` are statements of their
 * own. A block of Snowflake Scripting (`begin … end`) holds semicolons and has to stand in `$$…$$`.
 * Throws a ScriptError for a quote or comment that is never closed, naming the line that it began on.
 */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let pieces: Piece[] = [];
  for (const segment of segmentsOf(script)) {
    const parts = segment.kind === 'code' ? segment.text.split(';') : [segment.text];
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
