import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionIdOf } from '../../src/billing/version.ts';
import { type ManifestSighting, pinDelivery } from '../../src/copy/pinDelivery.ts';
import { awaitedKey } from '../../src/ledger/partitionRecord.ts';
import type { VersionOutcome, VersionRecord } from '../../src/ledger/versionRecord.ts';
import type { ListedObject } from '../../src/store/objectStore.ts';
import { chunk, DAILY, NOON, OVERWRITE, OVERWRITE_MANIFEST, PERIOD, partitionOf } from './copyWorld.ts';

const HOUR = 3_600_000;
const partition = partitionOf(DAILY);
const { bucket } = DAILY;
const [ONE, TWO] = [chunk(OVERWRITE, 1), chunk(OVERWRITE, 2)];
const STAGED = { status: 'staged', stagedKey: 'k', rows: 1, schemaId: 's', stagedAt: NOON, generation: 0 } as const;

function listed(key: string, etag: string, lastModified = NOON - 60_000): ListedObject {
  return { key, etag, sizeBytes: 10, lastModified };
}

function idOf({ key, etag }: Pick<ListedObject, 'key' | 'etag'>): string {
  return versionIdOf({ bucket, key, etag });
}

function known(object: ListedObject, outcome: VersionOutcome): VersionRecord {
  const source = { bucket, ...object };
  return { id: versionIdOf(source), partition, source, folder: OVERWRITE, awaitsManifest: true, outcome };
}

/**
 * A manifest written at noon that names the first two chunks, where nothing lies and nothing is
 * known.
 */
function fix(objects: readonly ListedObject[], change: Partial<ManifestSighting> = {}) {
  return pinDelivery({
    partition,
    manifest: { executionId: 'e1', period: PERIOD, keys: [ONE, TWO] },
    source: { bucket, key: OVERWRITE_MANIFEST, etag: 'manifest-1', lastModified: NOON, sizeBytes: 100 },
    listed: new Map(objects.map((object) => [object.key, object])),
    versions: [],
    ownFolder: false,
    now: NOON + HOUR,
    stillSeconds: 30,
    ...change,
  });
}

describe('a delivery', () => {
  const [one, two] = [listed(ONE, 'a'), listed(TWO, 'b')];

  it('is fixed to what lies at the source', () => {
    expect(fix([one, two])).toMatchObject({
      delivery: {
        partition,
        executionId: 'e1',
        files: [
          { bucket, key: ONE, versionId: idOf(one) },
          { bucket, key: TWO, versionId: idOf(two) },
        ],
      },
      awaited: [idOf(one), idOf(two)],
      missing: [one, two],
      unsure: [],
      absent: [],
    });
  });

  it('waits for nothing that is staged or known to be empty', () => {
    const fixed = fix([one, two], { versions: [known(one, STAGED), known(two, { status: 'empty' })] });
    expect([fixed.awaited, fixed.missing]).toEqual([[], []]);
  });

  it.each<VersionOutcome>([
    { status: 'quarantined', reason: 'not Parquet' },
    { status: 'removed', generation: 0, removedAt: 0 },
  ])('waits for a file that is $status, and requests it', (outcome) => {
    const fixed = fix([one, two], { versions: [known(one, outcome), known(two, STAGED)] });
    expect([fixed.awaited, fixed.missing]).toEqual([[idOf(one)], [one]]);
  });

  it('is not satisfied by an older content of the same key', () => {
    const fixed = fix([one, two], { versions: [known(listed(ONE, 'older'), STAGED), known(two, STAGED)] });
    expect([fixed.awaited, fixed.missing]).toEqual([[idOf(one)], [one]]);
  });

  it('waits for a file that is not there by its key: any version will do', () => {
    const fixed = fix([two], { versions: [known(two, STAGED), known(one, STAGED)] });
    expect(fixed.delivery.files[0]).toEqual({ bucket, key: ONE });
    expect(fixed).toMatchObject({
      awaited: [awaitedKey({ bucket, key: ONE })],
      missing: [],
      absent: [ONE],
      unsure: [],
    });
  });

  it('is unsure of a file that is newer than its manifest, not of one of the same moment', () => {
    expect(fix([listed(ONE, 'a', NOON), listed(TWO, 'b', NOON + 1)]).unsure).toEqual([TWO]);
  });

  it('with a folder of its own is sure of every file: nobody writes there again', () => {
    expect(fix([one, listed(TWO, 'b', NOON + 1)], { ownFolder: true }).unsure).toEqual([]);
  });

  it('takes no notice of what else lies beside its files', () => {
    const third = listed(chunk(OVERWRITE, 3), 'c', NOON + 1);
    expect(fix([one, two, third])).toEqual(fix([one, two]));
  });
});

