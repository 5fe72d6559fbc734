import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEmptyAnywhere, rangeHeader, sizeInContentRange } from '../../../src/adapters/s3/httpRange.ts';
import { resolveRange } from '../../../src/store/byteRange.ts';

const ranges = fc.oneof(
  fc.record({ start: fc.integer({ min: -20, max: 20 }) }),
  fc.record({ start: fc.nat(20), end: fc.nat(20) }),
);

describe('byte ranges', () => {
  it.each([
    [{ start: 0 }, undefined],
    [{ start: 3 }, 'bytes=3-'],
    [{ start: -8 }, 'bytes=-8'],
    [{ start: 0, end: 1 }, 'bytes=0-0'],
    [{ start: 2, end: 5 }, 'bytes=2-4'],
  ])('%j is asked for as %s', (range, header) => {
    expect(rangeHeader(range)).toBe(header);
  });

  it('a range has as many bytes as the object has in it', () => {
    fc.assert(
      fc.property(ranges, fc.nat(25), (range, sizeBytes) => {
        const bytes = new Uint8Array(sizeBytes).subarray(range.start, 'end' in range ? range.end : undefined);
        expect(resolveRange(range, sizeBytes).lengthBytes).toBe(bytes.length);
        if (isEmptyAnywhere(range)) expect(bytes).toHaveLength(0);
      }),
    );
  });

  it('a range that is empty in every object is never asked for', () => {
    expect(
      [{ start: 4, end: 4 }, { start: 4, end: 0 }, { start: 4, end: 5 }, { start: -1 }].map(isEmptyAnywhere),
    ).toEqual([true, true, false, false]);
  });

  it.each([
    ['bytes 0-9/443', 443],
    ['bytes 0-0/9007199254740991', Number.MAX_SAFE_INTEGER],
    ['bytes 0-9/*', undefined],
    ['', undefined],
  ])('%j gives the size %s', (contentRange, sizeBytes) => {
    expect(sizeInContentRange(contentRange)).toBe(sizeBytes);
  });
});
