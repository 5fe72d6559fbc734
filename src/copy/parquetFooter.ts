import type { ColumnType } from '../billing/columnType.ts';
import { MAX_FOOTER_BYTES } from '../billing/limits.ts';
import type { ObjectRef, ObjectStore } from '../store/objectStore.ts';
import { CompactInvalid } from './compactThrift.ts';
import { type FooterMetadata, readFooter } from './footerMetadata.ts';
import { countProblem, pageProblem, samplesOf } from './pageAudit.ts';

/** What a Parquet file promises about itself: the audit holds the warehouse to it. */
interface Footer {
  readonly rows: number;
  /** One object for the files of a report, as a rule: what follows from it is found out once. */
  readonly columns: readonly ColumnType[];
}

/**
 * One content of an object, looked at from its end. `etag` and `lastModified` are those of the
 * bytes that were read.
 */
export interface InspectedObject {
  readonly etag: string;
  readonly lastModified: number;
  readonly sizeBytes: number;
  readonly content: FileContent;
}

/**
 * `empty` is how AWS clears a chunk that a smaller delivery no longer needs; `corrupt` carries the
 * reason.
 */
export type FileContent =
  | { readonly is: 'parquet'; readonly footer: Footer }
  | { readonly is: 'empty' }
  | { readonly is: 'corrupt'; readonly reason: string };

/**
 * One read of this much finds the whole footer of nearly every report (126 columns take about 20 KB
 * a row group).
 */
const FIRST_READ_BYTES = 128 * 1024;
/** "4-byte length of the footer, then the magic number PAR1" (Parquet file format). */
const TRAILER_BYTES = 8;

/**
 * Reads an object's Parquet footer in at most two ranged reads, the second one under the etag of
 * the first. Bad content is an answer, not an exception. Throws what ObjectStore.read throws.
 */
export async function inspectObject(store: ObjectStore, object: ObjectRef): Promise<InspectedObject> {
  const first = await store.read(object, { start: -FIRST_READ_BYTES });
  const about = { etag: first.etag, lastModified: first.lastModified, sizeBytes: first.sizeBytes };
  if (first.sizeBytes === 0) return { ...about, content: { is: 'empty' } };
  const footerBytes = footerLength(first.bytes, first.sizeBytes);
  if (typeof footerBytes === 'string') return { ...about, content: { is: 'corrupt', reason: footerBytes } };
  const tailBytes = footerBytes + TRAILER_BYTES;
  const tail =
    tailBytes <= first.bytes.length
      ? first.bytes.subarray(first.bytes.length - tailBytes)
      : (await store.read({ ...object, etag: first.etag }, { start: -tailBytes })).bytes;
  const parsed = parseFooter(tail, first.sizeBytes);
  if (parsed.is === 'corrupt') return { ...about, content: parsed };
  const { metadata, ...content } = parsed;
  const problem = await pageProblem(store, { ...object, etag: first.etag }, samplesOf(metadata), first);
  return { ...about, content: problem === undefined ? content : { is: 'corrupt', reason: `damaged: ${problem}` } };
}

/** The footer's length in bytes, or why there is none. */
function footerLength(tail: Uint8Array, sizeBytes: number): number | string {
  if (tail.length < TRAILER_BYTES) return `too short for a Parquet file: ${sizeBytes} bytes`;
  const magic = new TextDecoder('latin1').decode(tail.subarray(tail.length - 4));
  if (magic !== 'PAR1') return `not Parquet: the file ends in ${JSON.stringify(magic)}, not in "PAR1"`;
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - TRAILER_BYTES, 4).getUint32(0, true);
  if (length + TRAILER_BYTES > sizeBytes) {
    return `damaged footer: it claims ${length} bytes in a file of ${sizeBytes}`;
  }
  if (length > MAX_FOOTER_BYTES) {
    return `a footer of ${length} bytes, and no report has more than ${MAX_FOOTER_BYTES}`;
  }
  return length;
}

/** A footer that makes sense by itself, and what it says beside rows and columns. */
type ParsedFooter =
  | (Extract<FileContent, { is: 'parquet' }> & { readonly metadata: FooterMetadata })
  | Extract<FileContent, { is: 'corrupt' }>;

function parseFooter(tail: Uint8Array, sizeBytes: number): ParsedFooter {
  try {
    const metadata = readFooter(tail.subarray(0, tail.length - TRAILER_BYTES));
    const reason = footerProblem(metadata, sizeBytes - tail.length);
    if (reason !== undefined) return { is: 'corrupt', reason };
    return { is: 'parquet', footer: { rows: metadata.rows, columns: metadata.schema.columns }, metadata };
  } catch (error) {
    if (!(error instanceof CompactInvalid)) throw error;
    return { is: 'corrupt', reason: `damaged footer: ${error.message}` };
  }
}

/** What of a footer cannot be true of a file whose data end before `footerStart` (bytes). */
function footerProblem(metadata: FooterMetadata, footerStart: number): string | undefined {
  const { rows, groups, schema } = metadata;
  const inGroups = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows < 0 || rows !== inGroups) {
    return `damaged footer: ${rows} rows in all, ${inGroups} in its row groups`;
  }
  const endBytes = endOfData(metadata);
  if (endBytes > footerStart) {
    return `cut off: its data ends at byte ${endBytes}, and its footer begins at ${footerStart}`;
  }
  const contradiction = schema.problem ?? countProblem(metadata);
  return contradiction === undefined ? undefined : `damaged footer: ${contradiction}`;
}

/**
 * Where the last column chunk ends, by the footer: 0 without any. Of a file whose head is missing
 * everything lies nearer to its begin than the footer says.
 */
function endOfData({ groups }: FooterMetadata): number {
  let end = 0;
  for (const { chunks } of groups) {
    for (const { dataOffset, dictionaryOffset = dataOffset, sizeBytes } of chunks) {
      const start = dictionaryOffset > 0 && dictionaryOffset < dataOffset ? dictionaryOffset : dataOffset;
      end = Math.max(end, start + sizeBytes);
    }
  }
  return end;
}
