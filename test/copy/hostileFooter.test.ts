import { describe, expect, it } from 'vitest';
import { MAX_COLUMNS, MAX_FOOTER_BYTES, MAX_NAME_CHARACTERS } from '../../src/billing/limits.ts';
import { inspectObject } from '../../src/copy/parquetFooter.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';

const OBJECT = { bucket: 'source', key: 'file.parquet' };
const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
};
/** The head of a field that comes `delta` after the one before. */
const field = (delta: number, type: number) => Buffer.of((delta << 4) | type);
const STOP = Buffer.of(0);
const listOf = (type: number, size: number, elements: Buffer) =>
  Buffer.concat([Buffer.of(0xf0 | type), varint(size), elements]);
const named = (name: string, ...after: Buffer[]) =>
  Buffer.concat([field(4, BINARY), varint(Buffer.byteLength(name)), Buffer.from(name), ...after, STOP]);
const leaf = (name: string) =>
  Buffer.concat([field(1, I32), varint(12), field(3, BINARY), varint(name.length), Buffer.from(name), STOP]);
const childCount = (count: number) => Buffer.concat([field(1, I32), varint(2 * count)]);
const VERSION = Buffer.concat([field(1, I32), varint(2)]);

/** A footer that makes sense by itself: these columns, and no rows. */
function footerOf(names: readonly string[]): Buffer {
  const elements = Buffer.concat([named('root', childCount(names.length)), ...names.map(leaf)]);
  const schema = Buffer.concat([field(1, LIST), listOf(STRUCT, names.length + 1, elements)]);
  return Buffer.concat([VERSION, schema, field(1, I64), varint(0), field(1, LIST), Buffer.of(STRUCT), STOP]);
}

async function contentOf(footer: Buffer, reads: number[] = []) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  const file = Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
  const store: Pick<ObjectStore, 'read'> = {
    read: async (_object, { start, end }) => {
      const bytes = new Uint8Array(file.subarray(start < 0 ? Math.max(0, file.length + start) : start, end));
      reads.push(bytes.length);
      return { bytes, sizeBytes: file.length, etag: 'e', lastModified: 0 };
    },
  };
  return (await inspectObject(store as ObjectStore, OBJECT)).content;
}

const columns = (count: number) => Array.from({ length: count }, (_, index) => index.toString(36));
const corrupt = (reason: RegExp) => ({ is: 'corrupt', reason: expect.stringMatching(reason) });

describe('a footer that a stranger wrote', () => {
  it('may have as many columns as the widest report, and none more', async () => {
    expect(await contentOf(footerOf(columns(MAX_COLUMNS)))).toMatchObject({ is: 'parquet' });
    expect(await contentOf(footerOf(columns(MAX_COLUMNS + 1)))).toEqual(corrupt(/4001 columns, .* more than 4000/));
    expect(await contentOf(footerOf(columns(116_501)))).toEqual(corrupt(/116501 columns, .* more than 4000/));
  });

  it('may have names as long as Snowflake takes them, and none longer', async () => {
    expect(await contentOf(footerOf(['x'.repeat(MAX_NAME_CHARACTERS)]))).toMatchObject({ is: 'parquet' });
    expect(await contentOf(footerOf(['a', 'x'.repeat(MAX_NAME_CHARACTERS + 1)]))).toEqual(
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
