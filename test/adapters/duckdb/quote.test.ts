import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quoteIdentifier, quoteText } from '../../../src/adapters/duckdb/quote.ts';

let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
});
afterAll(() => instance.closeSync());

const hostile = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));

it('DuckDB reads a quoted identifier and a quoted text as what they were', async () => {
  const connection = await instance.connect();
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (name, text) => {
      const reader = await connection.runAndReadAll(`select ${quoteText(text)} as ${quoteIdentifier(name)}`);
      expect(reader.columnNames()).toEqual([name]);
      expect(reader.getRows()).toEqual([[text]]);
    }),
  );
  connection.closeSync();
});

it('NUL is refused: it would cut the statement short', () => {
  expect(() => quoteText('a\0b')).toThrow(RangeError);
  expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
  expect(() => quoteIdentifier('')).toThrow(RangeError);
});
