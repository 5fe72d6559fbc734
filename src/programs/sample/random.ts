/** The next number of a repeatable sequence: at least 0, below 1. */
export type Random = () => number;

/**
 * A repeatable sequence that the given words name: the same words, the same numbers. Every part of
 * the sample has its own, so that one part's values do not depend on which others were made before
 * it. (FNV-1a mixes the words, then Marsaglia's xorshift32. Good enough for a sample; never for
 * secrets.)
 */
export function seededRandom(...words: readonly (string | number)[]): Random {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(words.join('\0'))) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  state ||= 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A number from `low` up to, but not, `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** One entry of the list. Throws a RangeError when it is empty. */
export function pick<Entry>(random: Random, list: readonly Entry[]): Entry {
  const entry = list[Math.floor(random() * list.length)];
  if (entry === undefined) throw new RangeError('cannot pick from an empty list');
  return entry;
}

/** `length` characters of the alphabet. */
export function characters(random: Random, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
}

/** `length` lower-case hexadecimal digits. */
export function hexDigits(random: Random, length: number): string {
  return characters(random, '0123456789abcdef', length);
}

/** In the shape of a UUID, as AWS names executions, assemblies and reservations. */
export function uuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((length) => hexDigits(random, length)).join('-');
}
