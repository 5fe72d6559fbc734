import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { VersionRecord } from '../../src/ledger/versionRecord.ts';
import { isStaged } from '../../src/ledger/versionRecord.ts';
import { CutOff, intercepted, refusing } from '../copy/interception.ts';
import { ALPHA, deliveryOf, START, versionOf } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { type FileSketch, FinalizerWorld, keysOf, SETTINGS, STAGING } from './finalizerWorld.ts';

const GRACE = SETTINGS.supersededGraceSeconds * 1000;
const EMPTY = { status: 'empty' } as const;

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld();
});
afterEach(() => world.close());

const publish = async (sketch: FileSketch) => {
  const version = await world.stage(sketch);
  await world.tickWhenDue();
  return version;
};
/** A change that leaves the set as it is: a reason for a run to look. */
const runAgain = () => publish({ key: `empty-at-${world.now}`, outcome: EMPTY });
const stagedKeys = () => world.buckets.keys(STAGING, '');
const statusOf = async (id: string) => (await world.ledger.version(ALPHA, id))?.outcome.status;

describe('a superseded file', () => {
  it('stays until the grace time since its publish is over, to the millisecond', async () => {
    const old = await publish({ etag: 'e1' });
    const current = await publish({ etag: 'e2' });
    const publishedAt = world.now;
    await world.stage({ key: 'b', outcome: EMPTY });
    world.now = publishedAt + GRACE - 1;
    await world.tick();
    expect(await statusOf(old.id)).toBe('staged');
    await world.stage({ key: 'c', outcome: EMPTY });
    world.now = publishedAt + GRACE;
    await world.stage({ key: 'd', outcome: EMPTY });
    await world.tickWhenDue();
    expect(await world.ledger.version(ALPHA, old.id)).toMatchObject({
      outcome: { status: 'removed', generation: 0, removedAt: world.now },
    });
    expect(stagedKeys()).toEqual(keysOf(current));
    expect([...world.tables.registered.keys()]).toEqual(keysOf(current));
    expect(world.reported('files-removed')).toEqual([{ what: 'files-removed', partition: ALPHA, files: 1 }]);
    expect(world.visible()).toEqual(keysOf(current));
  });

  it('goes although its partition is published anew more often than once in a grace time', async () => {
    const old = await publish({ etag: 'e1' });
    for (let number = 2; number < 8; number += 1) {
      world.now += GRACE / 2;
      await publish({ etag: `e${number}` });
    }
    expect(await statusOf(old.id)).toBe('removed');
  });

  it('is forgotten two weeks after it went, where its deliveries come with manifests', async () => {
    const day = 86_400_000;
    const old = await publish({ etag: 'e1' });
    const current = await world.stage({ etag: 'e2' });
    await world.deliver(deliveryOf({ files: [current], lastModified: world.now }));
    await world.tickWhenDue();
    world.now += GRACE;
    await runAgain();
    const removedAt = world.now;
    expect(await statusOf(old.id)).toBe('removed');
    world.now = removedAt + 14 * day - 600_000;
    await runAgain();
    expect(await statusOf(old.id)).toBe('removed');
    world.now = removedAt + 14 * day;
    await runAgain();
    expect([await statusOf(old.id), await statusOf(current.id)]).toEqual([undefined, 'staged']);
    expect(world.visible()).toEqual(keysOf(current));
  });

  it('is not forgotten where no manifest says what counts: its source may have it still', async () => {
    const old = await publish({ etag: 'e1' });
    await publish({ etag: 'e2' });
    world.now += GRACE;
    await runAgain();
    world.now += 30 * 86_400_000;
    await runAgain();
    expect(await statusOf(old.id)).toBe('removed');
  });

  it('goes in a month in which nothing changes any more, when a tick asks to clear away', async () => {
    const old = await publish({ etag: 'e1' });
    const current = await publish({ etag: 'e2' });
    const cleared = () => handleTick(world.finalizing(), world.settings, { period: ALPHA.period, clear: true });
    world.now += GRACE - 1;
    await cleared();
    expect(await statusOf(old.id)).toBe('staged');
    world.now += 1;
    await world.tick();
    expect(await statusOf(old.id)).toBe('staged');
    await cleared();
    expect([await statusOf(old.id), stagedKeys(), world.visible()]).toEqual([
      'removed',
      keysOf(current),
      keysOf(current),
    ]);
    expect((await world.ledger.period(ALPHA.period)).lease).toBeUndefined();
  });

  it('of an older delivery’s folder goes', async () => {
    const old = await publish({ folder: 'one/' });
    const current = await publish({ folder: 'two/' });
    world.now += GRACE;
    await publish({ folder: 'two/', key: 'b', outcome: EMPTY });
    expect([await statusOf(old.id), stagedKeys()]).toEqual(['removed', keysOf(current)]);
  });

  it('comes back under a key of its own', async () => {
    const old = await publish({ etag: 'e1' });
    await publish({ etag: 'e2' });
    world.now += GRACE;
    await runAgain();
    const back = await publish({ etag: 'e1', generation: 1 });
    expect(world.visible()).toEqual(keysOf(back));
    expect(keysOf(back)).not.toEqual(keysOf(old));
  });
});

