/**
 * Reads Thrift's compact protocol (Apache Thrift, "Thrift Compact protocol encoding") without
 * keeping what it reads, under limits: bytes of a stranger's file may claim lists of billions of
 * elements, structs without end in each other, and numbers that do not end.
 */
export class CompactReader {
  readonly #bytes: Uint8Array;
  readonly #limits: CompactLimits;
  #offset: number;
  #values = 0;

  /** Reads from `offset` (bytes) on. */
  constructor(bytes: Uint8Array, limits: CompactLimits, offset = 0) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#offset = offset;
  }

  /** Where the next byte is read: bytes from the start. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Reads a struct to its end and answers the whole numbers in the fields that are asked for, by
   * their path of field ids: `5.1` is field 1 of the struct in field 5. Throws CompactInvalid for
   * bytes that are not a struct, or exceed the limits.
   */
  struct(wanted: ReadonlySet<string> = NONE): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    this.#struct('', 1, { wanted, found });
    return found;
  }

  #struct(path: string, depth: number, search: Search): void {
    let field = 0;
    for (;;) {
      const byte = this.#byte();
      const type = byte & 0x0f;
      if (type === STOP) return;
      field = byte >> 4 === 0 ? Number(unzigzag(this.#varint())) : field + (byte >> 4);
      this.#value(type, `${path}${field}`, depth, search);
    }
  }

  #value(type: number, path: string, depth: number, search: Search): void {
    this.#values += 1;
    if (this.#values > this.#limits.maxValues) throw new CompactInvalid(`more than ${this.#limits.maxValues} values`);
    if (depth > this.#limits.maxDepth) throw new CompactInvalid(`nested deeper than ${this.#limits.maxDepth} levels`);
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#skip(1);
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(Number(this.#varint()));
    else if (type === LIST || type === SET) this.#list(path, depth, search);
    else if (type === STRUCT) this.#struct(`${path}.`, depth + 1, search);
    else if (type === I16 || type === I32 || type === I64) {
      const value = Number(unzigzag(this.#varint()));
      if (search.wanted.has(path)) search.found.set(path, value);
    } else throw new CompactInvalid(`a value of the unknown type ${type}`);
  }

  #list(path: string, depth: number, search: Search): void {
    const byte = this.#byte();
    const size = byte >> 4 === 15 ? Number(this.#varint()) : byte >> 4;
    const left = this.#bytes.length - this.#offset;
    // Every element takes a byte at least: truth values do in lists, too.
    if (size > left) throw new CompactInvalid(`a list claims ${size} elements in ${left} bytes`);
    const type = byte & 0x0f;
    const element = type === TRUE || type === FALSE ? BYTE : type;
    for (let index = 0; index < size; index += 1) this.#value(element, `${path}[]`, depth + 1, search);
  }

  #skip(bytes: number): void {
    if (bytes > this.#bytes.length - this.#offset) throw new CompactInvalid('it ends in the middle of a value');
    this.#offset += bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new CompactInvalid('it ends in the middle of a struct');
    this.#offset += 1;
    return byte;
  }

  /** Ten bytes of seven bits each make 64 bits. */
  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new CompactInvalid('a number without end');
  }
}

interface CompactLimits {
  /** Fields and elements, on all levels together. */
  readonly maxValues: number;
  readonly maxDepth: number;
}

/**
 * The bytes are not what they claim to be, or too much of it. Consequence: the file is quarantined
 * with this reason.
 */
export class CompactInvalid extends Error {
  override readonly name = 'CompactInvalid';
}

interface Search {
  readonly wanted: ReadonlySet<string>;
  readonly found: Map<string, number>;
}

const NONE: ReadonlySet<string> = new Set();

const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}
