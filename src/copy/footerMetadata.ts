import { CompactInvalid, CompactReader } from './compactThrift.ts';

/**
 * What is used of a Parquet footer (Parquet format, parquet.thrift: FileMetaData). Its statistics,
 * which take most of its bytes, are skipped.
 */
export interface FooterMetadata {
  /** The schema's tree, flat: each element before its children. */
  readonly schema: readonly SchemaNode[];
  readonly rows: number;
  readonly groups: readonly RowGroup[];
}

/** SchemaElement: enumerations are their numbers. */
export interface SchemaNode {
  readonly name: string | undefined;
  /** Absent for what has children. */
  readonly type: number | undefined;
  readonly repetition: number | undefined;
  readonly children: number;
  readonly converted: number | undefined;
  readonly scale: number | undefined;
  readonly precision: number | undefined;
  /** LogicalType: the field of the union that is set. */
  readonly logical: number | undefined;
  /** LogicalType.TIMESTAMP: whether it is an instant, and the field of TimeUnit that is set. */
  readonly adjustedToUtc: boolean | undefined;
  readonly unit: number | undefined;
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

type Writable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** Reads a footer's bytes once. Throws CompactInvalid for what is no Parquet metadata. */
export function readFooter(bytes: Uint8Array): FooterMetadata {
  const reader = new CompactReader(bytes, LIMITS);
  const schema: SchemaNode[] = [];
  const groups: RowGroup[] = [];
  let rows: number | undefined;
  reader.struct((field, type) => {
    if (field === 2) reader.list(type, (element) => schema.push(schemaNode(reader, element)));
    else if (field === 3) rows = reader.whole(type);
    else if (field === 4) reader.list(type, (element) => groups.push(rowGroup(reader, element)));
    else reader.skip(type);
  });
  if (rows === undefined) throw new CompactInvalid('it does not say how many rows there are');
  return { schema, rows, groups };
}

function schemaNode(reader: CompactReader, type: number): SchemaNode {
  const node: Writable<SchemaNode> = {
    name: undefined,
    type: undefined,
    repetition: undefined,
    children: 0,
    converted: undefined,
    scale: undefined,
    precision: undefined,
    logical: undefined,
    adjustedToUtc: undefined,
    unit: undefined,
  };
  reader.structOf(type, (field, inner) => {
    if (field === 1) node.type = reader.whole(inner);
    else if (field === 3) node.repetition = reader.whole(inner);
    else if (field === 4) node.name = reader.string(inner);
    else if (field === 5) node.children = reader.whole(inner);
    else if (field === 6) node.converted = reader.whole(inner);
    else if (field === 7) node.scale = reader.whole(inner);
    else if (field === 8) node.precision = reader.whole(inner);
    else if (field === 10) readLogicalType(reader, inner, node);
    else reader.skip(inner);
  });
  return node;
}

/** The fields of LogicalType that say more of a type than its name. */
const DECIMAL = 5;
const TIMESTAMP = 8;

function readLogicalType(reader: CompactReader, type: number, node: Writable<SchemaNode>): void {
  reader.structOf(type, (field, inner) => {
    node.logical = field;
    if (field === DECIMAL) readDecimal(reader, inner, node);
    else if (field === TIMESTAMP) readTimestamp(reader, inner, node);
    else reader.skip(inner);
  });
}

function readDecimal(reader: CompactReader, type: number, node: Writable<SchemaNode>): void {
  reader.structOf(type, (field, inner) => {
    if (field === 1) node.scale = reader.whole(inner);
    else if (field === 2) node.precision = reader.whole(inner);
    else reader.skip(inner);
  });
}

function readTimestamp(reader: CompactReader, type: number, node: Writable<SchemaNode>): void {
  reader.structOf(type, (field, inner) => {
    if (field === 1) node.adjustedToUtc = reader.truth(inner);
    else if (field === 2)
      reader.structOf(inner, (unit, innermost) => {
        node.unit = unit;
        reader.skip(innermost);
      });
    else reader.skip(inner);
  });
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
