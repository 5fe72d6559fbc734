import { crc32 } from 'node:zlib';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import { quoteValue } from '../base/printable.ts';
import type { ObjectRef, ObjectStore } from '../store/objectStore.ts';
import { CompactInvalid, CompactReader } from './compactThrift.ts';

/** The pages of one small column chunk of a row group: they say how many rows there really are. */
interface Sample {
  readonly rows: number;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** As many row groups are looked at: a report's file has one for about a million rows. */
const MAX_GROUPS = 16;
/**
 * A row group's smallest column takes some kilobytes. One whose smallest is larger is not looked
 * at.
 */
const MAX_CHUNK_BYTES = 1024 * 1024;
const PAGE_LIMITS = { maxValues: 1_000, maxDepth: 8 };

/** Fields of a PageHeader (Parquet format, parquet.thrift). */
const TYPE = '1';
const COMPRESSED_SIZE = '3';
const CRC = '4';
const DATA_VALUES = '5.1';
const DATA_V2_VALUES = '8.1';
const WANTED = new Set([TYPE, COMPRESSED_SIZE, CRC, DATA_VALUES, DATA_V2_VALUES]);
const DICTIONARY_PAGE = 2;

/**
 * Holds what a footer says of its rows against the data pages: a warehouse reads as many rows as
 * the footer says, so a footer that says fewer loses rows without a word. Looks at the smallest
 * column of each row group, one read for each that `held`, the bytes at the file's end that were
 * read already, does not contain; and at the checksums of those pages, where they have any. Answers
 * what is wrong. Throws what ObjectStore.read throws.
 */
export async function pageProblem(
  store: ObjectStore,
  object: ObjectRef,
  metadata: FileMetaData,
  held: { readonly bytes: Uint8Array; readonly sizeBytes: number },
): Promise<string | undefined> {
  const heldFrom = held.sizeBytes - held.bytes.length;
  for (const [index, { rows, startBytes, endBytes }] of samplesOf(metadata).entries()) {
    const bytes =
      startBytes >= heldFrom
        ? held.bytes.subarray(startBytes - heldFrom, endBytes - heldFrom)
        : (await store.read(object, { start: startBytes, end: endBytes })).bytes;
    const problem = chunkProblem(bytes, rows);
    if (problem !== undefined) return `row group ${index}: ${problem}`;
  }
  return undefined;
}

/**
 * What a footer says of row groups and columns that contradicts itself: each flat column has a
 * value, or none, for each row.
 */
export function countProblem(metadata: FileMetaData): string | undefined {
  const flat = flatColumns(metadata);
  for (const { columns, num_rows } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      if (!meta_data || !isFlat(meta_data, flat) || meta_data.num_values === num_rows) continue;
      const name = quoteValue(meta_data.path_in_schema[0]);
      return `${num_rows} rows in a row group, and ${meta_data.num_values} values of its column ${name}`;
    }
  }
  return undefined;
}

/** The columns that are neither nested nor repeated. */
function flatColumns({ schema }: FileMetaData): ReadonlySet<string> {
  const flat = schema.filter(({ type, repetition_type }) => type !== undefined && repetition_type !== 'REPEATED');
  return new Set(flat.map(({ name }) => name));
}

function isFlat({ path_in_schema: [name = '', ...inner] }: ColumnMetaData, flat: ReadonlySet<string>): boolean {
  return inner.length === 0 && flat.has(name);
}

function samplesOf(metadata: FileMetaData): Sample[] {
  const flat = flatColumns(metadata);
  return metadata.row_groups.slice(0, MAX_GROUPS).flatMap(({ columns, num_rows }) => {
    const chunks = columns.flatMap(({ meta_data }) => {
      if (!meta_data || !isFlat(meta_data, flat)) return [];
      const { data_page_offset: data, dictionary_page_offset: dictionary, total_compressed_size: size } = meta_data;
      // Byte 0 belongs to the magic number: an offset of 0 says that there is no such page. Without
      // rows there need not be any.
      const [start] = [dictionary ?? 0n, data].filter((offset) => offset > 0n).toSorted(ascending);
      if (start === undefined) return [];
      return [{ rows: Number(num_rows), startBytes: Number(start), endBytes: Number(start + size) }];
    });
    const [smallest] = chunks.toSorted((a, b) => a.endBytes - a.startBytes - (b.endBytes - b.startBytes));
    return smallest && smallest.endBytes - smallest.startBytes <= MAX_CHUNK_BYTES ? [smallest] : [];
  });
}

const ascending = (a: bigint, b: bigint) => (a < b ? -1 : 1);

function chunkProblem(chunk: Uint8Array, rows: number): string | undefined {
  let offset = 0;
  let values = 0;
  while (offset < chunk.length) {
    const reader = new CompactReader(chunk, PAGE_LIMITS, offset);
    const header = headerOf(reader);
    if (typeof header === 'string') return `a damaged page: ${header}`;
    const end = reader.offset + header.sizeBytes;
    if (header.sizeBytes < 0 || end > chunk.length) return 'a page that reaches beyond its column';
    const isIntact = header.crc === undefined || crc32(chunk.subarray(reader.offset, end)) === header.crc >>> 0;
    if (!isIntact) return 'a page whose checksum is not that of its bytes';
    values += header.values;
    offset = end;
  }
  return values === rows ? undefined : `${rows} rows by the footer, ${values} in the pages of a column`;
}

interface PageHeader {
  readonly sizeBytes: number;
  readonly values: number;
  readonly crc: number | undefined;
}

function headerOf(reader: CompactReader): PageHeader | string {
  try {
    const fields = reader.struct(WANTED);
    const isDictionary = fields.get(TYPE) === DICTIONARY_PAGE;
    const values = isDictionary ? 0 : (fields.get(DATA_VALUES) ?? fields.get(DATA_V2_VALUES) ?? 0);
    return { sizeBytes: fields.get(COMPRESSED_SIZE) ?? -1, values, crc: fields.get(CRC) };
  } catch (error) {
    if (error instanceof CompactInvalid) return error.message;
    throw error;
  }
}
