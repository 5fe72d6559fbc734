import { describe, expect, it } from 'vitest';
import { LIMITS, violations } from './limits.ts';
import { measure } from './measure.ts';
import { measureAll } from './read.ts';

describe('the code', () => {
  it('is within the limits', () => {
    expect(violations(measureAll())).toEqual([]);
  });
});

/** What is said of one file with this text. */
function said(text: string, file = 'src/copy/a.ts'): string[] {
  return violations([measure(file, text)]);
}

function lines(count: number): string {
  return 'f();\n'.repeat(count);
}

function spreads(count: number): string {
  return '({ ...(x === undefined ? {} : { x }) });\n'.repeat(count);
}

describe('the numbers', () => {
  it('see a long file, and let tests be longer', () => {
    const short = measure('src/copy/short.ts', lines(1));
    const long = measure('src/copy/long.ts', lines(LIMITS.fileLines + 1));
    expect(violations([short, short, long])).toEqual(['src/copy/long.ts: 301 lines, more than 300']);
    expect(said(lines(LIMITS.fileLines + 1), 'test/copy/helper.ts')).toHaveLength(1);
    expect(said(lines(LIMITS.testFileLines), 'test/copy/a.test.ts')).toEqual([]);
    expect(said(lines(LIMITS.testFileLines + 1), 'test/copy/a.test.ts')).toHaveLength(1);
  });

  it('see a median that is too long', () => {
    expect(said(lines(LIMITS.medianLines))).toEqual([]);
    expect(said(lines(LIMITS.medianLines + 1))).toEqual(['the median file has 131 lines, more than 130']);
  });

  it('see a long function', () => {
    const body = lines(LIMITS.functionLines - 1);
    expect(said(`function f() {\n${body}}\n`)).toEqual(['src/copy/a.ts:1: f has 61 lines, more than 60']);
    expect(said(`\nconst f = () => {\n${body}};\n`)).toEqual(['src/copy/a.ts:2: f has 61 lines, more than 60']);
    expect(said(`class A {\n  f() {\n${body}  }\n}\n`)).toHaveLength(1);
    expect(said(`g(() => {\n${body}});\n`)).toEqual(['src/copy/a.ts:1: a function has 61 lines, more than 60']);
    expect(said(`describe('x', () => {\n${body}});\n`, 'test/copy/a.test.ts')).toEqual([]);
  });

  it('see a function with too many parameters', () => {
    expect(said('function f(a, b, c, d, e) {}\n')).toEqual(['src/copy/a.ts:1: f has 5 parameters, more than 4']);
    expect(said('const g = { f: (a, b, c, d, e) => {} };\n', 'test/copy/helper.ts')).toHaveLength(1);
    expect(said('it.each(rows)("x", (a, b, c, d, e) => {});\n', 'test/copy/a.test.ts')).toEqual([]);
  });

  it('see any and non-null assertions', () => {
    expect(said('const a: any = 1;\n')).toEqual(['src/copy/a.ts:1: any']);
    expect(said('f();\nf(a!.b);\n')).toEqual(['src/copy/a.ts:2: a non-null assertion']);
    expect(said('class A { b!: string; }\n')).toEqual(['src/copy/a.ts:1: a non-null assertion']);
    expect(said('const many = !a || a !== b;\n')).toEqual([]);
  });

  it('see nested ternaries, with and without parentheses', () => {
    expect(said('a ? 1 : b ? 2 : 3;\n')).toEqual(['src/copy/a.ts:1: a nested ternary']);
    expect(said('a ? (b ? 2 : 3) : 1;\n')).toHaveLength(1);
    expect(said('(a ? b : c) ? 2 : 3;\n')).toHaveLength(1);
    expect(said('a ? f(b ? 2 : 3) : 1;\n')).toEqual([]);
  });

  it('see more conditional spreads than a few', () => {
    expect(said(spreads(LIMITS.conditionalSpreads))).toEqual([]);
    const [sentence] = said(spreads(LIMITS.conditionalSpreads + 1));
    expect(sentence).toContain('11 conditional spreads, more than 10: src/copy/a.ts:1 ');
    expect(measure('a.ts', '({ ...(x && { x }) });\n').conditionalSpreads).toEqual([1]);
    expect(measure('a.ts', '({ ...x, ...(y ?? {}) });\n').conditionalSpreads).toEqual([]);
  });

  it('see comments beyond column 100, where they can be wrapped', () => {
    const wide = 'word '.repeat(20);
    expect(said(`// ${wide}.\n`)).toEqual(['src/copy/a.ts:1: a comment that is too wide']);
    expect(said(`/**\n * Short.\n * ${wide}.\n */\n`)).toEqual(['src/copy/a.ts:3: a comment that is too wide']);
    expect(said(`  f('${'x'.repeat(80)}'); // the reason is this one\n`)).toHaveLength(1);
    expect(said(`f('${wide} // ${wide}');\n`)).toEqual([]);
    expect(said(`/**\n *   cause    ${wide}\n */\n`)).toEqual([]);
    expect(said(`/**\n *   cause    ${wide}${wide}\n */\n`)).toHaveLength(1);
    expect(said(`// https://example.org/${'x'.repeat(100)}\n`)).toEqual([]);
  });
});