describe("a delivery's id", () => {
  const [one, two] = [listed(ONE, 'a'), listed(TWO, 'b')];
  const { id } = fix([one, two]).delivery;

  it('is the same whatever is staged of it', () => {
    expect(fix([one, two], { versions: [known(one, STAGED)] }).delivery.id).toBe(id);
  });

  it('is the same for the other copy of its manifest, which legacy reports write a moment later', () => {
    const copy = { bucket, key: 'elsewhere', etag: 'manifest-2', lastModified: NOON + 1, sizeBytes: 101 };
    expect(fix([one, two], { source: copy }).delivery.id).toBe(id);
  });

  it.each([
    ['another file version', fix([one, listed(TWO, 'b2')])],
    ['a file that is not there', fix([one])],
    ['another execution', fix([one, two], { manifest: { executionId: 'e2', period: PERIOD, keys: [ONE, TWO] } })],
    ['fewer files', fix([one, two], { manifest: { executionId: 'e1', period: PERIOD, keys: [ONE] } })],
  ])('is another one with %s', (_what, { delivery }) => {
    expect(delivery.id).not.toBe(id);
  });
});

it('every named file is either usable, requested or absent, whatever lies there and is known', () => {
  const outcome = fc.constantFrom<VersionOutcome>(
    STAGED,
    { status: 'empty' },
    { status: 'quarantined', reason: 'r' },
    { status: 'removed', generation: 1, removedAt: 0 },
  );
  const file = fc.record({
    there: fc.boolean(),
    late: fc.boolean(),
    known: fc.option(outcome, { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 12 }), fc.boolean(), (files, ownFolder) => {
      const named = files.map((each, index) => ({
        ...each,
        object: listed(chunk(OVERWRITE, index), `etag-${index}`, each.late ? NOON + 1 : NOON),
      }));
      const keys = named.map(({ object }) => object.key);
      const fixed = fix(
        named.filter(({ there }) => there).map(({ object }) => object),
        {
          manifest: { executionId: 'e1', period: PERIOD, keys },
          versions: named.flatMap(({ object, known: outcome }) => (outcome ? known(object, outcome) : [])),
          ownFolder,
        },
      );
      const usable = named.filter(
        ({ there, known: outcome }) => there && (outcome?.status === 'staged' || outcome?.status === 'empty'),
      );
      const accounted = [
        ...usable.map(({ object }) => object.key),
        ...fixed.missing.map(({ key }) => key),
        ...fixed.absent,
      ];
      expect(accounted.toSorted()).toEqual(keys.toSorted());
      expect(fixed.awaited.length).toBe(fixed.missing.length + fixed.absent.length);
      expect(fixed.delivery.files.map(({ key }) => key)).toEqual(keys);
      const late = ownFolder ? [] : named.filter(({ there, late }) => there && late);
      expect(fixed.unsure).toEqual(late.map(({ object }) => object.key));
    }),
  );
});

describe('a delivery that has just come to lie there in part', () => {
  const NOW = NOON + HOUR;
  const placed = (key: string, placedAt: number) => ({ ...listed(key, `of ${key}`), placedAt });
  const fixPlaced = (one: number, two: number, manifest: number, change: Partial<ManifestSighting> = {}) =>
    fix([placed(ONE, one), placed(TWO, two)], { now: NOW, placedAt: manifest, ...change });

  it('is unsure of what has lain there for long: it may be of the delivery before', () => {
    const { unsure, newestAt } = fixPlaced(NOW - 1000, NOW - HOUR, NOW - 2000);
    expect([unsure, newestAt]).toEqual([[TWO], NOW - 1000]);
  });

  it('is unsure of every file when the manifest alone has just come', () => {
    expect(fixPlaced(NOW - HOUR, NOW - HOUR, NOW).unsure).toEqual([ONE, TWO]);
  });

  it('is sure once nothing has been written for long enough, also where it was first seen so', () => {
    expect(fixPlaced(NOW - 30_000, NOW - HOUR, NOW - 40_000).unsure).toEqual([]);
    expect(fixPlaced(NOW - HOUR, NOW - 2 * HOUR, NOW - HOUR).unsure).toEqual([]);
  });

  it('is sure when all of it has just come', () => {
    expect(fixPlaced(NOW - 25_000, NOW - 10_000, NOW).unsure).toEqual([]);
  });

  it('is sure in a folder of its own: nothing in it is of the delivery before', () => {
    expect(fixPlaced(NOW, NOW - HOUR, NOW, { ownFolder: true }).unsure).toEqual([]);
  });
});
