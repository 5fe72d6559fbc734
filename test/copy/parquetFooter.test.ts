import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quoteText } from '../../src/adapters/duckdb/quote.ts';
import { FolderObjectStore } from '../../src/adapters/folder/objectStore.ts';
import { type FileContent, type InspectedObject, inspectObject } from '../../src/copy/parquetFooter.ts';
import { ObjectChanged, ObjectGone, type ObjectStore } from '../../src/store/objectStore.ts';
import { counted, intercepted } from './interception.ts';
import { parquetBytes, parquetWithColumn } from './parquetBytes.ts';

const OBJECT = { bucket: 'source', key: 'file.parquet' };
const REAL_DATA = path.resolve(import.meta.dirname, '../../../shared/cur');
const isThere = existsSync(REAL_DATA);

let root: string;
let store: FolderObjectStore;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'parquet-footer-'));
  store = new FolderObjectStore(new Map([['source', root]]));
});
afterEach(() => rm(root, { recursive: true }));

async function inspect(bytes: Uint8Array): Promise<InspectedObject> {
  await store.put(OBJECT, bytes);
  return inspectObject(store, OBJECT);
}

async function contentOf(bytes: Uint8Array): Promise<FileContent> {
  return (await inspect(bytes)).content;
}

async function typeOf(bytes: Uint8Array): Promise<string | undefined> {
  const content = await contentOf(bytes);
  if (content.is !== 'parquet') throw new Error(JSON.stringify(content));
  return content.footer.columns[0]?.type;
}

/** Text columns with long names: about 150 bytes of footer each. */
function wideFile(columns: number): Uint8Array {
  const columnData = Array.from({ length: columns }, (_, index) => ({
    name: `resource_tags_user_a_rather_long_name_of_a_tag_${index}`,
    data: ['x', 'y'],
    type: 'STRING' as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 30_000 }));
}

describe('the footer of a true file', () => {
  it('says its rows and its columns in order, and of which content', async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'line_item_unblended_cost', data: [1, 2, 3], type: 'DOUBLE' },
          { name: 'bill_payer_account_id', data: ['a', 'b', 'c'], type: 'STRING' },
        ],
      }),
    );
    const { etag, lastModified, sizeBytes } = await store.put(OBJECT, bytes);
    expect(await inspectObject(store, OBJECT)).toEqual({
      etag,
      lastModified,
      sizeBytes,
      content: {
        is: 'parquet',
        footer: {
          rows: 3,
          columns: [
            { name: 'line_item_unblended_cost', type: 'double' },
            { name: 'bill_payer_account_id', type: 'string' },
          ],
        },
      },
    });
  });

  it('counts the rows of all row groups', async () => {
    const columnData = [{ name: 'n', data: Array.from({ length: 250 }, (_, n) => n), type: 'INT32' as const }];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 }));
    expect(await contentOf(bytes)).toMatchObject({ is: 'parquet', footer: { rows: 250 } });
  });

  it('of a file without rows says zero: it is no empty object', async () => {
    expect(await contentOf(parquetBytes(0))).toMatchObject({ is: 'parquet', footer: { rows: 0 } });
  });
});

