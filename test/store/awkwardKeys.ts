import fc from 'fast-check';

/**
 * Keys that something on the way may decode, encode, normalize or split. The first two are of the
 * kinds that AWS writes.
 */
export const AWKWARD_KEYS = [
  'cur/daily/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-0f-1/daily-00001.snappy.parquet',
  'cur/20220401-20220501/daily-00001.snappy.parquet',
  'a+b c%20d%2Fe',
  'q?versionId=1&x=#y',
  'é/e\u0301/日本/🙂',
  '.hidden/..a/b..',
  `quotes'"<>*|;$`,
];

const SEGMENT_CHARACTERS = [...'aab0-./+%=: !~é', '\u{e000}', '\u{ffee}', '🙂', '\u{10ffff}'];

/**
 * Key sets that a file system can hold, too: no `.` or `..` as a segment, and no key that is a
 * folder of another.
 */
export const keySets = fc
  .array(
    fc
      .array(fc.constantFrom(...SEGMENT_CHARACTERS), { minLength: 1, maxLength: 8, size: 'max' })
      .map((characters) => characters.join(''))
      .filter((key) => key.split('/').every((segment) => !['', '.', '..'].includes(segment))),
    { minLength: 1, maxLength: 25, size: 'max' },
  )
  .map((keys) => [...new Set(keys)].filter((key) => !keys.some((other) => other.startsWith(`${key}/`))));
