import type { CompactReader } from './compactThrift.ts';

/** SchemaElement (Parquet format, parquet.thrift): enumerations are their numbers. */
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

type Writable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** Reads one element. Throws CompactInvalid for what is none. */
export function schemaNode(reader: CompactReader, type: number): SchemaNode {
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
