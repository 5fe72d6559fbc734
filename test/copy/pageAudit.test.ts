import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { crc32 } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../src/adapters/folder/objectStore.ts';
import { pageProblem, samplesOf } from '../../src/copy/pageAudit.ts';
import { inspectObject } from '../../src/copy/parquetFooter.ts';
import { parquetSchema } from '../../src/copy/parquetSchema.ts';

const OBJECT = { bucket: 'here', key: 'file.parquet' };
const ROWS = 50;

/** A file of 50 rows whose footer says what `tamper` makes of it. */
function tampered(tamper: (writer: ParquetWriter) => void, columns = ['account', 'cost']): Uint8Array {
  const writer = new ByteWriter();
  const schema = [
    { name: 'schema', num_children: columns.length },
    ...columns.map((name) => ({ name, type: 'INT32' as const, repetition_type: 'REQUIRED' as const })),
  ];
  const parquet = new ParquetWriter({ writer, schema });
  const data = Array.from({ length: ROWS }, (_, row) => row);
  parquet.write({ columnData: columns.map((name) => ({ name, data })) });
  tamper(parquet);
  parquet.finish();
  return writer.getBytes();
}

function lowerRows(writer: ParquetWriter, by: bigint): void {
  writer.num_rows -= by;
  for (const group of writer.row_groups) group.num_rows -= by;
}

function lowerValues(writer: ParquetWriter, by: bigint): void {
  for (const { columns } of writer.row_groups) {
    for (const { meta_data } of columns) if (meta_data) meta_data.num_values -= by;
  }
}

async function contentOf(bytes: Uint8Array) {
  await using folder = await mkdtempDisposable(`${tmpdir()}/pages-`);
  const store = new FolderObjectStore(new Map([[OBJECT.bucket, folder.path]]));
  await store.put(OBJECT, bytes);
  return (await inspectObject(store, OBJECT)).content;
}

describe('a footer that promises other rows than there are', () => {
  it('is believed while it says what the pages say', async () => {
    expect(await contentOf(tampered(() => {}))).toMatchObject({ is: 'parquet', footer: { rows: ROWS } });
  });

  it('is refused when its rows are not the values of its columns', async () => {
    const content = await contentOf(tampered((writer) => lowerRows(writer, 5n)));
    expect(content).toEqual({
      is: 'corrupt',
      reason: 'damaged footer: 45 rows in a row group, and 50 values of its column "account"',
    });
  });

  it('is refused when all of its counts agree and the pages hold more', async () => {
    const bytes = tampered((writer) => {
      lowerRows(writer, 5n);
      lowerValues(writer, 5n);
    });
    const reason = 'damaged: row group 0: 45 rows by the footer, 50 in the pages of a column';
    expect(await contentOf(bytes)).toEqual({ is: 'corrupt', reason });
  });

  it('is refused when its data would reach into it: the head of the file is missing', async () => {
    const whole = tampered(() => {});
    expect(await contentOf(whole.subarray(20))).toEqual({
      is: 'corrupt',
      reason: expect.stringMatching(/^cut off: its data ends at byte \d+, and its footer begins at \d+$/),
    });
  });
});

describe('a page', () => {
  const bytes = Uint8Array.from([1, 2, 3, 4]);
  const zigzag = (value: number) => {
    const out: number[] = [];
    for (let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)); ; left >>= 7n) {
      out.push(left < 128n ? Number(left) : Number(left & 127n) | 128);
      if (left < 128n) return out;
    }
  };
  /** A data page of four bytes and as many values, with this checksum. */
  const page = (crc: number) =>
    Uint8Array.from([0x15, 0, 0x15, 8, 0x15, 8, 0x15, ...zigzag(crc | 0), 0x1c, 0x15, 8, 0, 0, ...bytes]);
  /**
   * A dictionary page of no values, which is all that some writers write of a column without rows.
   */
  const noValues = Uint8Array.from([0x15, 4, 0x15, 0, 0x15, 2, 0x4c, 0x15, 0, 0x15, 4, 0x12, 0, 0, 0]);
  const problemOf = (chunk: Uint8Array, rows = 4, offsets: object = {}) => {
    const file = Buffer.concat([Buffer.from('PAR1'), chunk]);
    const place = { dataOffset: 4, dictionaryOffset: undefined, sizeBytes: chunk.length, ...offsets };
    const column = { name: 'a', pathLength: 1, values: rows, ...place };
    const untyped = {
      converted: undefined,
      scale: undefined,
      precision: undefined,
      logical: undefined,
      adjustedToUtc: undefined,
      unit: undefined,
    };
    const node = { ...untyped, name: 'a', type: 1, repetition: 0, children: 0 };
    const root = { ...node, name: 'schema', type: undefined, children: 1 };
    const metadata = { schema: parquetSchema([root, node]), rows, groups: [{ rows, chunks: [column] }] };
    const store = { read: () => Promise.reject(new Error('nothing more is to be read')) };
    return pageProblem(store as never, OBJECT, samplesOf(metadata), { bytes: file, sizeBytes: file.length });
  };

  it('with the checksum of its bytes is intact', async () => {
    expect(await problemOf(page(crc32(bytes)))).toBeUndefined();
  });

  it('may be missing where there are no rows, and nowhere else', async () => {
    const offsets = { dataOffset: 0, dictionaryOffset: 4 };
    expect(await problemOf(noValues, 0, offsets)).toBeUndefined();
    expect(await problemOf(noValues, 4, offsets)).toBe('row group 0: 4 rows by the footer, 0 in the pages of a column');
  });

  it('with another checksum is damaged', async () => {
    expect(await problemOf(page(crc32(bytes) + 1))).toBe('row group 0: a page whose checksum is not that of its bytes');
  });

  it('that ends behind its column is damaged', async () => {
    const cut = page(crc32(bytes)).subarray(0, -1);
    expect(await problemOf(cut)).toBe('row group 0: a page that reaches beyond its column');
  });

  it('whose header makes no sense is damaged', async () => {
    expect(await problemOf(Uint8Array.from([0x1e, 1, 2]))).toMatch(/^row group 0: a damaged page: /);
  });
});
