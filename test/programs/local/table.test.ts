import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, fitTable, fitTables, type TableContent } from '../../../src/programs/local/table.ts';

const COLUMNS: readonly Column[] = [
  { head: 'payer' },
  { head: 'rows', right: true },
  { head: 'resource', detail: 'bare' },
  { head: 'seen', detail: 'named' },
  { head: '', name: 'currency' },
];
const CONTENT: TableContent = {
  columns: COLUMNS,
  rows: [
    ['1111', '5', 'arn:aws:ec2:one', '2026-10-05', 'USD'],
    ['2222', '12345', '', '', 'CNY'],
  ],
};
const linesOf = (content: TableContent, width: number) => fitTable(content, width).split('\n');

describe('a table', () => {
  it('has a frame where that fits', () => {
    expect(linesOf(CONTENT, 80)).toEqual([
      '┌───────┬───────┬─────────────────┬────────────┬─────┐',
      '│ payer │  rows │ resource        │ seen       │     │',
      '├───────┼───────┼─────────────────┼────────────┼─────┤',
      '│ 1111  │     5 │ arn:aws:ec2:one │ 2026-10-05 │ USD │',
      '│ 2222  │ 12345 │                 │            │ CNY │',
      '└───────┴───────┴─────────────────┴────────────┴─────┘',
    ]);
  });

  it('has none where only that is too wide', () => {
    expect(linesOf(CONTENT, 50)).toEqual([
      'payer   rows  resource         seen',
      '1111       5  arn:aws:ec2:one  2026-10-05  USD',
      '2222   12345                               CNY',
    ]);
  });

  it('moves details below the row where all columns are too wide, and cuts none of its cells before its start', () => {
    expect(linesOf(CONTENT, 35)).toEqual([
      'payer   rows',
      '1111       5  USD',
      '    arn:aws:ec2:one  seen 2026-10-05'.slice(0, 19),
      '    seen 2026-10-05',
      '2222   12345  CNY',
    ]);
    expect(linesOf(CONTENT, 18)[2]).toBe('    …n:aws:ec2:one');
  });

  it('is a line for each cell where nothing else fits', () => {
    expect(linesOf(CONTENT, 16).slice(0, 6)).toEqual([
      'payer     1111',
      'rows      5',
      'resource  …2:one',
      'seen      …10-05',
      'currency  USD',
      '',
    ]);
  });

  it('stands beside others as they do: with frames all of them, or none', () => {
    const wide = { columns: [{ head: 'x'.repeat(60) }], rows: [['1']] };
    expect(fitTables([CONTENT, wide], 100).every((text) => text.startsWith('┌'))).toBe(true);
    expect(fitTables([CONTENT, wide], 60).some((text) => text.startsWith('┌'))).toBe(false);
  });

  it('has sentences below a row, broken between words, and then no frame', () => {
    const notes = [['a delivery is missing a file'], []];
    expect(linesOf({ ...CONTENT, notes }, 100)).toEqual([
      'payer   rows  resource         seen',
      '1111       5  arn:aws:ec2:one  2026-10-05  USD',
      '    a delivery is missing a file',
      '2222   12345                               CNY',
    ]);
    expect(linesOf({ ...CONTENT, notes }, 20).filter((line) => /^ {4}(a |file|missing)/.test(line))).toEqual([
      '    a delivery is',
      '    missing a file',
    ]);
  });

  it('is never wider than it may be, whatever is in it', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'B', '9', ' ', '/', '\u001b', '\n', 'é'), maxLength: 60 });
    const rows = fc.array(fc.tuple(cell, cell, cell, cell, cell), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rows, cell, fc.integer({ min: 20, max: 200 }), (rows, note, width) => {
        const lines = linesOf({ columns: COLUMNS, rows, notes: [[note]] }, width);
        expect(lines.filter((line) => [...line].length > width)).toEqual([]);
      }),
    );
  });
});
