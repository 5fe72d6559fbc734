import { expect, test } from 'vitest';
import { between, characters, pick, seededRandom, uuid } from '../../../src/programs/sample/random.ts';

test('the same words give the same numbers, and others give others', () => {
  const take = (...words: (string | number)[]) => {
    const random = seededRandom(...words);
    return Array.from({ length: 5 }, random);
  };
  expect(take(1, 'a')).toEqual(take(1, 'a'));
  expect(take(1, 'a')).not.toEqual(take(1, 'b'));
  expect(take(1, 'a')).not.toEqual(take(2, 'a'));
  expect(take('1a')).not.toEqual(take('1', 'a'));
});

test('the numbers fill the range from 0 to 1 evenly', () => {
  const random = seededRandom('even');
  const tenths = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 20_000; draw += 1) {
    const tenth = Math.floor(random() * 10);
    tenths[tenth] = (tenths[tenth] ?? Number.NaN) + 1;
  }
  expect(tenths).toHaveLength(10);
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

test('a number between two bounds stays between them', () => {
  const random = seededRandom('between');
  for (let draw = 0; draw < 1000; draw += 1) {
    const number = between(random, -3, 7);
    expect(number).toBeGreaterThanOrEqual(-3);
    expect(number).toBeLessThan(7);
  }
});

test('every entry of a list is picked some time, and an empty list is refused', () => {
  const random = seededRandom('pick');
  expect(new Set(Array.from({ length: 200 }, () => pick(random, ['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  expect(() => pick(random, [])).toThrow(RangeError);
});

test('texts have the length and the letters that were asked for', () => {
  expect(characters(seededRandom('x'), 'ab', 30)).toMatch(/^[ab]{30}$/);
  expect(uuid(seededRandom('x'))).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});
