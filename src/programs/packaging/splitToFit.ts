import { quoteValue } from '../../base/printable.ts';

/**
 * Splits a list, in its order, into as few parts as are needed so that `sizeOf` each is at most
 * `limit`. A part grows until the next item would not fit, so `sizeOf` must not shrink when an item
 * is added. Throws a RangeError that names the item, the size and the limit when one item alone is
 * too large.
 */
export function splitToFit<Item>(
  items: readonly Item[],
  sizeOf: (part: readonly Item[]) => number,
  limit: number,
): Item[][] {
  const parts: Item[][] = [];
  for (const item of items) {
    const last = parts.at(-1);
    if (last && sizeOf([...last, item]) <= limit) {
      last.push(item);
      continue;
    }
    const size = sizeOf([item]);
    if (size > limit) {
      throw new RangeError(`one item must not be larger than ${limit} characters, got ${size}: ${quoteValue(item)}`);
    }
    parts.push([item]);
  }
  return parts;
}
