/**
 * A range of bytes as ObjectStore.read takes it: `end` is exclusive; a negative `start` means the
 * last `-start` bytes.
 */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * Which bytes of an object of `sizeBytes` a range means: `start` (inclusive) to `end` (exclusive),
 * cut at the object's end; a negative `start` without `end` means the last `-start` bytes. A range
 * without bytes has the length zero, also where HTTP would answer 416. Throws a RangeError that
 * names the values for what is not a range at all.
 */
export function resolveRange(
  range: ByteRange,
  sizeBytes: number,
): { readonly offsetBytes: number; readonly lengthBytes: number } {
  checkRange(range);
  const { start, end } = range;
  const offsetBytes = start < 0 ? Math.max(0, sizeBytes + start) : Math.min(start, sizeBytes);
  const endBytes = Math.min(end ?? sizeBytes, sizeBytes);
  return { offsetBytes, lengthBytes: Math.max(0, endBytes - offsetBytes) };
}

/** Throws a RangeError that names the values for what is not a range. */
export function checkRange({ start, end }: ByteRange): void {
  const valid =
    Number.isSafeInteger(start) && (end === undefined || (Number.isSafeInteger(end) && start >= 0 && end >= 0));
  if (!valid) throw new RangeError(`not a byte range: start ${start}, end ${end}`);
}