describe('a withdrawn file', () => {
  const withdraw = async (version: VersionRecord) => {
    if (!isStaged(version)) throw new Error('only what is staged can be withdrawn');
    const outcome = { ...version.outcome, withdrawn: 'an earlier refresh' };
    await world.ledger.recordVersion({ ...version, outcome }, world.now);
    await world.tickWhenDue();
  };

  it('is hidden by the next run, and goes after the grace time, though it is newer than what is visible', async () => {
    const kept = await publish({ key: 'a' });
    const gone = await publish({ key: 'b', lastModified: world.now + GRACE });
    expect(world.visible()).toEqual(keysOf(kept, gone));
    await withdraw(gone);
    expect(world.visible()).toEqual(keysOf(kept));
    expect(stagedKeys()).toEqual(keysOf(kept, gone));
    world.now += GRACE;
    await runAgain();
    expect([await statusOf(gone.id), stagedKeys()]).toEqual(['removed', keysOf(kept)]);
  });

  it('is not asked for again once its copy is gone: later runs publish without it', async () => {
    const [kept, gone] = [await publish({ key: 'a' }), await publish({ key: 'b' })];
    await withdraw(gone);
    world.now += GRACE;
    await runAgain();
    const more = await publish({ key: 'c' });
    expect([world.visible(), world.requests]).toEqual([keysOf(kept, more), []]);
    expect(world.reported('partition-held')).toEqual([]);
  });

  it('that was all there was leaves readers no row', async () => {
    await withdraw(await publish({ key: 'a' }));
    expect([world.visible(), (await world.record()).published]).toMatchObject([[], { files: 0, rows: 0 }]);
  });

  it('comes back with its content, under a key of its own when its copy is gone', async () => {
    const [kept, gone] = [await publish({ key: 'a' }), await publish({ key: 'b' })];
    await withdraw(gone);
    world.now += GRACE;
    await runAgain();
    const back = await publish({ key: 'b', generation: 1 });
    expect(world.visible()).toEqual(keysOf(kept, back));
  });
});

describe('a staged file stays', () => {
  it('while it is visible', async () => {
    const files = [await world.stage({ key: 'a' }), await world.stage({ key: 'b' })];
    await world.tickWhenDue();
    world.now += GRACE;
    await runAgain();
    expect(stagedKeys()).toEqual(keysOf(...files));
  });

  it('while the newest delivery names it and waits for others', async () => {
    const visible = await world.stage({ key: 'a', etag: 'e1' });
    await world.deliver(deliveryOf({ id: 'first', files: [visible] }), []);
    await world.tick();
    const early = await world.stage({ key: 'b', lastModified: world.now - 5000 });
    const awaited = versionOf({ key: 'c' });
    const second = deliveryOf({ id: 'second', lastModified: world.now, files: [early, awaited] });
    await world.deliver(second, [awaited.id]);
    world.now += GRACE;
    await world.tickWhenDue();
    expect(stagedKeys()).toEqual(keysOf(visible, early));
    await world.stage({ key: 'c' });
    await world.tick();
    expect(world.visible()).toEqual(keysOf(early, awaited));
  });

  it('while it is newer than what is shown in its place, though older than another visible file', async () => {
    const named = await world.stage({ key: 'a', etag: 'e1' });
    const late = await world.stage({ key: 'b', lastModified: world.now + 10 * GRACE });
    await world.deliver(deliveryOf({ files: [named, late] }), []);
    await world.tick();
    world.now += GRACE;
    const next = await publish({ key: 'a', etag: 'e2' });
    expect(world.visible()).toEqual(keysOf(named, late));
    expect(await statusOf(next.id)).toBe('staged');
  });

  it('when it arrives during the run, though it is older than what is visible', async () => {
    await publish({ key: 'a' });
    world.now += GRACE;
    await world.stage({ key: 'b', outcome: EMPTY });
    world.now += SETTINGS.maxWaitSeconds * 1000;
    const late = versionOf({ key: 'late' });
    const warehouse = intercepted(world.tables, async (method, call) => {
      // The run has read its versions by now.
      const isKnown = (await world.ledger.version(ALPHA, late.id)) !== undefined;
      if (method === 'published' && !isKnown) await world.stage({ key: 'late', lastModified: START });
      return call();
    });
    await world.tick({ warehouse });
    expect(await statusOf(late.id)).toBe('staged');
    await world.drain();
    expect(world.visible()).toContain(keysOf(late)[0]);
  });

  it('while analytics have not run over what is visible', async () => {
    const old = await publish({ etag: 'e1' });
    await publish({ etag: 'e2' });
    world.now += GRACE;
    world.analyticsFail = true;
    await publish({ key: 'b' });
    expect(await statusOf(old.id)).toBe('staged');
  });
});

