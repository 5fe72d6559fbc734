import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitToFit } from '../../../src/programs/packaging/splitToFit.ts';

const total = (part: readonly string[]) => part.join('').length;

test('keeps every item once and in order, in parts that fit', () => {
  const items = fc.array(fc.string({ maxLength: 20 }), { maxLength: 60 });
  fc.assert(
    fc.property(items, fc.integer({ min: 20, max: 100 }), (texts, limit) => {
      const parts = splitToFit(texts, total, limit);
      expect(parts.flat()).toEqual(texts);
      for (const part of parts) {
        expect(part).not.toHaveLength(0);
        expect(total(part)).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('starts no part before it must', () => {
  expect(splitToFit(['aa', 'bb', 'c', 'dd'], total, 5)).toEqual([['aa', 'bb', 'c'], ['dd']]);
  expect(splitToFit([], total, 5)).toEqual([]);
});

test('refuses an item that fits nowhere, and says how large it is', () => {
  expect(() => splitToFit(['aa', 'bbbbbb'], total, 5)).toThrow(/not be larger than 5 characters, got 6: "bbbbbb"/);
});
