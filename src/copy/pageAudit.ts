import { crc32 } from 'node:zlib';
import { quoteValue } from '../base/printable.ts';
import type { ObjectRef, ObjectStore } from '../store/objectStore.ts';
import { CompactInvalid, CompactReader } from './compactThrift.ts';
import type { ColumnChunk, FooterMetadata } from './footerMetadata.ts';
import type { ParquetSchema } from './parquetSchema.ts';

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

/** PageType.DICTIONARY_PAGE (Parquet format, parquet.thrift). */
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
  samples: readonly Sample[],
  held: { readonly bytes: Uint8Array; readonly sizeBytes: number },
): Promise<string | undefined> {
  const heldFrom = held.sizeBytes - held.bytes.length;
  for (const [index, { rows, startBytes, endBytes }] of samples.entries()) {
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
export function countProblem({ schema, groups }: FooterMetadata): string | undefined {
  for (const { chunks, rows } of groups) {
    for (const chunk of chunks) {
      if (chunk.values === rows || !isFlat(chunk, schema)) continue;
      return `${rows} rows in a row group, and ${chunk.values} values of its column ${quoteValue(chunk.name)}`;
    }
  }
  return undefined;
}

function isFlat({ name, pathLength }: ColumnChunk, { flat }: ParquetSchema): boolean {
  return pathLength === 1 && flat.has(name);
}

/** Where the pages are that are looked at: the smallest column of each of the first row groups. */
export function samplesOf({ schema, groups }: FooterMetadata): Sample[] {
  return groups.slice(0, MAX_GROUPS).flatMap(({ chunks, rows }) => {
    let smallest: ColumnChunk | undefined;
    for (const chunk of chunks) {
      const isSmaller = smallest === undefined || chunk.sizeBytes < smallest.sizeBytes;
      if (isSmaller && startOf(chunk) > 0 && isFlat(chunk, schema)) smallest = chunk;
    }
    if (!smallest || smallest.sizeBytes > MAX_CHUNK_BYTES) return [];
    const startBytes = startOf(smallest);
    return [{ rows, startBytes, endBytes: startBytes + smallest.sizeBytes }];
  });
}

/**
 * Where a chunk's first page begins; 0 where it has none. Byte 0 belongs to the magic number: an
 * offset of 0 says that there is no such page. Without rows there need not be any.
 */
function startOf({ dataOffset, dictionaryOffset = 0 }: ColumnChunk): number {
  if (dataOffset <= 0) return Math.max(dictionaryOffset, 0);
  return dictionaryOffset > 0 ? Math.min(dictionaryOffset, dataOffset) : dataOffset;
}

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

/** PageHeader, and the counts in its DataPageHeader or DataPageHeaderV2. */
function headerOf(reader: CompactReader): PageHeader | string {
  let [type, sizeBytes, values] = [0, -1, 0];
  let crc: number | undefined;
  const readCount = (field: number, inner: number) => {
    if (field === 1) values = reader.whole(inner);
    else reader.skip(inner);
  };
  try {
    reader.struct((field, inner) => {
      if (field === 1) type = reader.whole(inner);
      else if (field === 3) sizeBytes = reader.whole(inner);
      else if (field === 4) crc = reader.whole(inner);
      else if (field === 5 || field === 8) reader.structOf(inner, readCount);
      else reader.skip(inner);
    });
    return { sizeBytes, values: type === DICTIONARY_PAGE ? 0 : values, crc };
  } catch (error) {
    if (error instanceof CompactInvalid) return error.message;
    throw error;
  }
}
