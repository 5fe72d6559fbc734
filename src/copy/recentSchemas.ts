import type { CompactReader, ListRead } from './compactThrift.ts';
import { type ParquetSchema, parquetSchema } from './parquetSchema.ts';
import { type SchemaNode, schemaNode } from './schemaNode.ts';

/**
 * The files that come within some minutes are those of a few reports. A schema is compared with
 * each of these, and the first bytes, which hold the number of columns, settle most of that.
 */
const MAX_SCHEMAS = 16;
/** Two thousand columns take about 80 KB. What is larger is read each time, and not held. */
const MAX_SCHEMA_BYTES = 128 * 1024;

interface Known {
  readonly list: ListRead;
  readonly schema: ParquetSchema;
}

/**
 * The schemas that were read last, by their bytes: all files of a report have the same, and in most
 * footers it takes as long to read as all else that is used. Bytes are compared, not their hashes:
 * no file can pass for another.
 */
export class RecentSchemas {
  /** The one that was used last comes first. */
  #known: readonly Known[] = [];

  /** Reads the list of a schema's elements. Throws CompactInvalid for what is none. */
  read(reader: CompactReader, type: number): ParquetSchema {
    const known = this.#known.find(({ list }) => reader.listAgain(type, list)) ?? readSchema(reader, type);
    if (known !== this.#known[0] && known.list.bytes.length <= MAX_SCHEMA_BYTES) this.#putFirst(known);
    return known.schema;
  }

  #putFirst(used: Known): void {
    const others = this.#known.filter((one) => one !== used);
    this.#known = [used, ...others].slice(0, MAX_SCHEMAS);
  }
}

function readSchema(reader: CompactReader, type: number): Known {
  const nodes: SchemaNode[] = [];
  const { bytes, values } = reader.recordedList(type, (element) => nodes.push(schemaNode(reader, element)));
  // A copy: those bytes are a part of what was read of the file.
  return { list: { bytes: bytes.slice(), values }, schema: parquetSchema(nodes) };
}
