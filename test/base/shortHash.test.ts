import { expect, it } from 'vitest';
import { shortHash } from '../../src/base/shortHash.ts';

it('a short hash is the beginning of SHA-256 in hexadecimal, and never changes', () => {
  expect(shortHash('abc')).toBe('ba7816bf8f01cfea');
  expect(shortHash('abc', 8)).toBe('ba7816bf');
});
