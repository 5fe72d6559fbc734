import type { ColumnType } from '../billing/columnType.ts';
import type { SchemaNode } from './schemaNode.ts';

/** An element of a schema with those below it. */
interface SchemaTree {
  readonly node: SchemaNode;
  readonly children: readonly SchemaTree[];
}

/** Of parquet.thrift: Type, FieldRepetitionType, ConvertedType and the fields of LogicalType. */
const TYPE = { BOOLEAN: 0, INT32: 1, INT64: 2, INT96: 3, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6 };
const REPEATED = 2;
const CONVERTED = { UTF8: 0, MAP: 1, MAP_KEY_VALUE: 2, ENUM: 4, DECIMAL: 5, DATE: 6, JSON: 19 };
const CONVERTED_TIMESTAMPS = [9, 10];
const LOGICAL = { STRING: 1, MAP: 2, ENUM: 4, DECIMAL: 5, DATE: 6, TIMESTAMP: 8, JSON: 12 };

/** Of parquet.thrift: a field of TimeUnit. */
const NANOSECONDS = 3;

const CONVERTED_TEXTS = [CONVERTED.UTF8, CONVERTED.ENUM, CONVERTED.JSON];
const LOGICAL_TEXTS = [LOGICAL.STRING, LOGICAL.ENUM, LOGICAL.JSON];

/** The top-level columns of a schema that is a whole tree, in its order. */
export function topLevelColumns(schema: readonly SchemaNode[]): ColumnType[] {
  const [root] = schema;
  if (root === undefined) return [];
  return treeAt(schema, 0).tree.children.map((tree) => ({ name: tree.node.name ?? '', type: typeName(tree) }));
}

/** The names of the columns that are neither nested nor repeated. */
export function flatColumns(schema: readonly SchemaNode[]): ReadonlySet<string> {
  const flat = new Set<string>();
  for (const { name, type, repetition } of schema) {
    if (name !== undefined && type !== undefined && repetition !== REPEATED) flat.add(name);
  }
  return flat;
}

/** The tree that begins at an element of the flat list, and where the next one begins. */
function treeAt(schema: readonly SchemaNode[], index: number): { readonly tree: SchemaTree; readonly next: number } {
  const node = schema[index];
  if (node === undefined) throw new RangeError(`the schema has no element ${index}`);
  const children: SchemaTree[] = [];
  let next = index + 1;
  for (let child = 0; child < node.children; child += 1) {
    const below = treeAt(schema, next);
    children.push(below.tree);
    next = below.next;
  }
  return { tree: { node, children }, next };
}

/**
 * This project's short name of a column's type: string, double, float, int, bigint, boolean, date,
 * binary, `decimal(precision,scale)`, `map<string,string>`, `map<string,double>`, or `other` for
 * anything nested differently. Of timestamps:
 *
 *   timestamp_utc             an instant (isAdjustedToUTC), in milliseconds or microseconds
 *   timestamp_utc_converted   the same by the older TIMESTAMP_MILLIS or TIMESTAMP_MICROS alone. AWS's files of 2018
 *   timestamp_local           what a clock shows, in whatever zone
 *   int96                     the old way to write either
 *   timestamp                 in nanoseconds; and any of these, in what an older release has recorded
 *
 * The rules are those of the Parquet format's LogicalTypes document.
 */
function typeName(tree: SchemaTree): string {
  const { node } = tree;
  if (tree.children.length > 0) return mapName(tree);
  const { type, repetition, converted = -1, logical = -1 } = node;
  if (repetition === REPEATED) return 'other';
  if (logical === LOGICAL.DECIMAL || converted === CONVERTED.DECIMAL) {
    return `decimal(${node.precision ?? 38},${node.scale ?? 0})`;
  }
  if (logical === LOGICAL.TIMESTAMP) return timestampName(node);
  if (CONVERTED_TIMESTAMPS.includes(converted)) return 'timestamp_utc_converted';
  if (logical === LOGICAL.DATE || converted === CONVERTED.DATE) return 'date';
  switch (type) {
    case TYPE.BOOLEAN:
      return 'boolean';
    case TYPE.INT32:
      return 'int';
    case TYPE.INT64:
      return 'bigint';
    case TYPE.INT96:
      return 'int96';
    case TYPE.FLOAT:
      return 'float';
    case TYPE.DOUBLE:
      return 'double';
    case TYPE.BYTE_ARRAY:
      return LOGICAL_TEXTS.includes(logical) || CONVERTED_TEXTS.includes(converted) ? 'string' : 'binary';
    default:
      return 'other';
  }
}

function timestampName({ adjustedToUtc, unit }: SchemaNode): string {
  if (unit === NANOSECONDS) return 'timestamp';
  return adjustedToUtc === true ? 'timestamp_utc' : 'timestamp_local';
}

function mapName({ node, children }: SchemaTree): string {
  const isMap =
    node.logical === LOGICAL.MAP || node.converted === CONVERTED.MAP || node.converted === CONVERTED.MAP_KEY_VALUE;
  const pair = children[0]?.children;
  if (!isMap || pair?.length !== 2) return 'other';
  const [key, value] = pair.map(typeName);
  const name = `map<${key},${value}>`;
  return name === 'map<string,string>' || name === 'map<string,double>' ? name : 'other';
}
