import type { Item, Value } from './expressions.ts';

/**
 * Units of a size that bytes are charged as; at least one (DynamoDB Developer Guide, "Read and
 * write operations").
 */
export function charge(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}

/** The size of an item: names and values (DynamoDB Developer Guide, "Item sizes and formats"). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes({ S, N, B, L }: Value): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (B !== undefined) return Buffer.from(B, 'base64').length;
  return 3 + (L ?? []).reduce((sum, entry) => sum + 1 + valueBytes(entry), 0);
}
