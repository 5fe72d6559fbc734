import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDeliveries } from '../../src/ledger/deliveryOrder.ts';
import {
  applyDelivery,
  countChange,
  raiseWatermark,
  resolveAwaited,
  tickFor,
} from '../../src/ledger/partitionChanges.ts';
import {
  awaitedKey,
  type DeliveryProgress,
  isDirty,
  newPartitionRecord,
  type PartitionRecord,
  setIdOf,
  wantsAnalytics,
} from '../../src/ledger/partitionRecord.ts';
import { applyUpdate } from '../../src/ledger/partitionUpdate.ts';
import { ALPHA, type DeliverySketch, deliveryOf, progressOf, START } from './records.ts';

const CLEAN = newPartitionRecord(ALPHA);
const aMoment = fc.integer({ min: 0, max: 100 }).map((seconds) => START + seconds * 1000);

function progress(sketch: DeliverySketch, awaited: readonly string[] = []): DeliveryProgress {
  return progressOf(deliveryOf(sketch), awaited);
}

function applied(record: PartitionRecord, given: DeliveryProgress): PartitionRecord {
  const answer = applyDelivery(record, given, START);
  if (!answer) throw new Error(`${given.id} is not new`);
  return answer.record;
}

describe('a partition record', () => {
  it('begins clean', () => {
    expect(isDirty(CLEAN)).toBe(false);
    expect(CLEAN).toEqual({ partition: ALPHA, changes: 0, settledChanges: 0, awaitsManifest: false });
  });

  it('remembers its first and its last change and who made it dirty, in whatever order clocks say them', () => {
    fc.assert(
      fc.property(fc.array(aMoment, { minLength: 1, maxLength: 8 }), (moments) => {
        const record = moments.reduce((before, now, index) => countChange(before, `by-${index}`, now), CLEAN);
        expect(record.changes).toBe(moments.length);
        expect(record.firstChangeAt).toBe(moments[0]);
        expect(record.lastChangeAt).toBe(Math.max(...moments));
        expect(record.tickOwner).toBe('by-0');
      }),
    );
  });

  it('never moves its watermark back', () => {
    fc.assert(
      fc.property(fc.array(aMoment, { minLength: 1 }), (moments) => {
        expect(moments.reduce(raiseWatermark, CLEAN).watermark).toBe(Math.max(...moments));
      }),
    );
  });
});

describe('analytics', () => {
  const published = { setId: 'new', files: 1, rows: 1, epoch: 9, at: START };

  it.each([
    ['before the publish', { setId: 'new', epoch: 8 }, true],
    ['since the publish', { setId: 'new', epoch: 9 }, false],
    // The run that published was cut off before the ledger heard of it; another one analysed what
    // the ledger knew.
    ['over another set, although under a later epoch', { setId: 'old', epoch: 11 }, true],
  ])('that ran %s: are wanted or not', (_when, { setId, epoch }, wanted) => {
    const analysed = { setId, epoch, watermark: START, at: START };
    expect(wantsAnalytics({ ...CLEAN, published, analysed })).toBe(wanted);
  });
});

describe('a settled partition', () => {
  const dirty = countChange(countChange(CLEAN, 'first', START), 'second', START + 1000);
  const problem = {
    what: 'analytics-failed',
    message: 'm',
    attempts: 3,
    at: START,
    retryAt: START + 1,
    changes: 2,
  } as const;

  it('is clean again when nothing came meanwhile: no moments, no tickOwner, no problem, no reason to hold', () => {
    const otherProblem = { ...problem, what: 'verification-failed' } as const;
    const before: PartitionRecord = { ...dirty, problem, otherProblem, held: 'b is not staged' };
    expect(applyUpdate(before, { kind: 'settled', changes: 2, readAt: START + 2000 })).toEqual({
      ...CLEAN,
      changes: 2,
      settledChanges: 2,
    });
  });

  it('that changed meanwhile counts its wait from when the run looked', () => {
    const record = applyUpdate(dirty, { kind: 'settled', changes: 1, readAt: START + 500 });
    expect(record).toMatchObject({ settledChanges: 1, firstChangeAt: START + 500, lastChangeAt: START + 1000 });
  });

  it('keeps its tickOwner while it is dirty: the message that comes again has to send the tick', () => {
    const record = applyUpdate(dirty, { kind: 'settled', changes: 1, readAt: START });
    expect(tickFor(record, 'first')).toBe('quiet');
  });

  it('is dirty exactly when changes came that the run did not see, and what is settled stays settled', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), fc.nat(6), (changes, seen, seenBefore) => {
        let record = CLEAN;
        for (let count = 0; count < changes; count += 1) record = countChange(record, 'by', START);
        for (const settled of [seenBefore, seen].map((each) => Math.min(each, changes))) {
          record = applyUpdate(record, { kind: 'settled', changes: settled, readAt: START });
        }
        expect(record.settledChanges).toBe(Math.min(changes, Math.max(seen, seenBefore)));
        expect(isDirty(record)).toBe(changes > record.settledChanges);
        expect(record.firstChangeAt === undefined).toBe(!isDirty(record));
      }),
    );
  });
});

