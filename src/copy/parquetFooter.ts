import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import type { ColumnType } from '../billing/columnType.ts';
import type { ObjectRef, ObjectStore } from '../store/objectStore.ts';
import { CompactReader } from './compactThrift.ts';
import { countProblem, pageProblem } from './pageAudit.ts';

/** What a Parquet file promises about itself: the audit holds the warehouse to it. */
interface Footer {
  readonly rows: number;
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
/** A footer beyond this is not a report's: refuse it before its length makes us read gigabytes. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
/**
 * What a footer may hold: 400 row groups of 100 columns take about a million values, and the parser
 * some 100 bytes for each. Metadata of Parquet nests eight levels deep (Parquet format,
 * parquet.thrift).
 */
const FOOTER_LIMITS = { maxValues: 1_000_000, maxDepth: 16 };
/** Reports have some hundred columns; with a column per tag, thousands. */
const MAX_COLUMNS = 20_000;
const MAX_SCHEMA_DEPTH = 16;
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
  const problem = await pageProblem(store, { ...object, etag: first.etag }, metadata, first);
  return { ...about, content: problem === undefined ? content : { is: 'corrupt', reason: `damaged: ${problem}` } };
}

/** The footer's length in bytes, or why there is none. */
function footerLength(tail: Uint8Array, sizeBytes: number): number | string {
  if (tail.length < TRAILER_BYTES) return `too short for a Parquet file: ${sizeBytes} bytes`;
  const magic = new TextDecoder('latin1').decode(tail.subarray(tail.length - 4));
  if (magic !== 'PAR1') return `not Parquet: the file ends in ${JSON.stringify(magic)}, not in "PAR1"`;
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - TRAILER_BYTES, 4).getUint32(0, true);
  if (length + TRAILER_BYTES > sizeBytes || length > MAX_FOOTER_BYTES) {
    return `damaged footer: it claims ${length} bytes in a file of ${sizeBytes}`;
  }
  return length;
}

/** A footer that makes sense by itself, and what its parser made of it. */
type ParsedFooter =
  | (Extract<FileContent, { is: 'parquet' }> & { readonly metadata: FileMetaData })
  | Extract<FileContent, { is: 'corrupt' }>;

function parseFooter(tail: Uint8Array, sizeBytes: number): ParsedFooter {
  try {
    // The parser allocates what a list claims, and follows whatever nests: so it never sees what is
    // not sound.
    new CompactReader(tail.subarray(0, tail.length - TRAILER_BYTES), FOOTER_LIMITS).struct();
    const metadata = parquetMetadata(Uint8Array.from(tail).buffer, { geoparquet: false });
    const rows = Number(metadata.num_rows);
    const inGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (!Number.isSafeInteger(rows) || rows < 0 || rows !== inGroups) {
      return { is: 'corrupt', reason: `damaged footer: ${rows} rows in all, ${inGroups} in its row groups` };
    }
    const endBytes = endOfData(metadata);
    if (endBytes > sizeBytes - tail.length) {
      const reason = `cut off: its data ends at byte ${endBytes}, and its footer begins at ${sizeBytes - tail.length}`;
      return { is: 'corrupt', reason };
    }
    const contradiction = schemaProblem(metadata.schema) ?? countProblem(metadata);
    if (contradiction !== undefined) return { is: 'corrupt', reason: `damaged footer: ${contradiction}` };
    const columns = topLevelColumns(metadata);
    if (columns.some(({ name }) => typeof name !== 'string' || name === '')) {
      return { is: 'corrupt', reason: 'damaged footer: a column without a name' };
    }
    if (columns.length === 0) return { is: 'corrupt', reason: 'damaged footer: no columns' };
    return { is: 'parquet', footer: { rows, columns }, metadata };
  } catch (error) {
    // What the parser trips over says more of the parser than of the file.
    const isOfParser = error instanceof TypeError || !(error instanceof Error);
    return {
      is: 'corrupt',
      reason: `damaged footer: ${isOfParser ? 'it has no sense as Parquet metadata' : error.message}`,
    };
  }
}

