import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersSql, objectSql } from '../../../src/adapters/duckdb/gather.ts';
import { quoteText } from '../../../src/adapters/duckdb/quote.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => connection.closeSync());

/** Gathers one row of these values, and reads it as the contract view does. */
async function gathered(values: Readonly<Record<string, string | null>>): Promise<unknown> {
  const entries = Object.entries(values).map(([key, value]) => ({
    key,
    value: value === null ? 'null::VARCHAR' : sqlOf(value),
  }));
  const reader = await connection.runAndReadAll(
    `select map_keys(tags), map_values(tags)
     from (select cast(cast(${objectSql('members')} as JSON) as MAP(VARCHAR, VARCHAR)) as tags
       from (select ${membersSql(entries)} as members))`,
  );
  const [[keys, texts] = []] = reader.getRowsJS();
  if (!Array.isArray(keys) || !Array.isArray(texts)) return null;
  return Object.fromEntries(keys.map((key, index) => [String(key), texts[index]]));
}

/** No literal takes NUL. */
function sqlOf(text: string): string {
  return `concat(${text
    .split('\0')
    .map((part) => quoteText(part))
    .join(', chr(0), ')})`;
}

describe('gathered columns', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\0', '\n', '\u001f', '{', ',', ':', 'é', '😀', "'", 'a') }),
  );
  // As a property name of an object, a number would not keep its place.
  const key = text.map((name) => `user_${name.replaceAll('\0', '')}`);

  it('are read as they were written, whatever characters are in names and values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, fc.option(text), { minKeys: 1, maxKeys: 5 }), async (values) => {
        const filled = Object.entries(values).filter(([, value]) => value !== null && value !== '');
        expect(await gathered(values)).toEqual(filled.length === 0 ? null : Object.fromEntries(filled));
      }),
      { numRuns: 300 },
    );
  });
});
