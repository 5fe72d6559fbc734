import { CompactInvalid, CompactReader } from './compactThrift.ts';
import type { ParquetSchema } from './parquetSchema.ts';
import { RecentSchemas } from './recentSchemas.ts';

/**
 * What is used of a Parquet footer (Parquet format, parquet.thrift: FileMetaData). Its statistics,
 * which take most of its bytes, are skipped.
 */
export interface FooterMetadata {
  readonly schema: ParquetSchema;
  readonly rows: number;
  readonly groups: readonly RowGroup[];
}

interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** ColumnMetaData: where a column's pages lie in a row group. */
export interface ColumnChunk {
  /** The first part of its path in the schema, and how many parts there are. */
  readonly name: string;
  readonly pathLength: number;
  readonly values: number;
  readonly dataOffset: number;
  readonly dictionaryOffset: number | undefined;
  readonly sizeBytes: number;
}

/**
 * What a footer may hold: a column chunk with its statistics takes about 25 values and 160 bytes.
 * Metadata of Parquet nests eight levels deep.
 */
const LIMITS = { maxValues: 500_000, maxDepth: 24 };

/** Equal bytes mean the same schema, whoever sent them, so that all files may share it. */
const schemas = new RecentSchemas();

/** Reads a footer's bytes once. Throws CompactInvalid for what is no Parquet metadata. */
export function readFooter(bytes: Uint8Array): FooterMetadata {
  const reader = new CompactReader(bytes, LIMITS);
  const found: ParquetSchema[] = [];
  const groups: RowGroup[] = [];
  let rows: number | undefined;
  reader.struct((field, type) => {
    if (field === 2) found.push(schemas.read(reader, type));
    else if (field === 3) rows = reader.whole(type);
    else if (field === 4) reader.list(type, (element) => groups.push(rowGroup(reader, element)));
    else reader.skip(type);
  });
  const [schema, another] = found;
  if (!schema || another) throw new CompactInvalid(`it has ${found.length} schemas`);
  if (rows === undefined) throw new CompactInvalid('it does not say how many rows there are');
  return { schema, rows, groups };
}

function rowGroup(reader: CompactReader, type: number): RowGroup {
  const chunks: ColumnChunk[] = [];
  let rows: number | undefined;
  reader.structOf(type, (field, inner) => {
    if (field === 1) reader.list(inner, (element) => readChunk(reader, element, chunks));
    else if (field === 3) rows = reader.whole(inner);
    else reader.skip(inner);
  });
  if (rows === undefined) throw new CompactInvalid('a row group does not say how many rows it has');
  return { rows, chunks };
}

function readChunk(reader: CompactReader, type: number, into: ColumnChunk[]): void {
  reader.structOf(type, (field, inner) => {
    if (field === 3) into.push(columnChunk(reader, inner));
    else reader.skip(inner);
  });
}

function columnChunk(reader: CompactReader, type: number): ColumnChunk {
  const path: string[] = [];
  let values: number | undefined;
  let sizeBytes: number | undefined;
  let dataOffset: number | undefined;
  let dictionaryOffset: number | undefined;
  reader.structOf(type, (field, inner) => {
    if (field === 3) reader.list(inner, (element) => path.push(reader.string(element)));
    else if (field === 5) values = reader.whole(inner);
    else if (field === 7) sizeBytes = reader.whole(inner);
    else if (field === 9) dataOffset = reader.whole(inner);
    else if (field === 11) dictionaryOffset = reader.whole(inner);
    else reader.skip(inner);
  });
  const [name] = path;
  if (name === undefined || values === undefined || sizeBytes === undefined || dataOffset === undefined) {
    throw new CompactInvalid('a column of a row group does not say where its data lie');
  }
  return { name, pathLength: path.length, values, sizeBytes, dataOffset, dictionaryOffset };
}
