import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionName } from '../../src/billing/partition.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { problemsOf } from '../../src/ledger/problems.ts';
import { FencedOff, WarehouseBroken } from '../../src/warehouse/warehouse.ts';
import { counted, intercepted } from '../copy/interception.ts';
import { ALPHA, BETA, deliveryOf, PERIOD, versionOf } from '../ledger/records.ts';
import { refusedBy } from './effects.ts';
import { FinalizerWorld, keysOf, SETTINGS, STAGING } from './finalizerWorld.ts';

const DAY = 86_400_000;

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld();
});
afterEach(() => world.close());

/** How long after the run each tick arrives, in seconds. */
const tickDelays = () => world.ticks.map(({ at }) => (at - world.now) / 1000);

describe('a warehouse that has to be opened again', () => {
  it.each(['register', 'audit', 'totals'] as const)(
    'ends the run at its %s, and no partition is blamed',
    async (method) => {
      await world.stage();
      await world.stage({ partition: BETA });
      world.now += SETTINGS.quietSeconds * 1000;
      const warehouse = intercepted(world.tables, (called, call) => {
        if (called === method) throw new WarehouseBroken('the warehouse has to be opened again: fsync failed');
        return call();
      });
      await expect(world.tick({ warehouse })).rejects.toThrow(WarehouseBroken);
      for (const partition of [ALPHA, BETA]) expect((await world.record(partition)).problem).toBeUndefined();
      await world.tick();
      for (const partition of [ALPHA, BETA]) expect(isDirty(await world.record(partition))).toBe(false);
    },
  );
});

describe('an audit that disagrees', () => {
  it('names partition, file and both numbers, and leaves the old set visible', async () => {
    const old = await world.stage({ etag: 'e1' });
    await world.tickWhenDue();
    const bad = await world.stage({ etag: 'e2', rows: 10, readableRows: 7 });
    await world.tickWhenDue();
    const message = `${partitionName(ALPHA)}: "${bad.source.key}" (staged as ${keysOf(bad)[0]}) has 10 rows by its footer and 7 in the warehouse`;
    expect(world.reported('verification-failed')).toEqual([
      { what: 'verification-failed', partition: ALPHA, reason: message, attempts: 1 },
    ]);
    expect(world.visible()).toEqual(keysOf(old));
    const record = await world.record();
    expect(record.problem).toMatchObject({ what: 'verification-failed', message, attempts: 1 });
    expect(isDirty(record)).toBe(true);
    expect(tickDelays()).toEqual([SETTINGS.retryBaseSeconds]);
  });

  it('is tried again with growing delay, and publishes once the numbers agree', async () => {
    const file = await world.stage({ rows: 10, readableRows: 7 });
    await world.tickWhenDue();
    const delays = [...tickDelays()];
    for (let retry = 0; retry < 2; retry += 1) {
      await world.drain(world.now + (delays.at(-1) ?? 0) * 1000);
      delays.push(...tickDelays());
    }
    expect(delays).toEqual([10, 20, 40]);
    expect((await world.record()).problem?.attempts).toBe(3);
    const [key = ''] = keysOf(file);
    world.buckets.put({ bucket: STAGING, key }, { etag: 'e1', bytes: new Uint8Array(), rows: 10 }, world.now);
    await world.drain();
    expect(world.visible()).toEqual([key]);
    expect((await world.record()).problem).toBeUndefined();
  });
});

describe('a file that is not registered', () => {
  it('names partition, file and reason, and nothing of its partition is published', async () => {
    await world.stage({ key: 'a' });
    const lost = await world.stage({ key: 'b' });
    const [key = ''] = keysOf(lost);
    world.buckets.delete({ bucket: STAGING, key });
    await world.tickWhenDue();
    expect(world.reported('registration-failed')).toMatchObject([
      {
        reason: `${partitionName(ALPHA)}: "${lost.source.key}" (staged as ${key}) was not registered: there is no such file`,
      },
    ]);
    expect(world.visible()).toBeUndefined();
  });
});