describe('a file that a publish has hidden', () => {
  const registered = () => [...world.tables.registered.keys()].sort();

  it('is forgotten by the warehouse at once, before analytics have run, and its copy stays for the grace time', async () => {
    world.analyticsFail = true;
    const old = await publish({ etag: 'e1' });
    const current = await publish({ etag: 'e2' });
    expect([registered(), stagedKeys()]).toEqual([keysOf(current), keysOf(old, current)]);
    expect(await world.ledger.version(ALPHA, old.id)).toMatchObject({ outcome: { supersededAt: world.now } });
  });

  it('is forgotten by the next clearing where the publish was the last thing that its run did', async () => {
    const old = await publish({ etag: 'e1' });
    const warehouse = intercepted(world.tables, async (method, call) => {
      if (method === 'unregister') throw new CutOff('dead before unregister');
      return call();
    });
    const current = await world.stage({ etag: 'e2' });
    world.now += SETTINGS.maxWaitSeconds * 1000;
    await world.tick({ warehouse });
    expect([registered(), world.visible()]).toEqual([keysOf(old, current), keysOf(current)]);
    await handleTick(world.finalizing(), world.settings, { period: ALPHA.period, clear: true });
    expect([registered(), stagedKeys()]).toEqual([keysOf(current), keysOf(old, current)]);
  });

  it('is registered again when a later delivery counts it again', async () => {
    const old = await publish({ key: 'a', etag: 'e1' });
    const current = await publish({ key: 'a', etag: 'e2' });
    await world.deliver(deliveryOf({ files: [old], lastModified: world.now }), []);
    await world.tickWhenDue();
    expect([registered(), world.visible()]).toEqual([keysOf(old), keysOf(old)]);
    world.now += GRACE;
    await runAgain();
    expect([await statusOf(old.id), world.visible()]).toEqual(['staged', keysOf(old)]);
    expect(stagedKeys()).toContain(keysOf(current)[0]);
  });
});

describe('a removal that is refused', () => {
  const due = async () => {
    const old = await publish({ etag: 'e1' });
    const current = await publish({ etag: 'e2' });
    world.now += GRACE;
    await world.stage({ key: 'b', outcome: EMPTY });
    world.now += SETTINGS.maxWaitSeconds * 1000;
    return { old, current };
  };
  const expectReported = (current: VersionRecord) => {
    expect(world.reported('removal-failed')).toEqual([
      { what: 'removal-failed', partition: ALPHA, files: 1, reason: 'access denied' },
    ]);
    expect(world.visible()).toEqual(keysOf(current));
    expect(world.ticks).toMatchObject([]);
  };
  const refusal = new Error('access denied');

  it('by the store fails no run: it is reported, and readers see the same', async () => {
    const { old, current } = await due();
    await world.tick({ store: refusing(world.finalizing().store, 'delete', refusal) });
    expectReported(current);
    expect(await statusOf(old.id)).toBe('removed');
  });

  it('by the warehouse fails no run: it is reported, nothing is deleted, and the next clearing removes it', async () => {
    const { old, current } = await due();
    await world.tick({ warehouse: refusing(world.tables, 'unregister', refusal) });
    expectReported(current);
    expect([await statusOf(old.id), stagedKeys()]).toEqual(['staged', keysOf(old, current)]);
    await runAgain();
    expect([await statusOf(old.id), stagedKeys()]).toEqual(['removed', keysOf(current)]);
  });

  it('by the warehouse for one of its files names that file', async () => {
    const { old } = await due();
    const [oldKey = ''] = keysOf(old);
    const warehouse = override(world.tables, { unregister: async () => new Map([[oldKey, 'not now']]) });
    await world.tick({ warehouse });
    expect(world.reported('removal-failed')).toMatchObject([{ reason: `${oldKey} was not unregistered: not now` }]);
    expect(await statusOf(old.id)).toBe('staged');
  });
});
