import Table from 'cli-table3';
import { printable } from '../../base/printable.ts';

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** What it is called where each cell has a line of its own; without it the head. */
  readonly name?: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /**
   * In a terminal too narrow for all columns, it goes to lines of its own below the row: the cell
   * alone, or after its name, or as a sentence that may be broken between words.
   */
  readonly detail?: 'bare' | 'named' | 'sentence';
}

/** A table for a terminal. Cells are texts from anywhere: they are made harmless here. */
export interface TableContent {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below each row. A frame has no place for them, so none is drawn around these. */
  readonly notes?: readonly (readonly string[])[];
}

/**
 * Tables that stand in one text, each in the widest form that fits into `width` columns, without a
 * line break at its end:
 *
 *   framed       all columns, in a frame: all the tables, or none
 *   plain        all columns, two spaces apart
 *   with details the columns that distinguish rows, and below each row, indented, the others
 *   by field     a line for each cell, an empty one between rows: it always fits, since it cuts
 */
export function fitTables(contents: readonly TableContent[], width: number): string[] {
  const safe = contents.map(({ columns, rows, notes = [] }) => ({
    columns,
    rows: rows.map((row) => row.map(printable)),
    notes: notes.map((sentences) => sentences.map(printable)),
  }));
  const inFrames = safe.flatMap((content) => framed(content, width) ?? []);
  if (inFrames.length === safe.length) return inFrames;
  return safe.map((content) => plain(content, width) ?? withDetails(content, width) ?? byField(content, width));
}

/** One table alone: see {@link fitTables}. */
export function fitTable(content: TableContent, width: number): string {
  return fitTables([content], width).join('');
}

type Safe = Required<TableContent>;

function framed(content: Safe, width: number): string | undefined {
  if (content.notes.some((sentences) => sentences.length > 0)) return undefined;
  const table = tableOf(content, { style: { head: [], border: [], compact: true } });
  return table.width <= width ? table.toString() : undefined;
}

function plain(content: Safe, width: number): string | undefined {
  const lines = plainLines(content, width);
  return (
    lines &&
    withBelow(
      lines,
      content.notes.map((sentences) => noteLines(sentences, width)),
    )
  );
}

const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`, 'left-mid', 'mid-mid', 'right-mid'])
    .map((name) => [name, '']),
);

/** The head, then a line for each row. */
function plainLines(content: TableContent, width: number): string[] | undefined {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  const table = tableOf(content, { style, chars: { ...NO_FRAME, middle: '  ' } });
  if (table.width > width) return undefined;
  return table.toString().replace(/ +$/gm, '').split('\n');
}

function withDetails({ columns, rows, notes }: Safe, width: number): string | undefined {
  const isMain = columns.map(({ detail }) => detail === undefined);
  if (isMain.every((main) => main)) return undefined;
  const main = {
    columns: columns.filter((_, index) => isMain[index]),
    rows: rows.map((row) => row.filter((_, index) => isMain[index])),
  };
  const lines = plainLines(main, width);
  const detailsOf = (row: readonly string[]) =>
    row.flatMap((cell, index) => {
      const column = columns[index];
      if (column?.detail === undefined || column.detail === 'sentence' || cell === '') return [];
      return [column.detail === 'named' ? `${column.name ?? column.head} ${cell}` : cell];
    });
  const sentencesOf = (row: readonly string[]) =>
    row.filter((cell, index) => columns[index]?.detail === 'sentence' && cell !== '');
  const below = rows.map((row, index) => [
    ...wrapped(detailsOf(row), '  ', width),
    ...noteLines([...sentencesOf(row), ...(notes[index] ?? [])], width),
  ]);
  return lines && withBelow(lines, below);
}

function withBelow([head = '', ...lines]: readonly string[], below: readonly (readonly string[])[]): string {
  return [head, ...lines.flatMap((line, index) => [line, ...(below[index] ?? [])])].join('\n');
}

const INDENT = '    ';

function noteLines(sentences: readonly string[], width: number): string[] {
  return sentences.flatMap((sentence) => wrapped(sentence.split(' '), ' ', width));
}

/**
 * Pieces in as few indented lines as they fit into. One that fits into none loses its start: an
 * ARN's end identifies it.
 */
function wrapped(pieces: readonly string[], between: string, width: number): string[] {
  const room = Math.max(1, width - INDENT.length);
  const lines: string[] = [];
  for (const piece of pieces.map((text) => cutStart(text, room))) {
    const last = lines.at(-1);
    const joined = last === undefined ? piece : `${last}${between}${piece}`;
    if (last !== undefined && [...joined].length <= room) lines[lines.length - 1] = joined;
    else lines.push(piece);
  }
  return lines.map((line) => `${INDENT}${line}`);
}

function byField({ columns, rows, notes }: Safe, width: number): string {
  const names = columns.map(({ name, head }) => name ?? head);
  const label = Math.max(...names.map((name) => name.length));
  const line = (name: string, cell: string) =>
    `${name.padEnd(label)}  ${cutStart(cell, Math.max(1, width - label - 2))}`.slice(0, Math.max(1, width));
  const linesOf = (row: readonly string[]) =>
    row.flatMap((cell, index) => (cell === '' ? [] : [line(names[index] ?? '', cell)]));
  return rows.map((row, index) => [...linesOf(row), ...noteLines(notes[index] ?? [], width)].join('\n')).join('\n\n');
}

function cutStart(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `…${characters.slice(characters.length + 1 - width).join('')}`;
}

function tableOf({ columns, rows }: TableContent, options: object): InstanceType<typeof Table> {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
    ...options,
  });
  table.push(...rows.map((row) => [...row]));
  return table;
}
