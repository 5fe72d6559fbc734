import { expect, test } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';

test('a payer is an account id of 12 digits, leading zeros kept', () => {
  expect(parsePayer('001122334455')).toBe('001122334455');
});

test.each([
  '11112222333',
  '1111222233334',
  '11112222333a',
  '',
  ' 111122223333',
  '111122223333\n',
  '１１１１２２２２３３３３',
])('another text is refused with its value: %j', (text) => {
  expect(() => parsePayer(text)).toThrow(RangeError);
  expect(() => parsePayer(text)).toThrow(JSON.stringify(text));
});