describe('analytics and publishing', () => {
  const analysed = (watermark: number) =>
    ({ kind: 'analysed', analysed: { setId: `set-${watermark}`, epoch: 1, watermark, at: START } }) as const;

  it('analytics over an older set are kept, without moving their watermark back', () => {
    const record = applyUpdate(applyUpdate(CLEAN, analysed(START)), analysed(START - 1000));
    expect(record.analysed).toMatchObject({ setId: `set-${START - 1000}`, watermark: START });
  });

  it('a publish takes the place of the one before, and settles nothing', () => {
    const dirty = countChange(CLEAN, 'by', START);
    const published = { setId: 's', files: 1, rows: 2, epoch: 3, at: START };
    expect(applyUpdate(dirty, { kind: 'published', published })).toEqual({ ...dirty, published });
  });
});

describe('of two deliveries', () => {
  it('whose manifests lie under one key, the newer version of the manifest is the newer', () => {
    const [older, newer] = [progress({ id: 'x' }), progress({ id: 'a', lastModified: START + 1000 })];
    expect(compareDeliveries(newer, older)).toBeGreaterThan(0);
    const late = { ...older, manifest: { ...older.manifest, sequencer: '0b' } };
    const early = { ...newer, manifest: { ...newer.manifest, sequencer: '0a' } };
    expect(compareDeliveries(late, early)).toBeGreaterThan(0);
  });

  it('with folders of their own, the time in the folder’s name decides, whatever LastModified says', () => {
    const inFolder = (time: string, lastModified: number) =>
      progress({ manifestKey: `metadata/BILLING_PERIOD=2026-04/${time}-id/r-Manifest.json`, lastModified });
    const older = inFolder('2026-04-16T15:24:15.653Z', START + 9000);
    const newer = inFolder('2026-04-16T15:24:15.654Z', START);
    expect(compareDeliveries(newer, older)).toBeGreaterThan(0);
  });

  it('with neither, LastModified decides, then the name, so that every observer picks the same', () => {
    const legacy = (id: string, lastModified: number) =>
      progress({ id, lastModified, manifestKey: `20260401-20260501/${id}/r-Manifest.json` });
    expect(compareDeliveries(legacy('a', START + 1000), legacy('b', START))).toBeGreaterThan(0);
    expect(compareDeliveries(legacy('b', START), legacy('a', START))).toBeGreaterThan(0);
  });

  it('a legacy month’s manifest names the newest: it beats its deliveries’ copies, whatever LastModified says', () => {
    const month = '20260401-20260501/';
    const named = progress({ id: 'asm-2', manifestKey: `${month}r-Manifest.json`, lastModified: START });
    const copies = ['asm-1', 'asm-2', 'asm-3'].map((id) =>
      progress({ id, manifestKey: `${month}${id}/r-Manifest.json`, lastModified: START + 9000 }),
    );
    for (const copy of copies) {
      expect(compareDeliveries(named, copy)).toBeGreaterThan(0);
      expect(compareDeliveries(copy, named)).toBeLessThan(0);
    }
    // Of another month's folder, or deeper below, it says nothing.
    for (const manifestKey of ['20260501-20260601/a/r-Manifest.json', `${month}a/b/r-Manifest.json`, `x/${month}a/m`]) {
      expect(compareDeliveries(named, progress({ manifestKey, lastModified: START + 1 }))).toBeLessThan(0);
    }
  });

  it('of a legacy report’s month, the order is total: in every order of arrival the same one ends as the newest', () => {
    const month = '20260401-20260501/';
    const any = fc
      .record({
        id: fc.constantFrom('a', 'b', 'c'),
        lastModified: aMoment,
        manifestKey: fc.constantFrom(
          `${month}r-Manifest.json`,
          ...['a', 'b'].map((id) => `${month}${id}/r-Manifest.json`),
        ),
      })
      .map((sketch) => progress(sketch));
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        if (compareDeliveries(a, b) <= 0 && compareDeliveries(b, c) <= 0) {
          expect(compareDeliveries(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('one is newer than the other in one direction only', () => {
    const any = fc
      .record({
        id: fc.constantFrom('a', 'b', 'c'),
        lastModified: aMoment,
        manifestKey: fc.constantFrom(
          'k-Manifest.json',
          'l-Manifest.json',
          '2026-04-16T15:24:15Z-x/r-Manifest.json',
          '2026-04-17T15_24_15Z-x/r-Manifest.json',
          '20260401-20260501/r-Manifest.json',
          '20260401-20260501/a/r-Manifest.json',
        ),
      })
      .map((sketch) => progress(sketch));
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(Math.sign(compareDeliveries(a, b)) + Math.sign(compareDeliveries(b, a))).toBe(0);
      }),
    );
  });
});

describe('a partition that takes in deliveries', () => {
  it('knows the newest, and the newest complete one, in whatever order and however often they come', () => {
    const aDelivery = fc.record({ number: fc.integer({ min: 1, max: 5 }), isComplete: fc.boolean() });
    const deliveries = fc.uniqueArray(aDelivery, { minLength: 1, selector: ({ number }) => number });
    const orders = deliveries.chain((each) =>
      fc.tuple(fc.constant(each), fc.shuffledSubarray([...each, ...each], { minLength: 2 * each.length })),
    );
    fc.assert(
      fc.property(orders, ([known, given]) => {
        const record = given.reduce((before, { number, isComplete }) => {
          const sketch = { id: `delivery-${number}`, lastModified: START + number * 1000 };
          return applyDelivery(before, progress(sketch, isComplete ? [] : ['file']), START)?.record ?? before;
        }, CLEAN);
        const newestOf = (some: typeof known) =>
          some.length === 0 ? undefined : `delivery-${Math.max(...some.map(({ number }) => number))}`;
        expect(record.delivery?.id).toBe(newestOf(known));
        expect(record.completeDelivery?.id).toBe(newestOf(known.filter(({ isComplete }) => isComplete)));
      }),
    );
  });

  it('writes nothing for what it knows', () => {
    const waiting = applied(CLEAN, progress({}, ['a', 'b']));
    expect(applyDelivery(waiting, progress({}, ['b', 'a']), START)).toBeUndefined();
    const complete = applied(CLEAN, progress({}));
    expect(applyDelivery(complete, progress({}, ['a']), START)).toBeUndefined();
  });

  it('waits again for what a manifest still misses when it is read again', () => {
    const waiting = applied(CLEAN, progress({}, ['a', 'second-look']));
    expect(applied(waiting, progress({}, ['a'])).delivery?.awaited).toEqual(['a']);
    expect(applied(waiting, progress({}, [])).completeDelivery?.id).toBe('delivery-1');
  });
});

describe('what a delivery waits for', () => {
  const waiting = applied(CLEAN, progress({}, ['a', 'b']));

  it('is not touched by what it does not wait for', () => {
    expect(resolveAwaited(waiting, 'c', ['c'])).toBe(waiting);
    expect(resolveAwaited(CLEAN, 'a', ['a'])).toBe(CLEAN);
  });

  it('grows less file by file; who brings the last one completes it', () => {
    const half = resolveAwaited(waiting, 'a', ['a', 'key-of-a']);
    expect(half.delivery?.awaited).toEqual(['b']);
    expect(half.completeDelivery).toBeUndefined();
    const whole = resolveAwaited(half, 'b', ['b']);
    expect(whole.delivery).toMatchObject({ awaited: [], completedBy: 'b' });
    expect(whole.completeDelivery).toEqual({
      id: 'delivery-1',
      executionId: 'execution-of-delivery-1',
      manifest: deliveryOf().manifest,
    });
  });

  it('is complete in any order of arrival', () => {
    const tokens = ['a', 'b', 'c', 'd'];
    fc.assert(
      fc.property(fc.shuffledSubarray([...tokens, ...tokens], { minLength: 8 }), (arrivals) => {
        const before = applied(CLEAN, progress({}, tokens));
        const record = arrivals.reduce((each, token) => resolveAwaited(each, token, [token]), before);
        expect(record.delivery?.awaited).toEqual([]);
        expect(record.completeDelivery?.id).toBe('delivery-1');
      }),
    );
  });
});

describe('whose message sends the tick', () => {
  const completed = countChange(applied(CLEAN, { ...progress({}), completedBy: 'last' }), 'first', START);

  it('nobody’s, while the partition is clean', () => {
    expect(tickFor(CLEAN, 'anybody')).toBe('none');
    expect(tickFor({ ...completed, settledChanges: completed.changes }, 'last')).toBe('none');
  });

  it('the one that completed the newest delivery, at once, until that is published', () => {
    expect(tickFor(completed, 'last')).toBe('now');
    const published = { setId: 's', deliveryId: 'delivery-1', files: 1, rows: 1, epoch: 1, at: START };
    expect(tickFor({ ...completed, published }, 'last')).toBe('none');
    expect(tickFor({ ...completed, published: { ...published, deliveryId: 'delivery-0' } }, 'last')).toBe('now');
  });

  it('the one that made it dirty, after the quiet period, and no other', () => {
    expect(tickFor(completed, 'first')).toBe('quiet');
    expect(tickFor(completed, 'another')).toBe('none');
  });
});

describe('names', () => {
  it('of a set of staged files do not depend on their order, and distinguish sets', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[a-z/=.-]{1,12}$/), { maxLength: 6 });
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(setIdOf([...a].reverse())).toBe(setIdOf(a));
        const isSame = a.length === b.length && a.every((key) => b.includes(key));
        expect(setIdOf(a) === setIdOf(b)).toBe(isSame);
      }),
    );
  });

  it('of a file that any version of will do depend on its bucket and its key, kept apart', () => {
    const name = awaitedKey({ bucket: 'ab', key: 'c' });
    expect(awaitedKey({ bucket: 'ab', key: 'c', etag: 'e' } as { bucket: string; key: string })).toBe(name);
    expect(awaitedKey({ bucket: 'a', key: 'bc' })).not.toBe(name);
  });
});
