import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionIdOf } from '../../src/billing/version.ts';
import { type CurrentSet, setOfDelivery, setWithoutManifest } from '../../src/ledger/currentSet.ts';
import type { VersionOutcome, VersionRecord } from '../../src/ledger/versionRecord.ts';
import { deliveryOf, START, type VersionSketch, versionOf } from './records.ts';
import { aReorderedHistory } from './sightings.ts';

const EMPTY: VersionOutcome = { status: 'empty' };
const REMOVED = { status: 'removed', generation: 0, removedAt: START } as const;
const CORRUPT: VersionOutcome = { status: 'quarantined', reason: 'no footer' };
const FOREIGN: VersionOutcome = { status: 'set-aside', reason: 'a FOCUS export' };
const A = versionOf({ key: 'a' });
const B = versionOf({ key: 'b' });
const later = (sketch: VersionSketch) => versionOf({ lastModified: START + 1000, etag: 'e2', ...sketch });

/** The staged keys of a set, sorted; the reason when there is no set. */
function shown(set: CurrentSet): string[] | string {
  return set.is === 'set' ? set.files.map(({ outcome }) => outcome.stagedKey).sort() : set.reason;
}

function stagedKeys(...versions: VersionRecord[]): string[] {
  return versions.flatMap(({ outcome }) => (outcome.status === 'staged' ? outcome.stagedKey : [])).sort();
}

/** What becomes of a staged version that its source takes back. */
function withdrawn({ outcome }: VersionRecord): VersionOutcome {
  if (outcome.status !== 'staged') throw new Error(`only what is staged is withdrawn, not ${outcome.status}`);
  return { ...outcome, withdrawn: 'a copy' };
}

/** The set without a manifest of a partition in which no report has been seen to be the bill. */
function ofFiles(versions: readonly VersionRecord[]): CurrentSet {
  return setWithoutManifest(versions, undefined);
}

/**
 * The order of versions must not matter: given another one, everything that is answered is the
 * same.
 */
function expectSameInAnyOrder(
  versions: readonly VersionRecord[],
  form: (versions: readonly VersionRecord[]) => CurrentSet,
) {
  const set = form(versions);
  fc.assert(
    fc.property(fc.shuffledSubarray([...versions], { minLength: versions.length }), (shuffled) => {
      const other = form(shuffled);
      expect(other.is).toBe(set.is);
      if (set.is === 'set') expect(shown(other)).toEqual(shown(set));
    }),
    { numRuns: 20 },
  );
}

describe('the set of a delivery', () => {
  it('is exactly what its manifest names, in the versions that it was fixed to', () => {
    const surplus = versionOf({ key: 'c' });
    const set = setOfDelivery(deliveryOf({ files: [A, B] }), [surplus, later({ key: 'a' }), A, B]);
    expect(shown(set)).toEqual(stagedKeys(A, B));
    expect(set).toMatchObject({ is: 'set', deliveryId: 'delivery-1' });
  });

  it('has no rows of a file that is empty, and may be empty as a whole', () => {
    const empty = versionOf({ key: 'b', outcome: EMPTY });
    expect(shown(setOfDelivery(deliveryOf({ files: [A, empty] }), [A, empty]))).toEqual(stagedKeys(A));
    expect(shown(setOfDelivery(deliveryOf({ files: [empty] }), [empty]))).toEqual([]);
  });

  it('takes the newest readable version of a file that was not there when the manifest was read', () => {
    const newer = later({ key: 'a' });
    const unreadable = versionOf({ key: 'a', etag: 'e3', lastModified: START + 2000, outcome: CORRUPT });
    const set = setOfDelivery(deliveryOf({ absent: [A], files: [B] }), [A, newer, unreadable, B]);
    expect(shown(set)).toEqual(stagedKeys(newer, B));
  });

  it('takes no file of the same key in another bucket', () => {
    const elsewhere = { ...A, source: { ...A.source, bucket: 'another-source' } };
    expect(setOfDelivery(deliveryOf({ absent: [A] }), [elsewhere]).is).toBe('held');
  });

  it.each<[string, VersionRecord[], string]>([
    ['is not staged', [B, later({ key: 'a' })], 'not staged'],
    ['cannot be read', [B, versionOf({ key: 'a', outcome: CORRUPT })], 'quarantined: no footer'],
    ['was removed', [B, versionOf({ key: 'a', outcome: REMOVED })], 'removed'],
  ])('is held when a file %s: delivery, file and reason are named', (_, versions, reason) => {
    const set = setOfDelivery(deliveryOf({ files: [A, B] }), versions);
    expect(shown(set)).toBe(`delivery execution-of-delivery-1: ${A.source.key} is ${reason}`);
  });

  it('names the versions that were removed and are wanted again', () => {
    const removed = versionOf({ key: 'a', outcome: REMOVED });
    expect(setOfDelivery(deliveryOf({ files: [A, B] }), [removed, B])).toMatchObject({ removed: [removed] });
    expect(setOfDelivery(deliveryOf({ files: [A, B] }), [B])).toMatchObject({ removed: [] });
  });
});

