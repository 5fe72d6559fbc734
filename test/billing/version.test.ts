import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, type SourceVersion, versionIdOf } from '../../src/billing/version.ts';

const version: SourceVersion = { bucket: 'cur', key: 'a/b.parquet', etag: 'e1', lastModified: 1000, sizeBytes: 10 };

describe('the id of a version', () => {
  test('depends on bucket, key and etag', () => {
    const id = versionIdOf(version);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(versionIdOf({ ...version, bucket: 'cur2' })).not.toBe(id);
    expect(versionIdOf({ ...version, key: 'a/c.parquet' })).not.toBe(id);
    expect(versionIdOf({ ...version, etag: 'e2' })).not.toBe(id);
  });

  test('does not depend on what only one of event and listing says', () => {
    expect(versionIdOf({ ...version, versionId: 'v', sequencer: '0A', lastModified: 5 } as SourceVersion)).toBe(
      versionIdOf(version),
    );
  });

  test('keeps its parts apart', () => {
    expect(versionIdOf({ bucket: 'ab', key: 'c', etag: 'd' })).not.toBe(
      versionIdOf({ bucket: 'a', key: 'bc', etag: 'd' }),
    );
  });
});

describe('of two versions of one key', () => {
  test('the greater sequencer is newer, whatever LastModified says', () => {
    const older = { ...version, sequencer: '0055AED6DCD90281E5', lastModified: 2000 };
    const newer = { ...version, sequencer: '0055AED6DCD90281E6', lastModified: 1000 };
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(older, newer)).toBeLessThan(0);
  });

  test('the shorter sequencer is padded with zeros on the right', () => {
    expect(compareVersions({ ...version, sequencer: '1' }, { ...version, sequencer: '0FFF' })).toBeGreaterThan(0);
    expect(compareVersions({ ...version, sequencer: '10' }, { ...version, sequencer: '1000' })).toBe(0);
  });

  test('the case of a sequencer does not matter', () => {
    expect(compareVersions({ ...version, sequencer: '00ab' }, { ...version, sequencer: '00AC' })).toBeLessThan(0);
  });

  test('LastModified decides when one has no sequencer, and when both have the same', () => {
    const later = { ...version, lastModified: 2000 };
    expect(compareVersions(later, { ...version, sequencer: 'FF' })).toBeGreaterThan(0);
    expect(compareVersions({ ...later, sequencer: 'FF' }, { ...version, sequencer: 'FF' })).toBeGreaterThan(0);
  });

  test('the etag breaks a tie, so that every observer picks the same one', () => {
    expect(compareVersions({ ...version, etag: 'e2' }, version)).toBeGreaterThan(0);
  });

  test('one is newer than the other in one direction only', () => {
    const any = fc.record({
      bucket: fc.constant('cur'),
      key: fc.constant('k'),
      etag: fc.constantFrom('e1', 'e2', 'e3'),
      sequencer: fc.constantFrom('0A', '0B', '0B00', ''),
      lastModified: fc.integer({ min: 0, max: 3 }),
      sizeBytes: fc.constant(1),
    });
    fc.assert(
      fc.property(any, any, (a, b) => Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)) === 0),
    );
  });
});