describe('a column written by hyparquet', () => {
  const instant = new Date('2026-10-01T00:00:00Z');
  const map = (name: string, ...value: Parameters<typeof parquetWithColumn>[0]) => [
    { name, converted_type: 'MAP' as const, repetition_type: 'OPTIONAL' as const, num_children: 1 },
    { name: 'key_value', repetition_type: 'REPEATED' as const, num_children: 2 },
    { name: 'key', type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const, repetition_type: 'REQUIRED' as const },
    ...value,
  ];
  const TYPES: [string, Parameters<typeof parquetWithColumn>[0], unknown[], string][] = [
    ['UTF8 text', [{ name: 'c', type: 'BYTE_ARRAY', converted_type: 'UTF8' }], ['x'], 'string'],
    ['STRING text', [{ name: 'c', type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } }], ['x'], 'string'],
    ['bytes', [{ name: 'c', type: 'BYTE_ARRAY' }], [Uint8Array.of(1)], 'binary'],
    ['BOOLEAN', [{ name: 'c', type: 'BOOLEAN' }], [true], 'boolean'],
    ['INT32', [{ name: 'c', type: 'INT32' }], [1], 'int'],
    ['INT64', [{ name: 'c', type: 'INT64' }], [1n], 'bigint'],
    ['FLOAT', [{ name: 'c', type: 'FLOAT' }], [1], 'float'],
    ['DOUBLE', [{ name: 'c', type: 'DOUBLE' }], [1], 'double'],
    ['DATE', [{ name: 'c', type: 'INT32', converted_type: 'DATE' }], [instant], 'date'],
    [
      'milliseconds',
      [{ name: 'c', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }],
      [instant],
      'timestamp_utc_converted',
    ],
    [
      'microseconds',
      [{ name: 'c', type: 'INT64', converted_type: 'TIMESTAMP_MICROS' }],
      [instant],
      'timestamp_utc_converted',
    ],
    [
      'an instant by its logical type alone',
      [{ name: 'c', type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } }],
      [1n],
      'timestamp_utc',
    ],
    [
      'what a clock shows',
      [{ name: 'c', type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MILLIS' } }],
      [1n],
      'timestamp_local',
    ],
    [
      'nanoseconds',
      [{ name: 'c', type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } }],
      [1n],
      'timestamp',
    ],
    [
      'a DECIMAL',
      [{ name: 'c', type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 4 }],
      [1.5],
      'decimal(18,4)',
    ],
    [
      'a DECIMAL by its logical type alone',
      [{ name: 'c', type: 'INT64', logical_type: { type: 'DECIMAL', precision: 18, scale: 4 } }],
      [1n],
      'decimal(18,4)',
    ],
    ['fixed bytes', [{ name: 'c', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 1 }], [Uint8Array.of(1)], 'other'],
    [
      'a struct',
      [
        { name: 'c', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'inner', type: 'INT32' },
      ],
      [{ inner: 1 }],
      'other',
    ],
    [
      'a list',
      [
        { name: 'c', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
      ],
      [[1]],
      'other',
    ],
    [
      'a map to texts',
      map('c', { name: 'value', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }),
      [{ a: 'b' }],
      'map<string,string>',
    ],
    [
      'a map to doubles',
      map('c', { name: 'value', type: 'DOUBLE', repetition_type: 'OPTIONAL' }),
      [{ a: 1 }],
      'map<string,double>',
    ],
    [
      'a map to anything else',
      map('c', { name: 'value', type: 'INT64', repetition_type: 'OPTIONAL' }),
      [{ a: 1n }],
      'other',
    ],
  ];

  it.each(TYPES)('%s', async (_what, elements, data, type) => {
    const [first, ...inner] = elements;
    if (!first) throw new Error('no column');
    const bytes = parquetWithColumn([{ repetition_type: 'REQUIRED', ...first }, ...inner], data);
    expect(await typeOf(bytes)).toBe(type);
  });

  // What hyparquet-writer does not write is patched into the footer: there, an element begins with
  // its physical type and its repetition (both zigzag), then its name.
  it('INT96, the old way to write a timestamp', async () => {
    const bytes = parquetWithColumn([{ name: 'column', type: 'INT64', repetition_type: 'REQUIRED' }], [1n]);
    const element = Buffer.from(bytes).indexOf(Buffer.from([0x15, 4, 0x25, 0, 0x18, 6, ...Buffer.from('column')]));
    bytes[element + 1] = 2 * 3;
    expect(await typeOf(bytes)).toBe('int96');
  });

  it('a repeated value is a list, and so nested', async () => {
    const bytes = parquetWithColumn([{ name: 'column', type: 'INT32', repetition_type: 'REQUIRED' }], [1]);
    const element = Buffer.from(bytes).indexOf(Buffer.from([0x15, 2, 0x25, 0, 0x18, 6, ...Buffer.from('column')]));
    bytes[element + 3] = 2 * 2;
    expect(await typeOf(bytes)).toBe('other');
  });
});

