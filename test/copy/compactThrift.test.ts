import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactInvalid, CompactReader } from '../../src/copy/compactThrift.ts';

const LIMITS = { maxValues: 1_000, maxDepth: 8 };

/** The whole numbers in a struct and in the structs below it, by the path of their fields. */
function read(bytes: readonly number[]): Record<string, number> {
  const reader = new CompactReader(Uint8Array.from(bytes), LIMITS);
  const found: Record<string, number> = {};
  const readFields = (path: string) => (field: number, type: number) => {
    if (type === 5 || type === 6) found[`${path}${field}`] = reader.whole(type);
    else if (type === 12) reader.structOf(type, readFields(`${path}${field}.`));
    else reader.skip(type);
  };
  reader.struct(readFields(''));
  return found;
}

function skipStruct(reader: CompactReader): void {
  reader.struct((_field, type) => reader.skip(type));
}

/** Field 1, a list of this many elements of a type. */
const listOf = (type: number, size: number, elements: readonly number[]) => {
  const count = [];
  for (let left = size; ; left = Math.floor(left / 128)) {
    count.push(left < 128 ? left : (left % 128) | 128);
    if (left < 128) break;
  }
  return [0x19, 0xf0 | type, ...count, ...elements, 0];
};

describe('a struct', () => {
  it('is read to its end, field by field', () => {
    // 1: i32 = 5, 5: struct { 1: i64 = -3 }, 8: i32 = 1
    const bytes = [0x15, 10, 0x4c, 0x16, 5, 0, 0x35, 2, 0];
    expect(read(bytes)).toEqual({ 1: 5, 5.1: -3, 8: 1 });
  });

  it('ends where it says, so that what follows can be read', () => {
    const reader = new CompactReader(Uint8Array.from([0x15, 10, 0, 99]), LIMITS);
    skipStruct(reader);
    expect(reader.offset).toBe(3);
  });

  it.each([
    ['a list that claims more elements than there are bytes', listOf(12, 2 ** 25, [0, 0])],
    ['a list of truth values that claims more than there are bytes', listOf(1, 2 ** 31, [1])],
    [
      'more values than the limit',
      listOf(
        3,
        1_001,
        Array.from({ length: 1_001 }, () => 0),
      ),
    ],
    ['structs in structs beyond the limit', Array.from({ length: 64 }, () => 0x1c)],
    ['a number without end', [0x15, ...Array.from({ length: 64 }, () => 0xff)]],
    ['a text that is longer than what is left', [0x18, 100, 65, 0]],
    ['a number beyond 2^53', [0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]],
    ['an end in the middle', [0x15, 10]],
    ['an unknown type', [0x1e, 0]],
  ])('with %s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(CompactInvalid);
  });

  it('of any bytes is read within the limits, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          const reader = new CompactReader(bytes, LIMITS);
          skipStruct(reader);
          expect(reader.offset).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CompactInvalid);
        }
      }),
    );
  });
});
