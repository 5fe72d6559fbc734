import { describe, expect, it } from 'vitest';
import { MAX_COLUMNS, MAX_FOOTER_BYTES, MAX_NAME_CHARACTERS } from '../../src/billing/limits.ts';
import { inspectObject } from '../../src/copy/parquetFooter.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import {
  childCount,
  field,
  footerOf,
  I64,
  LIST,
  leaf,
  listOf,
  named,
  parquetFile,
  STOP,
  STRUCT,
  schemaList,
  VERSION,
  varint,
} from './footerBytes.ts';

const OBJECT = { bucket: 'source', key: 'file.parquet' };
async function contentOf(footer: Buffer, reads: number[] = []) {
  const file = parquetFile(footer);
  const store: Pick<ObjectStore, 'read'> = {
    read: async (_object, { start, end }) => {
      const bytes = new Uint8Array(file.subarray(start < 0 ? Math.max(0, file.length + start) : start, end));
      reads.push(bytes.length);
      return { bytes, sizeBytes: file.length, etag: 'e', lastModified: 0 };
    },
  };
  return (await inspectObject(store as ObjectStore, OBJECT)).content;
}

const withColumns = (names: readonly string[]) => footerOf([schemaList(names)]);
const columns = (count: number) => Array.from({ length: count }, (_, index) => index.toString(36));
const corrupt = (reason: RegExp) => ({ is: 'corrupt', reason: expect.stringMatching(reason) });

describe('a footer that a stranger wrote', () => {
  it('may have as many columns as the widest report, and none more', async () => {
    expect(await contentOf(withColumns(columns(MAX_COLUMNS)))).toMatchObject({ is: 'parquet' });
    expect(await contentOf(withColumns(columns(MAX_COLUMNS + 1)))).toEqual(corrupt(/4001 columns, .* more than 4000/));
    expect(await contentOf(withColumns(columns(116_501)))).toEqual(corrupt(/116501 columns, .* more than 4000/));
  });

  it('may have names as long as Snowflake takes them, and none longer', async () => {
    expect(await contentOf(withColumns(['x'.repeat(MAX_NAME_CHARACTERS)]))).toMatchObject({ is: 'parquet' });
    expect(await contentOf(withColumns(['a', 'x'.repeat(MAX_NAME_CHARACTERS + 1)]))).toEqual(
      corrupt(/a column name of 256 characters, .* more than 255/),
    );
  });

  it('is not read at all when it is larger than that of any report', async () => {
    const reads: number[] = [];
    const content = await contentOf(Buffer.alloc(MAX_FOOTER_BYTES + 1), reads);
    expect(content).toEqual(corrupt(/a footer of 2097153 bytes, .* more than 2097152/));
    expect(reads).toEqual([128 * 1024]);
  });

  const most = MAX_FOOTER_BYTES - 64;
  const zeros = Buffer.alloc(most);
  it.each([
    ['two million empty row groups', [VERSION, field(3, LIST), listOf(STRUCT, most, zeros), STOP]],
    ['two million empty columns', [VERSION, field(1, LIST), listOf(STRUCT, most, zeros), STOP]],
    ['two million truth values', [VERSION, field(3, LIST), listOf(1, most, Buffer.alloc(most, 1)), STOP]],
    ['a list of two billion structs', [VERSION, field(3, LIST), listOf(STRUCT, 2 ** 31 - 1, zeros), STOP]],
    ['structs in structs', [Buffer.alloc(most, 0x1c)]],
    [
      'a root of two billion children',
      [
        VERSION,
        field(1, LIST),
        listOf(STRUCT, 2, Buffer.concat([named('r', childCount(2 ** 31 - 1)), leaf('a')])),
        Buffer.concat([field(1, I64), varint(0), field(1, LIST), Buffer.of(STRUCT), STOP]),
      ],
    ],
  ])('with %s is an answer, soon', async (_what, parts) => {
    const started = process.cpuUsage();
    expect(await contentOf(Buffer.concat(parts))).toMatchObject({ is: 'corrupt' });
    const { user } = process.cpuUsage(started);
    expect(user / 1000).toBeLessThan(2_000);
  });
});
