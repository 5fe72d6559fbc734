import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonDepth } from '../../src/billing/jsonDepth.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

it('is how deeply objects and lists lie in each other, whatever the texts in them hold', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonDepth(JSON.stringify(value), 1_000)).toBe(depthOf(value));
    }),
  );
});

it.each([
  ['brackets in a text', '{"a": "[[[{{{"}', 1],
  ['an escaped quote in a text', '{"a": "\\"[[[", "b": []}', 2],
  ['no JSON at all', ']]][[', 0],
])('of %s is counted as it stands', (_what, text, depth) => {
  expect(jsonDepth(text, 10)).toBe(depth);
});

it('is not counted beyond the limit', () => {
  expect(jsonDepth('['.repeat(1_000_000), 17)).toBe(17);
});
