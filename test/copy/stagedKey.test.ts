import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionPrefix } from '../../src/billing/partition.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

import { isStagedKey, stagedKeyOf } from '../../src/copy/stagedKey.ts';

const partition = { payer: parsePayer('111122223333'), period: parsePeriod('2026-10') };
const version = { bucket: 'payer-cur', key: 'cur/daily/daily-00001.snappy.parquet', etag: 'aaaa' };
const STAGED = /^year=\d{4}\/month=\d{2}\/payer-\d{12}\/[A-Za-z0-9][A-Za-z0-9._-]*\.parquet$/;

function stagedKey(change: Partial<typeof version> = {}, generation = 0): string {
  return stagedKeyOf(partition, { ...version, ...change }, generation);
}

describe('a staged key', () => {
  it('lies in its partition and shows the name of its source file', () => {
    expect(stagedKey()).toMatch(/^year=2026\/month=10\/payer-111122223333\/daily-00001\.snappy-[0-9a-f]{16}\.parquet$/);
  });

  it('is the same for the same version, whatever else is known of it', () => {
    const sighting = { ...version, versionId: 'v1', sequencer: '00F1', lastModified: 1, sizeBytes: 2 };
    expect(stagedKeyOf(partition, sighting, 0)).toBe(stagedKey());
  });

  it.each([
    ['etag', stagedKey({ etag: 'aaab' })],
    ['bucket', stagedKey({ bucket: 'payer-cur-2' })],
    ['folder', stagedKey({ key: 'cur/other/daily-00001.snappy.parquet' })],
    ['name', stagedKey({ key: 'cur/daily/daily-00002.snappy.parquet' })],
    ['generation', stagedKey({}, 1)],
    ['payer', stagedKeyOf({ ...partition, payer: parsePayer('111122223334') }, version, 0)],
    ['period', stagedKeyOf({ ...partition, period: parsePeriod('2026-09') }, version, 0)],
  ])('is another one for another %s', (_what, other) => {
    expect(other).toMatch(STAGED);
    expect(other).not.toBe(stagedKey());
  });

  it('is another one in each generation', () => {
    const keys = Array.from({ length: 20 }, (_, generation) => stagedKey({}, generation));
    expect(new Set(keys).size).toBe(20);
    expect(keys.every((key) => STAGED.test(key))).toBe(true);
  });

  it('keeps two names apart that become alike without their odd characters', () => {
    expect(stagedKey({ key: 'a/x+y.parquet' })).not.toBe(stagedKey({ key: 'a/x y.parquet' }));
  });

  it.each([
    ['..', 'a/...parquet'],
    ['nothing but dots', 'a/.....parquet'],
    ['nothing at all', '.parquet'],
    ['a dash first', '-rf.parquet'],
    ['a folder that leads up', '../../payer-999999999999/x.parquet'],
    ['a backslash', 'a/..\\..\\x.parquet'],
    ['encoded slashes', 'a/..%2f..%2fx.parquet'],
    ['control characters', 'a/\u0000\r\n\u001b[2J.parquet'],
    ['a turned reading direction', 'a/\u202egnp.parquet'],
    ['other scripts', 'a/日本語のレポート.parquet'],
    ['1,024 plain characters', `${'k'.repeat(1016)}.parquet`],
    ['1,024 bytes', `${'é'.repeat(508)}.parquet`],
    ['a partition of its own', 'year=2020/month=01/payer-999999999999/year=2020.parquet'],
  ])('of a hostile name stays inside its partition: %s', (_what, key) => {
    expect(stagedKey({ key })).toMatch(STAGED);
    expect(stagedKey({ key }).startsWith(partitionPrefix(partition))).toBe(true);
    // The longest name that file systems take.
    expect((stagedKey({ key }).split('/').at(-1) ?? '').length).toBeLessThanOrEqual(255);
  });

  it('of any key of any version stays inside its partition, and is short enough for S3 and for a file', () => {
    const hostile = fc.constantFrom('/', '..', '.', '\\', '\0', '\n', '%2f', '-', '_', '=', '+', '\u202e', '🙂', 'a');
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 1024 }),
      fc.array(hostile, { maxLength: 300 }).map((parts) => `${parts.join('')}.parquet`),
    );
    fc.assert(
      fc.property(key, fc.string(), fc.nat(1_000_000), (hostileKey, etag, generation) => {
        const staged = stagedKey({ key: hostileKey, etag }, generation);
        expect(staged).toMatch(STAGED);
        expect(isStagedKey(staged)).toBe(true);
        expect(staged.startsWith(partitionPrefix(partition))).toBe(true);
        expect((staged.split('/').at(-1) ?? '').length).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('of any two versions that differ differs', () => {
    const any = fc.record({
      bucket: fc.constantFrom('b1b', 'b2b'),
      key: fc.string(),
      etag: fc.stringMatching(/^[0-9a-f]{4}$/),
    });
    fc.assert(
      fc.property(any, any, fc.nat(3), fc.nat(3), (a, b, generationA, generationB) => {
        const same = JSON.stringify([a, generationA]) === JSON.stringify([b, generationB]);
        expect(stagedKeyOf(partition, a, generationA) === stagedKeyOf(partition, b, generationB)).toBe(same);
      }),
    );
  });
});

it.each(['mine.txt', 'year=2026/month=10/payer-111122223333/mine.parquet', 'year=2026/notes-00112233aabbccdd.parquet'])(
  'a key that somebody else has made is not one: %s',
  (key) => {
    expect(isStagedKey(key)).toBe(false);
  },
);