describe('the set without a manifest', () => {
  it('is the newest version of every key', () => {
    const newer = later({ key: 'a' });
    expect(shown(ofFiles([newer, A, B]))).toEqual(stagedKeys(newer, B));
  });

  it('goes by sequencer where both have one', () => {
    const first = versionOf({ key: 'a', etag: 'e1', sequencer: '0a', lastModified: START + 5000 });
    const second = versionOf({ key: 'a', etag: 'e2', sequencer: '0b' });
    expect(shown(ofFiles([first, second]))).toEqual(stagedKeys(second));
  });

  it('counts the newest folder alone: adding folders up would multiply the month', () => {
    const first = [versionOf({ folder: 'one/', key: 'a' }), versionOf({ folder: 'one/', key: 'b' })];
    const second = later({ folder: 'two/', key: 'a' });
    expect(shown(ofFiles([...first, second]))).toEqual(stagedKeys(second));
  });

  it('goes by the time in the folder’s name, whatever LastModified says', () => {
    const folder = (time: string) => `data/BILLING_PERIOD=2026-04/${time}-id/`;
    const older = later({ folder: folder('2026-04-16T15:24:15.653Z') });
    const newer = versionOf({ folder: folder('2026-04-17T15:24:15.653Z') });
    expect(shown(ofFiles([older, newer]))).toEqual(stagedKeys(newer));
  });

  it('does not begin a new folder with a file that cannot be read', () => {
    const unreadable = later({ folder: 'two/', key: 'a', outcome: CORRUPT });
    const old = versionOf({ folder: 'one/', key: 'a' });
    expect(shown(ofFiles([old, unreadable]))).toEqual(stagedKeys(old));
  });

  it('drops a file whose newest version is empty', () => {
    expect(shown(ofFiles([A, B, later({ key: 'b', outcome: EMPTY })]))).toEqual(stagedKeys(A));
  });

  it('is held by a file that cannot be read, also by one that never could: nobody knows whether the month is whole', () => {
    const set = ofFiles([A, versionOf({ key: 'b', outcome: CORRUPT })]);
    expect(shown(set)).toBe(`${B.source.key} is quarantined: no footer`);
  });

  it('is held when what cannot be read took the place of what could: a hole is no restatement', () => {
    const set = ofFiles([A, B, later({ key: 'b', outcome: CORRUPT })]);
    expect(shown(set)).toBe(`${B.source.key} is quarantined: no footer`);
    expect(set).toMatchObject({ removed: [] });
  });

  it('is held when the newest version of a file was removed although no other is left: it has come back', () => {
    const removed = later({ key: 'b', outcome: REMOVED });
    expect(ofFiles([A, removed])).toMatchObject({ is: 'held', removed: [removed] });
  });

  it('is held when the newest version of a file was removed, and names it', () => {
    const removed = later({ key: 'b', outcome: REMOVED });
    expect(ofFiles([A, B, removed])).toMatchObject({ is: 'held', removed: [removed] });
  });

  it.each<[string, VersionRecord[], string]>([
    ['has arrived', [], ''],
    ['has a row', [versionOf({ outcome: EMPTY })], ''],
    ['can be read', [versionOf({ outcome: CORRUPT })], `: ${A.source.key} is quarantined: no footer`],
    ['is part of a bill', [versionOf({ outcome: FOREIGN })], `: ${A.source.key} is set aside: a FOCUS export`],
    [
      'is of any use, however many came',
      ['a', 'b'].map((key) => versionOf({ key, outcome: FOREIGN })),
      `: ${A.source.key} is set aside: a FOCUS export, and 1 more`,
    ],
  ])('is held while no file %s', (_, versions, what) => {
    expect(shown(ofFiles(versions))).toBe(`no file with data has arrived${what}`);
  });
});