describe('a column written by DuckDB', () => {
  it.each([
    ['varchar', 'string'],
    ['blob', 'binary'],
    ['boolean', 'boolean'],
    ['integer', 'int'],
    ['bigint', 'bigint'],
    ['float', 'float'],
    ['double', 'double'],
    ['date', 'date'],
    ['timestamp', 'timestamp_local'],
    ['timestamptz', 'timestamp_utc'],
    ['timestamp_ms', 'timestamp_local'],
    ['timestamp_ns', 'timestamp'],
    ['decimal(9,2)', 'decimal(9,2)'],
    ['decimal(18,6)', 'decimal(18,6)'],
    ['decimal(38,10)', 'decimal(38,10)'],
    ['json', 'string'],
    ['map(varchar, varchar)', 'map<string,string>'],
    ['map(varchar, double)', 'map<string,double>'],
    ['map(varchar, integer)', 'other'],
    ['map(integer, varchar)', 'other'],
    ['map(varchar, varchar[])', 'other'],
    ['struct(a varchar, b double)', 'other'],
    ['varchar[]', 'other'],
    ['uuid', 'other'],
    ['interval', 'other'],
  ])('%s is %s', async (sqlType, type) => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const file = path.join(root, OBJECT.key);
    await connection.run(`copy (select null::${sqlType} as c) to ${quoteText(file)} (format parquet)`);
    connection.closeSync();
    instance.closeSync();
    const { content } = await inspectObject(store, OBJECT);
    expect(content).toEqual({ is: 'parquet', footer: { rows: 1, columns: [{ name: 'c', type }] } });
  });
});

describe('reads', () => {
  it('one finds a usual footer, however large the file is, and one more the smallest column of each row group', async () => {
    const data = Array.from({ length: 30_000 }, (_, row) => `${row}-${Math.imul(row, 2654435761)}`);
    const same = data.map(() => 'same');
    const columnData = [
      { name: 'same', data: same, type: 'STRING' as const },
      { name: 'id', data, type: 'STRING' as const },
    ];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 30_000 }));
    expect(bytes.length).toBeGreaterThan(256 * 1024);
    await store.put(OBJECT, bytes);
    const { target, calls } = counted<ObjectStore>(store);
    expect(await inspectObject(target, OBJECT)).toMatchObject({ content: { footer: { rows: 30_000 } } });
    expect(calls).toEqual({ read: 2 });
  });

  it('two find a footer that is larger than the first read, the second under its etag', async () => {
    await store.put(OBJECT, wideFile(2_000));
    const { target, calls } = counted<ObjectStore>(store);
    const { content } = await inspectObject(target, OBJECT);
    if (content.is !== 'parquet') throw new Error(content.is);
    expect([content.footer.rows, content.footer.columns.length]).toEqual([2, 2_000]);
    expect(calls).toEqual({ read: 3 });
  });

  it.each([
    ['overwritten', () => store.put(OBJECT, wideFile(2_001)), ObjectChanged],
    ['deleted', () => store.delete(OBJECT), ObjectGone],
  ])('a file that is %s between the two is never read as a mix', async (_what, happen, error) => {
    await store.put(OBJECT, wideFile(2_000));
    let reads = 0;
    const disturbed = intercepted<ObjectStore>(store, async (_method, call) => {
      reads += 1;
      if (reads === 2) await happen();
      return call();
    });
    await expect(inspectObject(disturbed, OBJECT)).rejects.toThrow(error);
  });

  it('with an etag, only that content is inspected', async () => {
    const { etag } = await store.put(OBJECT, parquetBytes(1));
    await store.put(OBJECT, parquetBytes(2));
    await expect(inspectObject(store, { ...OBJECT, etag })).rejects.toThrow(ObjectChanged);
  });
});