/**
 * Whether the flat list of a schema's elements is a tree that can be built: each child is there,
 * and none is too deep.
 */
function schemaProblem(schema: FileMetaData['schema']): string | undefined {
  const open: number[] = [];
  for (const [index, { num_children = 0 }] of schema.entries()) {
    if (index > 0 && open.length === 0) return `${schema.length - index} elements of its schema belong to nothing`;
    const parent = open.length - 1;
    if (index > 0) open[parent] = (open[parent] ?? 0) - 1;
    if (num_children > schema.length) return `an element of its schema claims ${num_children} children`;
    if (num_children > 0) open.push(num_children);
    if (open.length > MAX_SCHEMA_DEPTH) return `its schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels`;
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0) return 'its schema ends before its last element';
  const columns = schema[0]?.num_children ?? 0;
  return columns > MAX_COLUMNS ? `${columns} columns, and no report has more than ${MAX_COLUMNS}` : undefined;
}

/**
 * Where the last column chunk ends, by the footer: 0 without any. Of a file whose head is missing
 * everything lies nearer to its begin than the footer says.
 */
function endOfData({ row_groups }: FileMetaData): number {
  const ends = row_groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data }) => {
      if (!meta_data) return [];
      const { data_page_offset, dictionary_page_offset, total_compressed_size } = meta_data;
      const dictionary = dictionary_page_offset ?? data_page_offset;
      const start = dictionary > 0n && dictionary < data_page_offset ? dictionary : data_page_offset;
      return [Number(start + total_compressed_size)];
    }),
  );
  return ends.reduce((last, end) => Math.max(last, end), 0);
}

function topLevelColumns(metadata: FileMetaData): ColumnType[] {
  return parquetSchema(metadata).children.map((node) => ({ name: node.element.name, type: typeName(node) }));
}

/**
 * This project's short name of a column's type: string, double, float, int, bigint, boolean,
 * timestamp, date, binary, `decimal(precision,scale)`, `map<string,string>`, `map<string,double>`,
 * or `other` for anything nested differently. The rules are those of the Parquet format's
 * LogicalTypes document; INT96 is the old way to write a timestamp.
 */
function typeName(node: SchemaTree): string {
  const { element } = node;
  if (node.children.length > 0) return mapName(node);
  if (element.repetition_type === 'REPEATED') return 'other';
  const logical = element.logical_type?.type;
  const converted = element.converted_type;
  if (logical === 'DECIMAL' || converted === 'DECIMAL') {
    const { precision, scale } = element.logical_type?.type === 'DECIMAL' ? element.logical_type : element;
    return `decimal(${precision ?? 38},${scale ?? 0})`;
  }
  if (logical === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP')) return 'timestamp';
  if (logical === 'DATE' || converted === 'DATE') return 'date';
  switch (element.type) {
    case 'BOOLEAN':
      return 'boolean';
    case 'INT32':
      return 'int';
    case 'INT64':
      return 'bigint';
    case 'INT96':
      return 'timestamp';
    case 'FLOAT':
      return 'float';
    case 'DOUBLE':
      return 'double';
    case 'BYTE_ARRAY':
      return isText(logical, converted) ? 'string' : 'binary';
    default:
      return 'other';
  }
}

function isText(logical: string | undefined, converted: string | undefined): boolean {
  return [logical, converted].some(
    (name) => name === 'STRING' || name === 'UTF8' || name === 'ENUM' || name === 'JSON',
  );
}

function mapName(node: SchemaTree): string {
  const isMap = [node.element.logical_type?.type, node.element.converted_type].some(
    (name) => name === 'MAP' || name === 'MAP_KEY_VALUE',
  );
  const pair = node.children[0]?.children;
  if (!isMap || pair?.length !== 2) return 'other';
  const [key, value] = pair.map(typeName);
  const name = `map<${key},${value}>`;
  return name === 'map<string,string>' || name === 'map<string,double>' ? name : 'other';
}
