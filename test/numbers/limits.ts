import type { Measures } from './measure.ts';

/** How large code may grow before it has to be taken apart. */
export const LIMITS = {
  /** Half of the files in src and functions are no longer than this. */
  medianLines: 130,
  fileLines: 300,
  /** A file of tests is a list of rules that is read one by one, so it may be longer than code. */
  testFileLines: 500,
  functionLines: 60,
  parameters: 4,
  /** In src and functions together. */
  conditionalSpreads: 10,
};

/** What is beyond a limit, a sentence each, with file and line. */
export function violations(all: readonly Measures[]): string[] {
  const code = all.filter(({ file }) => !isInTest(file));
  const median = medianLines(code);
  const spreads = code.flatMap(({ file, conditionalSpreads }) => conditionalSpreads.map((line) => `${file}:${line}`));
  return [
    ...(median > LIMITS.medianLines ? [`the median file has ${median} lines, more than ${LIMITS.medianLines}`] : []),
    ...all.flatMap(inFile),
    ...(spreads.length > LIMITS.conditionalSpreads
      ? [`${spreads.length} conditional spreads, more than ${LIMITS.conditionalSpreads}: ${spreads.join(' ')}`]
      : []),
  ];
}

function inFile(measures: Measures): string[] {
  const { file, lines, any, nonNull, nestedTernaries, wideComments } = measures;
  const limit = isTest(file) ? LIMITS.testFileLines : LIMITS.fileLines;
  const at = (what: string) => (line: number) => `${file}:${line}: ${what}`;
  return [
    ...(lines > limit ? [`${file}: ${lines} lines, more than ${limit}`] : []),
    ...functionViolations(measures),
    ...any.map(at('any')),
    ...nonNull.map(at('a non-null assertion')),
    ...nestedTernaries.map(at('a nested ternary')),
    ...wideComments.map(at('a comment that is too wide')),
  ];
}

/**
 * In tests a suite is one long function, and a row of a table of cases is passed as the parameters
 * of one without a name.
 */
function functionViolations({ file, functions }: Measures): string[] {
  const { functionLines, parameters: most } = LIMITS;
  return functions.flatMap(({ name, line, lines, parameters }) => {
    const at = `${file}:${line}: ${name ?? 'a function'} has`;
    const isLong = lines > functionLines && !isInTest(file);
    const isWide = parameters > most && !(isInTest(file) && name === undefined);
    return [
      ...(isLong ? [`${at} ${lines} lines, more than ${functionLines}`] : []),
      ...(isWide ? [`${at} ${parameters} parameters, more than ${most}`] : []),
    ];
  });
}

export function medianLines(all: readonly Measures[]): number {
  return all.map(({ lines }) => lines).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
}

export function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

export function isInTest(file: string): boolean {
  return file.startsWith('test/');
}
