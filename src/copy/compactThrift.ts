/**
 * Reads Thrift's compact protocol (Apache Thrift, "Thrift Compact protocol encoding") value by
 * value, and keeps nothing of it: the caller takes what it wants and skips the rest. It reads under
 * limits: bytes of a stranger's file may claim lists of billions of elements, structs without end
 * in each other, and numbers that do not end.
 *
 * Every method throws CompactInvalid for bytes that are not what is asked for, or exceed the
 * limits.
 */
export class CompactReader {
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #limits: CompactLimits;
  #offset: number;
  #values = 0;
  #depth = 0;
  readonly #skipField = (_field: number, type: number) => this.skip(type);
  readonly #skipElement = (type: number) => this.skip(type);

  /** Reads from `offset` (bytes) on. */
  constructor(bytes: Uint8Array, limits: CompactLimits, offset = 0) {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#offset = offset;
  }

  /** Where the next byte is read: bytes from the start. */
  get offset(): number {
    return this.#offset;
  }

  /** Reads a struct to its end. `onField` reads, or skips, the value of each field. */
  struct(onField: (field: number, type: number) => void): void {
    this.#enter();
    let field = 0;
    for (;;) {
      const byte = this.#byte();
      const type = byte & 0x0f;
      if (type === STOP) break;
      field = byte >> 4 === 0 ? this.#zigzag() : field + (byte >> 4);
      this.#count();
      onField(field, type);
    }
    this.#depth -= 1;
  }

  /** Reads the struct that a field or an element holds. */
  structOf(type: number, onField: (field: number, type: number) => void): void {
    expectType(type, STRUCT, 'a struct');
    this.struct(onField);
  }

  /** Reads a list, or a set; `onElement` reads, or skips, each of its elements. */
  list(type: number, onElement: (type: number) => void): void {
    if (type !== LIST && type !== SET) throw new CompactInvalid(`a value of type ${type} instead of a list`);
    this.#enter();
    const byte = this.#byte();
    const size = byte >> 4 === 15 ? this.#varint() : byte >> 4;
    const left = this.#bytes.length - this.#offset;
    // Every element takes a byte at least: truth values do in lists, too.
    if (size > left) throw new CompactInvalid(`a list claims ${size} elements in ${left} bytes`);
    const inside = byte & 0x0f;
    const element = inside === TRUE || inside === FALSE ? BYTE : inside;
    for (let index = 0; index < size; index += 1) {
      this.#count();
      onElement(element);
    }
    this.#depth -= 1;
  }

  /** The same, and answers what was read, a part of the reader's own bytes: for `listAgain`. */
  recordedList(type: number, onElement: (type: number) => void): ListRead {
    const [offset, values] = [this.#offset, this.#values];
    this.list(type, onElement);
    return { bytes: this.#bytes.subarray(offset, this.#offset), values: this.#values - values };
  }

  /**
   * Reads over a list that was read before, if its very bytes stand here, and answers whether they
   * do. A list says itself where it ends: where the same bytes stand, the same list does.
   */
  listAgain(type: number, { bytes, values }: ListRead): boolean {
    const end = this.#offset + bytes.length;
    const isSame = (type === LIST || type === SET) && this.#text.subarray(this.#offset, end).equals(bytes);
    if (!isSame) return false;
    this.#offset = end;
    this.#count(values);
    return true;
  }

  /** Reads a whole number; one beyond 2^53 is refused. */
  whole(type: number): number {
    if (type !== I32 && type !== I64 && type !== I16) {
      throw new CompactInvalid(`a value of type ${type} instead of a whole number`);
    }
    return this.#zigzag();
  }

  /** Reads the truth value of a field, which is its type. */
  truth(type: number): boolean {
    if (type === TRUE || type === FALSE) return type === TRUE;
    throw new CompactInvalid(`a value of type ${type} instead of true or false`);
  }

  /** Reads a string. */
  string(type: number): string {
    expectType(type, BINARY, 'a string');
    const length = this.#varint();
    const start = this.#offset;
    this.#advance(length);
    return this.#text.toString('utf8', start, start + length);
  }

  /** Reads over a value. */
  skip(type: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === I16 || type === I32 || type === I64) this.#skipVarint();
    else if (type === BINARY) this.#advance(this.#varint());
    else if (type === STRUCT) this.struct(this.#skipField);
    else if (type === LIST || type === SET) this.list(type, this.#skipElement);
    else if (type === BYTE) this.#advance(1);
    else if (type === DOUBLE) this.#advance(8);
    else throw new CompactInvalid(`a value of the unknown type ${type}`);
  }

  #enter(): void {
    this.#depth += 1;
    const { maxDepth } = this.#limits;
    if (this.#depth > maxDepth) throw new CompactInvalid(`nested deeper than ${maxDepth} levels`);
  }

  #count(values = 1): void {
    this.#values += values;
    const { maxValues } = this.#limits;
    if (this.#values > maxValues) throw new CompactInvalid(`more than ${maxValues} values`);
  }

  #advance(bytes: number): void {
    if (bytes > this.#bytes.length - this.#offset) throw new CompactInvalid('it ends in the middle of a value');
    this.#offset += bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new CompactInvalid('it ends in the middle of a struct');
    this.#offset += 1;
    return byte;
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let index = 0, factor = 1; index < MAX_VARINT_BYTES; index += 1, factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new CompactInvalid('a number beyond 2^53');
      if (byte < 0x80) return value;
    }
    throw new CompactInvalid('a number without end');
  }

  #skipVarint(): void {
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) if (this.#byte() < 0x80) return;
    throw new CompactInvalid('a number without end');
  }
}

/** A list that was read: its bytes, from its size on, and how many values are in it. */
export interface ListRead {
  readonly bytes: Uint8Array;
  readonly values: number;
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

function expectType(type: number, wanted: number, what: string): void {
  if (type !== wanted) throw new CompactInvalid(`a value of type ${type} instead of ${what}`);
}

/** Ten bytes of seven bits each make 64 bits. */
const MAX_VARINT_BYTES = 10;

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
