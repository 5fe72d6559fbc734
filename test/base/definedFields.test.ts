import { expect, it } from 'vitest';
import { definedFields } from '../../src/base/definedFields.ts';

it('what is undefined is left out, and nothing else is', () => {
  const fields = { a: undefined, b: null, c: 0, d: '', e: false };
  expect(definedFields(fields)).toStrictEqual({ b: null, c: 0, d: '', e: false });
});
