import Table from 'cli-table3';
import { printable } from '../billing/printable.ts';

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** What it is called where each cell has a line of its own; without it the head. */
  readonly name?: string;
  /** Numbers stand at the right. */
  readonly right?: true;
  /** In a terminal too narrow for all columns, it goes to a line of its own below the row. */
  readonly detail?: true;
}

/** A table for a terminal. Cells are texts from anywhere: they are made harmless here. */
export interface TableContent {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Tables that stand in one text, each in the widest form that fits into `width` columns, without a line break at its end:
 *
 *   framed       all columns, in a frame: all the tables, or none
 *   plain        all columns, two spaces apart
 *   two lines    the columns that tell rows apart, and below each row, indented, the others
 *   by field     a line for each cell, an empty one between rows: it always fits, since it cuts
 */
export function fitTables(contents: readonly TableContent[], width: number): string[] {
  const safe = contents.map(({ columns, rows }) => ({ columns, rows: rows.map((row) => row.map(printable)) }));
  const inFrames = safe.flatMap((content) => framed(content, width) ?? []);
  if (inFrames.length === safe.length) return inFrames;
  return safe.map((content) => plain(content, width) ?? twoLines(content, width) ?? byField(content, width));
}

/** One table alone: see {@link fitTables}. */
export function fitTable(content: TableContent, width: number): string {
  return fitTables([content], width).join('');
}

function framed(content: TableContent, width: number): string | undefined {
  const table = tableOf(content, { style: { head: [], border: [], compact: true } });
  return ifFits(table.toString(), table.width, width);
}

const NO_FRAME = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`, 'left-mid', 'mid-mid', 'right-mid'])
    .map((name) => [name, '']),
);

function plain(content: TableContent, width: number): string | undefined {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  const table = tableOf(content, { style, chars: { ...NO_FRAME, middle: '  ' } });
  return ifFits(table.toString().replace(/ +$/gm, ''), table.width, width);
}

function twoLines(content: TableContent, width: number): string | undefined {
  const isDetail = content.columns.map(({ detail }) => detail === true);
  const main = {
    columns: content.columns.filter((_, index) => !isDetail[index]),
    rows: content.rows.map((row) => row.filter((_, index) => !isDetail[index])),
  };
  if (main.columns.length === content.columns.length) return undefined;
  const lines = plain(main, width)?.split('\n');
  if (!lines) return undefined;
  const [head = '', ...rows] = lines;
  const below = content.rows.map((row) => row.filter((cell, index) => isDetail[index] && cell !== '').join('  '));
  return [head, ...rows.flatMap((line, index) => [line, ...detailLine(below[index] ?? '', width)])].join('\n');
}

const INDENT = '    ';

/** The end of a detail tells it apart: an ARN's. */
function detailLine(text: string, width: number): string[] {
  return text === '' ? [] : [`${INDENT}${cutStart(text, width - INDENT.length)}`];
}

function byField({ columns, rows }: TableContent, width: number): string {
  const names = columns.map(({ name, head }) => name ?? head);
  const label = Math.max(...names.map((name) => name.length));
  const line = (name: string, cell: string) =>
    `${name.padEnd(label)}  ${cutStart(cell, Math.max(1, width - label - 2))}`.slice(0, Math.max(1, width));
  return rows
    .map((row) => row.flatMap((cell, index) => (cell === '' ? [] : line(names[index] ?? '', cell))).join('\n'))
    .join('\n\n');
}

function cutStart(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `…${characters.slice(1 - width).join('')}`;
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

function ifFits(text: string, hasWidth: number, width: number): string | undefined {
  return hasWidth <= width ? text : undefined;
}