describe('one partition’s failure', () => {
  it('does not stop another partition of the run', async () => {
    await world.stage({ partition: ALPHA, rows: 10, readableRows: 7 });
    const good = await world.stage({ partition: BETA });
    await world.tickWhenDue();
    expect(world.visible(ALPHA)).toBeUndefined();
    expect(world.visible(BETA)).toEqual(keysOf(good));
    expect(isDirty(await world.record(BETA))).toBe(false);
  });

  it('at two steps at once is tried again at the time of each: a refused delivery, and analytics of the one before', async () => {
    world.analyticsFail = true;
    await world.stage();
    await world.tickWhenDue();
    await world.stage({ etag: 'e2', rows: 10, readableRows: 7 });
    await world.tickWhenDue();
    const ticks = await world.drain(world.now + 1000 * 1000);
    expect(ticks).toBeLessThan(2 * (1000 / SETTINGS.retryMaxSeconds + 5));
    const problems = problemsOf(await world.record());
    expect(problems.map(({ what }) => what).sort()).toEqual(['analytics-failed', 'verification-failed']);
    for (const { attempts } of problems) expect(attempts).toBeGreaterThan(3);
    world.analyticsFail = false;
    await world.drain(world.now + SETTINGS.retryMaxSeconds * 1000);
    expect(problemsOf(await world.record()).map(({ what }) => what)).toEqual(['verification-failed']);
  });

  it.each(['register', 'audit'])('does not stop another when the warehouse throws on %s', async (refused) => {
    await world.stage({ partition: ALPHA });
    const good = await world.stage({ partition: BETA });
    world.now += SETTINGS.maxWaitSeconds * 1000;
    let calls = 0;
    const warehouse = intercepted(world.tables, (method, call) => {
      if (method !== refused) return call();
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('cannot read the footer')) : call();
    });
    await world.tick({ warehouse });
    expect(world.visible(ALPHA)).toBeUndefined();
    expect(world.visible(BETA)).toEqual(keysOf(good));
    expect((await world.record(ALPHA)).problem?.message).toBe(`${partitionName(ALPHA)}: cannot read the footer`);
    await world.drain();
    expect(world.visible(ALPHA)).toHaveLength(1);
  });

  it('does not keep another from being finalized at its own time', async () => {
    await world.stage({ partition: ALPHA, rows: 10, readableRows: 7 });
    await world.tickWhenDue();
    await world.stage({ partition: BETA });
    await world.drain(world.now + DAY / 24);
    expect(world.visible(BETA)).toHaveLength(1);
  });
});

describe('a run that the warehouse fences off', () => {
  it.each(['raiseFence', 'register', 'audit', 'publish', 'submit'] as const)(
    'on %s ends at once: no partition has failed, and a tick is left',
    async (method) => {
      await world.stage({ partition: ALPHA });
      await world.stage({ partition: BETA });
      world.now += SETTINGS.maxWaitSeconds * 1000;
      await world.tick(refusedBy(world, method, new FencedOff('a newer run was here', 0)));
      expect(world.reported('lease-lost')).toHaveLength(1);
      for (const partition of [ALPHA, BETA]) expect(await world.record(partition)).not.toHaveProperty('problem');
      expect(world.ticks).toHaveLength(1);
    },
  );
});

