import { type ByteRange, checkRange } from '../../store/byteRange.ts';

/**
 * Whether a range has no bytes, whatever the object's size is. HTTP cannot express that:
 * `bytes=4-3` is invalid, and then the whole object is sent (RFC 9110, 14.1.1 and 14.2). Throws a
 * RangeError that names the values for what is not a range.
 */
export function isEmptyAnywhere(range: ByteRange): boolean {
  checkRange(range);
  return range.end !== undefined && range.end <= range.start;
}

/**
 * The Range header of a range that is not empty anywhere; undefined for all bytes, which an empty
 * object has, too.
 */
export function rangeHeader({ start, end }: ByteRange): string | undefined {
  if (end !== undefined) return `bytes=${start}-${end - 1}`;
  if (start < 0) return `bytes=${start}`;
  return start === 0 ? undefined : `bytes=${start}-`;
}

/**
 * An object's size in bytes from the Content-Range of a part of it, such as `bytes 0-9/443`;
 * undefined if it does not say.
 */
export function sizeInContentRange(contentRange: string): number | undefined {
  const digits = /^bytes \d+-\d+\/(\d+)$/.exec(contentRange)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
