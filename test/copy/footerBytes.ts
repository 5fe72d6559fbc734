/** Types of Thrift's compact protocol. */
export const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12] as const;
export const STOP = Buffer.of(0);

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

/** The head of a field that comes `delta` after the one before. */
export function field(delta: number, type: number): Buffer {
  return Buffer.of((delta << 4) | type);
}

export function listOf(type: number, size: number, elements: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0xf0 | type), varint(size), elements]);
}

/** A schema's element without a type. */
export function named(name: string, ...after: Buffer[]): Buffer {
  return Buffer.concat([field(4, BINARY), varint(Buffer.byteLength(name)), Buffer.from(name), ...after, STOP]);
}

/** A schema's element of the type BYTE_ARRAY. */
export function leaf(name: string): Buffer {
  const type = Buffer.concat([field(1, I32), varint(12)]);
  return Buffer.concat([type, field(3, BINARY), varint(Buffer.byteLength(name)), Buffer.from(name), STOP]);
}

export function childCount(count: number): Buffer {
  return Buffer.concat([field(1, I32), varint(2 * count)]);
}

export const VERSION = Buffer.concat([field(1, I32), varint(2)]);

/** The list of the elements of a schema with these columns. */
export function schemaList(names: readonly string[]): Buffer {
  const elements = Buffer.concat([named('root', childCount(names.length)), ...names.map(leaf)]);
  return listOf(STRUCT, names.length + 1, elements);
}

/** A footer with these schemas, no rows and no row groups. */
export function footerOf(schemas: readonly Buffer[]): Buffer {
  const [first, ...more] = schemas;
  // The same field once more: its number is given as a whole.
  const again = more.map((schema) => Buffer.concat([field(0, LIST), varint(4), schema]));
  const schema = first ? Buffer.concat([field(1, LIST), first, ...again]) : Buffer.alloc(0);
  const rows = Buffer.concat([field(first ? 1 : 2, I64), varint(0)]);
  return Buffer.concat([VERSION, schema, rows, field(1, LIST), Buffer.of(STRUCT), STOP]);
}

/** A file of a footer and nothing else. */
export function parquetFile(footer: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), footer, length, Buffer.from('PAR1')]);
}
