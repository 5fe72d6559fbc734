import { isInTest, isTest, LIMITS, medianLines, violations } from './limits.ts';
import { COMMENT_COLUMNS, type Measures, TABLE_COLUMNS } from './measure.ts';
import { measureAll } from './read.ts';

/** `npm run numbers`: how large the code is, and what is beyond the limits. */
const all = measureAll();
const groups: Readonly<Record<string, readonly Measures[]>> = {
  'src, functions': all.filter(({ file }) => !isInTest(file)),
  'test helpers': all.filter(({ file }) => isInTest(file) && !isTest(file)),
  tests: all.filter(({ file }) => isTest(file)),
};

const ROWS: readonly (readonly [string, (group: readonly Measures[]) => number, string])[] = [
  ['files', (group) => group.length, ''],
  ['lines, median', medianLines, `at most ${LIMITS.medianLines} in src, functions`],
  [
    'lines, longest file',
    longest(({ lines }) => [lines]),
    `at most ${LIMITS.fileLines}; tests ${LIMITS.testFileLines}`,
  ],
  ['functions', total(({ functions }) => functions), ''],
  [
    'lines, longest function',
    longest(({ functions }) => functions.map(({ lines }) => lines)),
    `at most ${LIMITS.functionLines} in src, functions`,
  ],
  [
    'parameters, most',
    longest(({ functions }) => functions.map(({ parameters }) => parameters)),
    `at most ${LIMITS.parameters}; in tests those with a name`,
  ],
  ['any', total(({ any }) => any), 'none'],
  ['non-null assertions', total(({ nonNull }) => nonNull), 'none'],
  ['nested ternaries', total(({ nestedTernaries }) => nestedTernaries), 'none'],
  [
    'conditional spreads',
    total(({ conditionalSpreads }) => conditionalSpreads),
    `at most ${LIMITS.conditionalSpreads} in src, functions`,
  ],
  [
    'comments, too wide',
    total(({ wideComments }) => wideComments),
    `none: ${COMMENT_COLUMNS} columns; tables ${TABLE_COLUMNS}`,
  ],
];

function longest(of: (measures: Measures) => readonly number[]): (group: readonly Measures[]) => number {
  return (group) => Math.max(0, ...group.flatMap(of));
}

function total(of: (measures: Measures) => readonly unknown[]): (group: readonly Measures[]) => number {
  return (group) => group.flatMap(of).length;
}

const WIDTH = 30;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const row = (name: string, cells: readonly unknown[], limit: string) =>
  say(`${name.padEnd(WIDTH)}${cells.map((cell) => String(cell).padStart(16)).join('')}  ${limit}`.trimEnd());

row('', Object.keys(groups), 'limit');
for (const [name, count, limit] of ROWS) row(name, Object.values(groups).map(count), limit);
const beyond = violations(all);
say(beyond.length === 0 ? '\nNothing is beyond a limit.' : `\nBeyond a limit: ${beyond.length}\n${beyond.join('\n')}`);
process.exitCode = beyond.length === 0 ? 0 : 1;