describe('content that is no Parquet is an answer with a reason:', () => {
  const good = parquetBytes(3);
  const withLength = (length: number): Uint8Array => {
    const bytes = Uint8Array.from(good);
    new DataView(bytes.buffer).setUint32(bytes.length - 8, length, true);
    return bytes;
  };
  const text = (value: string) => new TextEncoder().encode(value);

  it('an object of zero bytes is empty', async () => {
    expect(await inspect(new Uint8Array())).toMatchObject({ sizeBytes: 0, content: { is: 'empty' } });
  });

  it.each([
    ['one byte', Uint8Array.of(0), /too short for a Parquet file: 1 bytes/],
    ['the magic number alone', text('PAR1'), /too short for a Parquet file: 4 bytes/],
    ['a text', text('<Error><Code>NoSuchKey</Code></Error>'), /ends in "ror>"/],
    ['a CSV', text('a,b\n1,2\n'), /not in "PAR1"/],
    ['a file that is cut off', good.slice(0, good.length - 5), /not in "PAR1"/],
    ['the end of a file alone', good.slice(good.length - 8), /it claims \d+ bytes in a file of 8/],
    ['an encrypted footer', text('PAR1....0000PARE'), /ends in "PARE"/],
    ['a length beyond the file', withLength(good.length), /it claims \d+ bytes in a file of \d+/],
    ['the largest length', withLength(0xffffffff), /it claims 4294967295 bytes/],
    ['a length of zero', withLength(0), /damaged footer/],
    ['a length that is too small', withLength(20), /damaged footer/],
    ['a length that reaches into the data', withLength(good.length - 12), /damaged footer/],
    ['zeros before the trailer', Buffer.concat([Buffer.alloc(200), Buffer.of(200, 0, 0, 0), text('PAR1')]), /damaged/],
    [
      'structs in structs',
      Buffer.concat([Buffer.alloc(60_000, 0x1c), Buffer.of(0x60, 0xea, 0, 0), text('PAR1')]),
      /damaged/,
    ],
  ])('%s', async (_what, bytes, reason) => {
    expect(await contentOf(bytes)).toEqual({ is: 'corrupt', reason: expect.stringMatching(reason) });
  });

  it('rows in all that are not the rows of the groups', async () => {
    const bytes = Uint8Array.from(parquetBytes(3));
    // FileMetaData begins: field 1 version (i32), field 2 the list of schema elements, field 3
    // num_rows (i64 zigzag: 6).
    const numRows = Buffer.from(bytes).lastIndexOf(Buffer.from([0x00, 0x16, 0x06, 0x19]));
    expect(numRows).toBeGreaterThan(0);
    bytes[numRows + 2] = 8;
    expect(await contentOf(bytes)).toEqual({
      is: 'corrupt',
      reason: expect.stringMatching(/4 rows in all, 3 in its row groups/),
    });
  });

  it('a number without end is refused before the parser counts it, at a cost that grows with the square', async () => {
    // An i64 field whose varint goes on: what a run of 0xff in a damaged footer looks like. 64 KB
    // took the parser 0.3 s, 256 KB half a minute, and a footer may have 64 MB.
    const length = 64 * 1024;
    const footer = Buffer.concat([Buffer.of(0x16), Buffer.alloc(length - 1, 0xff)]);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32LE(length);
    expect(await contentOf(Buffer.concat([footer, trailer, text('PAR1')]))).toEqual({
      is: 'corrupt',
      reason: expect.not.stringContaining('Cannot read properties'),
    });
  });
});

const TYPE =
  /^(string|double|float|int|bigint|boolean|timestamp|date|binary|other|decimal\(\d+,\d+\)|map<string,(string|double)>)$/;

