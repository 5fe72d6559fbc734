import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactInvalid, CompactReader } from '../../src/copy/compactThrift.ts';
import { inspectObject } from '../../src/copy/parquetFooter.ts';
import type { ParquetSchema } from '../../src/copy/parquetSchema.ts';
import { RecentSchemas } from '../../src/copy/recentSchemas.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { footerOf, listOf, named, parquetFile, STRUCT, schemaList } from './footerBytes.ts';
import { parquetBytes } from './parquetBytes.ts';

const LIST = 9;
const LIMITS = { maxValues: 10_000, maxDepth: 24 };

const read = (schemas: RecentSchemas, bytes: Uint8Array, type = LIST) =>
  schemas.read(new CompactReader(bytes, LIMITS), type);
const namesIn = ({ columns }: ParquetSchema) => columns.map(({ name }) => name);

async function contentOf(file: Uint8Array) {
  const read: ObjectStore['read'] = async () => ({ bytes: file, sizeBytes: file.length, etag: 'e', lastModified: 0 });
  const { content } = await inspectObject({ read } as ObjectStore, { bucket: 'source', key: 'file.parquet' });
  if (content.is !== 'parquet') throw new Error(JSON.stringify(content));
  return content.footer;
}

describe('files with the same schema', () => {
  it('share their columns as one object, and each says its own rows', async () => {
    const [one, other] = [await contentOf(parquetBytes(3, 'a')), await contentOf(parquetBytes(250, 'zz'))];
    expect([one.rows, other.rows]).toEqual([3, 250]);
    expect(other.columns).toBe(one.columns);
  });
});

describe('a schema that was read before', () => {
  it.each([
    ['other names of the same length', ['abc', 'xyz'], ['abc', 'xyZ']],
    ['one column more', ['a', 'b'], ['a', 'b', 'c']],
    ['one column less', ['a', 'b', 'c'], ['a', 'b']],
    ['the same columns in another order', ['a', 'b'], ['b', 'a']],
  ])('is not that with %s', (_what, before, after) => {
    const schemas = new RecentSchemas();
    expect(namesIn(read(schemas, schemaList(before)))).toEqual(before);
    expect(namesIn(read(schemas, schemaList(after)))).toEqual(after);
  });

  it('is found whatever follows it, and read over to its end', () => {
    const schemas = new RecentSchemas();
    const first = read(schemas, schemaList(['a', 'b']));
    const reader = new CompactReader(Buffer.concat([schemaList(['a', 'b']), Buffer.of(0x15, 10, 0)]), LIMITS);
    expect(schemas.read(reader, LIST)).toBe(first);
    const values: number[] = [];
    reader.struct((_field, type) => values.push(reader.whole(type)));
    expect(values).toEqual([5]);
  });

  it('is refused where its bytes are cut off, or said to be no list', () => {
    const schemas = new RecentSchemas();
    const bytes = schemaList(['a', 'b']);
    read(schemas, bytes);
    expect(() => read(schemas, bytes.subarray(0, -1))).toThrow(CompactInvalid);
    expect(() => read(schemas, bytes, STRUCT)).toThrow(CompactInvalid);
  });

  it('counts as many values as when it was read first', () => {
    const schemas = new RecentSchemas();
    const bytes = schemaList(['a', 'b']);
    read(schemas, bytes);
    const outcomes = Array.from({ length: 20 }, (_, maxValues) =>
      [schemas, new RecentSchemas()].map((one) => {
        try {
          return one.read(new CompactReader(bytes, { ...LIMITS, maxValues }), LIST);
        } catch (error) {
          return String(error);
        }
      }),
    );
    for (const [known, anew] of outcomes) expect(known).toEqual(anew);
    expect(new Set(outcomes.map(([known]) => typeof known))).toEqual(new Set(['string', 'object']));
  });

  it('whatever it was, of any bytes the same is read as without it', () => {
    const outcome = (schemas: RecentSchemas, bytes: Uint8Array) => {
      try {
        return read(schemas, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(CompactInvalid);
        return String(error);
      }
    };
    const columns = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba'), { minLength: 1, maxLength: 4 });
    const flip = fc.record({ at: fc.nat(), mask: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(fc.tuple(columns, flip), { maxLength: 40 }), (files) => {
        const schemas = new RecentSchemas();
        for (const [names, { at, mask }] of files) {
          const bytes = new Uint8Array(schemaList(names));
          const place = at % bytes.length;
          bytes[place] = (bytes[place] ?? 0) ^ mask;
          expect(outcome(schemas, bytes)).toEqual(outcome(new RecentSchemas(), bytes));
        }
      }),
    );
  });

  it('is not changed with the bytes that it was read from', () => {
    const schemas = new RecentSchemas();
    const bytes = new Uint8Array(schemaList(['a', 'b']));
    read(schemas, bytes);
    bytes.set(schemaList(['x', 'y']));
    expect(namesIn(read(schemas, bytes))).toEqual(['x', 'y']);
  });
});

describe('of the schemas of many reports', () => {
  it('those used last are held, and no others', () => {
    const schemas = new RecentSchemas();
    const first = read(schemas, schemaList(['first']));
    for (let other = 0; other < 15; other += 1) read(schemas, schemaList([`other-${other}`]));
    expect(read(schemas, schemaList(['first']))).toBe(first);
    for (let other = 0; other < 16; other += 1) read(schemas, schemaList([`another-${other}`]));
    const again = read(schemas, schemaList(['first']));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  it('one that is larger than any report’s is not held', () => {
    const schemas = new RecentSchemas();
    const wide = schemaList(Array.from({ length: 600 }, (_, index) => `${index}`.padStart(250, 'x')));
    const first = read(schemas, wide);
    expect(first.columns).toHaveLength(600);
    expect(read(schemas, wide)).not.toBe(first);
  });
});

describe('a footer', () => {
  it.each([
    ['without a schema', [], /0 schemas/],
    ['with two of them', [schemaList(['a']), schemaList(['b'])], /2 schemas/],
  ])('%s is refused', async (_what, schemas, reason) => {
    await expect(contentOf(parquetFile(footerOf(schemas)))).rejects.toThrow(reason);
  });

  it('says what is wrong with its schema as often as it comes', async () => {
    const file = parquetFile(footerOf([listOf(STRUCT, 2, Buffer.concat([named('root'), named('stray')]))]));
    for (let time = 0; time < 2; time += 1) {
      await expect(contentOf(file)).rejects.toThrow(/1 elements of its schema belong to nothing/);
    }
  });
});
