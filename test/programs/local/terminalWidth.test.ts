import { expect, it } from 'vitest';
import { terminalWidth } from '../../../src/programs/local/terminalWidth.ts';

it.each<[string, number | undefined, string | undefined, number]>([
  ['as wide as the terminal is', 132, '100', 132],
  ['as wide as COLUMNS says where there is no terminal', undefined, '100', 100],
  ['80 wide where nobody says', undefined, undefined, 80],
  ['80 wide where the terminal does not know', 0, undefined, 80],
  ['80 wide where COLUMNS is no width', undefined, 'wide', 80],
  ['80 wide where COLUMNS is nothing', undefined, '0', 80],
])('a line may be %s', (_rule, stdoutColumns, columns, width) => {
  expect(terminalWidth(stdoutColumns, columns === undefined ? {} : { COLUMNS: columns })).toBe(width);
});