describe('of several reports', () => {
  const of = (report: string, sketch: VersionSketch = {}) =>
    versionOf({ folder: `${report}/data/BILLING_PERIOD=2026-04/`, ...sketch });
  const [hourly, daily] = [of('hourly', { etag: 'h' }), of('daily', { etag: 'd', lastModified: START + 5000 })];

  it('the set is of the one that is the bill, however new the others are', () => {
    expect(shown(setWithoutManifest([hourly, daily], 'cur-source/hourly'))).toEqual(stagedKeys(hourly));
    expect(shown(setWithoutManifest([hourly, daily], 'cur-source/daily'))).toEqual(stagedKeys(daily));
  });

  it('another one’s unreadable files and withdrawals say nothing about the bill', () => {
    const others = [
      of('daily', { outcome: CORRUPT }),
      of('daily', { key: 'b', outcome: withdrawn(of('daily', { key: 'b' })) }),
    ];
    expect(shown(setWithoutManifest([hourly, ...others], 'cur-source/hourly'))).toEqual(stagedKeys(hourly));
  });

  it('a bill whose only file is another report’s has none', () => {
    expect(shown(setWithoutManifest([daily], 'cur-source/hourly'))).toBe('no file with data has arrived');
  });
});

describe('a manifest that cannot be read', () => {
  const DATA = 'cur/data/BILLING_PERIOD=2026-04/';
  const manifest = (sketch: { readonly execution?: string; readonly outcome?: VersionOutcome } & VersionSketch) => {
    const { execution = '', outcome = CORRUPT, ...rest } = sketch;
    const folder = `cur/metadata/BILLING_PERIOD=2026-04/${execution}`;
    const { source, ...version } = versionOf({ ...rest, folder, outcome });
    const named = { ...source, key: `${folder}cur-Manifest.json` };
    return { ...version, id: versionIdOf(named), source: named };
  };
  const data = (execution = '') => versionOf({ folder: `${DATA}${execution}` });
  const [FIRST, SECOND] = ['2026-04-16T15:24:15.653Z-e1/', '2026-04-17T15:24:15.653Z-e2/'];

  it('holds the month: nobody can say whether all its files are here', () => {
    const reason = 'its manifest cur/metadata/BILLING_PERIOD=2026-04/cur-Manifest.json is quarantined: no footer';
    expect(setWithoutManifest([data(), manifest({})], undefined)).toEqual({ is: 'held', reason, removed: [] });
    // Newer data does not mend it: the delivery's own manifest comes last.
    const newer = versionOf({ folder: DATA, key: 'b', lastModified: START + 9000 });
    expect(ofFiles([newer, manifest({})]).is).toBe('held');
  });

  it('is forgotten when a newer one can be read, or is not of a bill', () => {
    const readable = manifest({ etag: 'e2', lastModified: START + 1000, outcome: FOREIGN });
    expect(shown(ofFiles([data(), manifest({}), readable]))).toEqual(stagedKeys(data()));
    expect(ofFiles([data(), manifest({ lastModified: START + 2000 }), readable]).is).toBe('held');
  });

  it('holds the executions up to its own, and no later one', () => {
    expect(ofFiles([data(FIRST), manifest({ execution: SECOND })]).is).toBe('held');
    expect(ofFiles([data(SECOND), manifest({ execution: SECOND })]).is).toBe('held');
    expect(shown(ofFiles([data(SECOND), manifest({ execution: FIRST })]))).toEqual(stagedKeys(data(SECOND)));
  });
});

describe('what was withdrawn', () => {
  const gone = (sketch: VersionSketch) => versionOf({ ...sketch, outcome: withdrawn(versionOf(sketch)) });

  it('is not in the set: the others of its month are', () => {
    expect(shown(ofFiles([A, gone({ key: 'b' })]))).toEqual(stagedKeys(A));
  });

  it('gives way to what its key has since, and does not bring back what it had before', () => {
    const [before, since] = [START - 1000, START + 1000].map((lastModified) =>
      versionOf({ key: 'a', etag: `at-${lastModified}`, lastModified }),
    );
    if (!before || !since) throw new Error('no versions');
    expect(shown(ofFiles([gone({ key: 'a' }), since, B]))).toEqual(stagedKeys(since, B));
    expect(shown(ofFiles([gone({ key: 'a' }), before, B]))).toEqual(stagedKeys(B));
    expect(shown(ofFiles([gone({ key: 'a' }), { ...before, outcome: REMOVED }, B]))).toEqual(stagedKeys(B));
  });

  it('as a whole leaves a month without rows, whatever else came that has none', () => {
    expect(ofFiles([gone({ key: 'a' }), gone({ key: 'b' })])).toEqual({ is: 'set', files: [] });
    const others = [versionOf({ key: 'c', outcome: EMPTY }), versionOf({ key: 'd', outcome: FOREIGN })];
    expect(ofFiles([gone({ key: 'a' }), ...others])).toEqual({ is: 'set', files: [] });
  });

  it('stays out when its copy has been cleared away: it is not wanted again', () => {
    const cleared = versionOf({ key: 'b', outcome: { ...REMOVED, withdrawn: 'a copy' } });
    expect(shown(ofFiles([A, cleared]))).toEqual(stagedKeys(A));
    expect(ofFiles([cleared])).toEqual({ is: 'set', files: [] });
  });

  it('and that a manifest names holds its delivery', () => {
    const reason = `delivery execution-of-delivery-1: ${A.source.key} is withdrawn`;
    expect(shown(setOfDelivery(deliveryOf({ files: [A] }), [gone({ key: 'a' })]))).toBe(reason);
  });
});