describe('analytics that fail', () => {
  beforeEach(async () => {
    await world.stage();
    world.analyticsFail = true;
    await world.tickWhenDue();
  });

  it('leave the data published, are reported, and leave the partition dirty', async () => {
    expect(world.visible()).toHaveLength(1);
    expect(world.reported('partition-published')).toHaveLength(1);
    const reason = '100038: Numeric value is not recognized';
    expect(world.reported('analytics-failed')).toEqual([
      { what: 'analytics-failed', partition: ALPHA, reason, attempts: 1 },
    ]);
    const record = await world.record();
    expect(record.problem).toMatchObject({ what: 'analytics-failed', message: reason });
    expect([record.analysed, isDirty(record)]).toEqual([undefined, true]);
  });

  it('are tried again with a delay that doubles up to the maximum', async () => {
    const delays = [...tickDelays()];
    for (let retry = 0; retry < 6; retry += 1) {
      await world.drain(world.now + (delays.at(-1) ?? 0) * 1000);
      delays.push(...tickDelays());
    }
    expect(delays).toEqual([10, 20, 40, 80, 100, 100, 100]);
    expect(world.reported('analytics-failed').at(-1)).toMatchObject({ attempts: 7 });
  });

  it('later succeed without publishing or auditing anything again', async () => {
    world.analyticsFail = false;
    const warehouse = counted(world.tables);
    world.now += SETTINGS.retryBaseSeconds * 1000;
    await world.tick({ warehouse: warehouse.target });
    expect(world.tables.analysed.size).toBe(1);
    for (const method of ['register', 'audit', 'publish']) expect(warehouse.calls).not.toHaveProperty(method);
    const record = await world.record();
    expect(record.analysed?.setId).toBe(record.published?.setId);
    expect([record.problem, isDirty(record)]).toEqual([undefined, false]);
    expect(world.reported('partition-published')).toHaveLength(1);
  });

  it('are left behind by a new change, which is finalized at its own time', async () => {
    world.analyticsFail = false;
    await world.stage({ key: 'b' });
    await world.tickWhenDue();
    expect(world.visible()).toHaveLength(2);
    expect((await world.record()).problem).toBeUndefined();
  });
});

describe('a set that cannot be formed', () => {
  it('is held with its reason, the old one stays visible, and the partition rests until something changes', async () => {
    const old = await world.stage({ etag: 'e1' });
    await world.tickWhenDue();
    await world.stage({ etag: 'e2', outcome: { status: 'quarantined', reason: 'half a file' } });
    await world.tickWhenDue();
    const reason = `${old.source.key} is quarantined: half a file`;
    expect(world.reported('partition-held')).toEqual([{ what: 'partition-held', partition: ALPHA, reason }]);
    expect(world.visible()).toEqual(keysOf(old));
    expect(await world.record()).toMatchObject({ held: reason, changes: 2, settledChanges: 2 });
    expect(world.ticks).toMatchObject([]);
    const mended = await world.stage({ etag: 'e3' });
    await world.tickWhenDue();
    expect(world.visible()).toEqual(keysOf(mended));
    expect((await world.record()).held).toBeUndefined();
  });

  it('waits for the files of its delivery, however long, and is published when the last one comes', async () => {
    const [a, b] = [versionOf({ key: 'a' }), versionOf({ key: 'b' })];
    await world.deliver(deliveryOf({ files: [a, b] }), [a.id, b.id]);
    await world.stage({ key: 'a' });
    await world.tickWhenDue();
    expect(world.reported('partition-held')).toMatchObject([
      { reason: 'delivery execution-of-delivery-1 waits for 1 of 2 files' },
    ]);
    world.now += DAY;
    await world.stage({ key: 'b' });
    await world.tick();
    expect(world.visible()).toEqual(keysOf(a, b));
    expect(world.reported('partition-published')).toMatchObject([{ deliveryId: 'delivery-1', files: 2 }]);
  });

  it('for want of a version that was removed requests it, and is formed when its next generation comes', async () => {
    const removed = await world.stage({ key: 'a' });
    const lease = await world.ledger.acquireLease(PERIOD, 'earlier', world.now, world.now + 1);
    await world.ledger.markRemoved(ALPHA, lease.taken ? lease.epoch : 0, [removed.id], world.now);
    world.now += 1;
    await world.deliver(deliveryOf({ files: [removed] }), []);
    await world.tick();
    const { bucket, key, etag } = removed.source;
    expect(world.requests).toMatchObject([{ kind: 'copy', bucket, key, etag }]);
    expect(world.reported('partition-held')).toMatchObject([{ reason: expect.stringContaining('removed') }]);
    const again = await world.stage({ key: 'a', generation: 1 });
    await world.tick();
    expect(world.visible()).toEqual(keysOf(again));
  });
});