describe('any damage to the end of a file', () => {
  const base = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'identity_line_item_id', data: ['a', 'b', 'c'], type: 'STRING' },
        { name: 'line_item_unblended_cost', data: [1, 2, 3], type: 'DOUBLE' },
      ],
    }),
  );

  /** Reads from memory: 2,000 files are no matter for a disk. */
  function inMemory(bytes: Uint8Array): ObjectStore {
    return {
      read: async (_object, { start, end }) => {
        const about = { etag: 'e', lastModified: 0, sizeBytes: bytes.length };
        return { ...about, bytes: bytes.slice(start, end) };
      },
      copy: () => Promise.reject(new Error('nobody copies')),
      list: () => {
        throw new Error('nobody lists');
      },
      listFolder: () => {
        throw new Error('nobody lists');
      },
      delete: () => Promise.reject(new Error('nobody deletes')),
    };
  }

  async function expectAnAnswer(bytes: Uint8Array): Promise<void> {
    const { content } = await inspectObject(inMemory(bytes), OBJECT);
    if (content.is === 'corrupt') expect(content.reason).not.toBe('');
    if (content.is !== 'parquet') return;
    const { rows, columns } = content.footer;
    expect(Number.isSafeInteger(rows) && rows >= 0).toBe(true);
    for (const { name, type } of columns) expect([typeof name, type]).toEqual(['string', expect.stringMatching(TYPE)]);
  }

  it('by one flipped bit gives an answer, and never a column without a name', async () => {
    for (let bit = 0; bit < base.length * 8; bit++) {
      const bytes = Uint8Array.from(base);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expectAnAnswer(bytes);
    }
  });

  it('by any other bytes gives an answer', async () => {
    const damage = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(base.length), async (changes, cut) => {
        const bytes = Uint8Array.from(base);
        for (const [at, value] of changes) bytes[at] = value;
        await expectAnAnswer(bytes);
        await expectAnAnswer(bytes.slice(cut));
        await expectAnAnswer(bytes.slice(0, cut));
      }),
      { numRuns: 500 },
    );
  });

  it('by any footer at all gives an answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (footer) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(footer.length);
        await expectAnAnswer(Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]));
      }),
      { numRuns: 500 },
    );
  });
});

const skipped = isThere ? '' : ' (skipped: the folder ../shared/cur is not there)';
describe.skipIf(!isThere)(`footers of real reports${skipped}`, () => {
  const real = new FolderObjectStore(new Map([['real', REAL_DATA]]));

  async function footerOf(key: string) {
    const { target, calls } = counted<ObjectStore>(real);
    const { content } = await inspectObject(target, { bucket: 'real', key });
    if (content.is !== 'parquet') throw new Error(`${key} is ${content.is}`);
    expect(calls.read).toBeLessThanOrEqual(2);
    return { rows: content.footer.rows, types: new Map(content.footer.columns.map(({ name, type }) => [name, type])) };
  }

  it.each([
    ['2018-10', 119_307, 124],
    ['2018-11', 124_340, 126],
  ])('legacy %s has %d rows and %d columns', async (month, rows, columns) => {
    const footer = await footerOf(`legacy-2018/WorkshopCUR-${month}.snappy.parquet`);
    expect([footer.rows, footer.types.size]).toEqual([rows, columns]);
    expect(footer.types.get('line_item_usage_start_date')).toBe('timestamp_utc_converted');
    expect(footer.types.get('line_item_unblended_cost')).toBe('double');
    expect(footer.types.get('line_item_unblended_rate')).toBe('string');
  });

  it('legacy 2022-10, re-written by Athena, has 14,218 rows in 30 files of 180 columns', async () => {
    const names = (await readdir(path.join(REAL_DATA, 'legacy-2022-10'))).filter((name) => name.endsWith('.parquet'));
    let rows = 0;
    for (const name of names) {
      const footer = await footerOf(`legacy-2022-10/${name}`);
      expect(footer.types.size).toBe(180);
      expect(footer.types.get('line_item_usage_start_date')).toBe('int96');
      rows += footer.rows;
    }
    expect([names.length, rows]).toEqual([30, 14_218]);
  });

  it('CUR 2.0 has 1,882 rows in two files, and its maps', async () => {
    const files = await Promise.all(
      ['00001', '00002'].map((part) => footerOf(`cur2-2026-04/example-CUR-daily-1-${part}.snappy.parquet`)),
    );
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_882);
    for (const { types } of files) {
      for (const name of ['product', 'resource_tags', 'cost_category', 'tags']) {
        expect(types.get(name)).toBe('map<string,string>');
      }
      expect(types.get('discount')).toBe('map<string,double>');
    }
  });
});