describe('what another content has taken the place of', () => {
  const older = versionOf({ key: 'a', etag: 'older', lastModified: START - 1000 });
  const replaced = (version: VersionRecord): VersionRecord => ({ ...version, replaced: true });

  it('gives way to an older one, be it staged or not', () => {
    expect(shown(ofFiles([replaced(A), older, B]))).toEqual(stagedKeys(older, B));
    const corrupt = versionOf({ key: 'a', outcome: CORRUPT });
    expect(shown(ofFiles([replaced(corrupt), older, B]))).toEqual(stagedKeys(older, B));
    expect(shown(ofFiles([replaced({ ...A, outcome: REMOVED }), older, B]))).toEqual(stagedKeys(older, B));
  });

  it('and that a manifest names holds its delivery', () => {
    const reason = `delivery execution-of-delivery-1: ${A.source.key} is replaced by another content`;
    expect(shown(setOfDelivery(deliveryOf({ files: [A] }), [replaced(A), older]))).toBe(reason);
  });
});

describe('the order in which versions are given never matters', () => {
  const outcomes: (VersionOutcome | undefined)[] = [undefined, EMPTY, REMOVED, CORRUPT, FOREIGN];
  const aVersion = fc
    .record({
      key: fc.constantFrom('a', 'b', 'c'),
      etag: fc.constantFrom('e1', 'e2', 'e3'),
      folder: fc.constantFrom('one/', 'two/', 'BILLING_PERIOD=2026-04/2026-04-16T15:24:15Z-id/'),
      lastModified: fc.integer({ min: 0, max: 3 }).map((seconds) => START + seconds * 1000),
      sequencer: fc.option(fc.constantFrom('0a', '0b', '0b00'), { nil: undefined }),
      outcome: fc.constantFrom(...outcomes),
    })
    .map(({ outcome, sequencer, ...sketch }) =>
      versionOf({ ...sketch, ...(outcome && { outcome }), ...(sequencer !== undefined && { sequencer }) }),
    );
  const someVersions = fc.uniqueArray(aVersion, { selector: ({ id }) => id, maxLength: 8 });

  it('to a set without a manifest', () => {
    fc.assert(
      fc.property(someVersions, (versions) => expectSameInAnyOrder(versions, ofFiles)),
      { numRuns: 60 },
    );
  });

  it('to the set of a delivery', () => {
    fc.assert(
      fc.property(someVersions, fc.nat(3), (versions, fixed) => {
        const byKey = [...new Map(versions.map((version) => [version.source.key, version])).values()];
        const delivery = deliveryOf({ files: byKey.slice(0, fixed), absent: byKey.slice(fixed) });
        expectSameInAnyOrder(versions, (each) => setOfDelivery(delivery, each));
      }),
      { numRuns: 60 },
    );
  });

  it('and of a history of writes a second apart, the last write of every key is what counts', () => {
    fc.assert(
      fc.property(aReorderedHistory, ({ history }) => {
        const writes = history.map((sighting, second) =>
          versionOf({ ...sighting, folder: 'one/', lastModified: START + second * 1000 }),
        );
        const known = [...new Map(writes.map((write) => [write.id, write])).values()];
        const last = [...new Map(writes.map((write) => [write.source.key, write])).values()];
        const set = ofFiles(known);
        if (set.is === 'set') expect(shown(set)).toEqual(stagedKeys(...last));
        else expect(last.some(({ outcome }) => outcome.status !== 'staged')).toBe(true);
      }),
    );
  });
});
