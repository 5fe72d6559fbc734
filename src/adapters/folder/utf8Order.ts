/**
 * Orders text by its UTF-8 bytes: below zero when `a` comes first. That is the order in which S3
 * lists keys (API reference, ListObjectsV2: "in lexicographical order based on their key names",
 * which are UTF-8). JavaScript compares UTF-16 code units instead, which puts characters beyond
 * U+FFFF (an emoji) before U+E000 to U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

/**
 * Sorts in place by UTF-8 bytes. Without surrogates both orders agree, and the engine's own is
 * several times faster.
 */
export function sortUtf8(texts: string[]): string[] {
  return texts.some((text) => SURROGATE.test(text)) ? texts.sort(compareUtf8) : texts.sort();
}

const SURROGATE = /[\ud800-\udfff]/;

/**
 * Moves surrogates (D800 to DFFF) behind every other code unit, where the characters that they
 * stand for belong.
 */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
