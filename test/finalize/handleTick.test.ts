import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handleTick } from '../../src/finalize/handleTick.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { parseTick } from '../../src/queue/tick.ts';
import { type Warehouse, WarehouseUnavailable } from '../../src/warehouse/warehouse.ts';
import { counted, type Interceptor, intercepted } from '../copy/interception.ts';
import { ALPHA, BETA, PERIOD, START } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { refusedBy } from './effects.ts';
import { FinalizerWorld, keysOf, SETTINGS } from './finalizerWorld.ts';

const QUIET = SETTINGS.quietSeconds * 1000;
const LEASE = SETTINGS.leaseSeconds * 1000;

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld();
});
afterEach(() => world.close());

describe('a tick when nothing is due', () => {
  const READS = ['partitions', 'period'];

  it('writes nothing and sends nothing while everything is clean', async () => {
    await world.stage();
    await world.tickWhenDue();
    const ledger = counted(world.ledger);
    const warehouse = counted(world.tables);
    world.events.length = 0;
    await world.tick({ ledger: ledger.target, warehouse: warehouse.target });
    expect(Object.keys(ledger.calls).filter((method) => !READS.includes(method))).toEqual([]);
    expect(warehouse.calls).toEqual({});
    expect([world.ticks, world.requests, world.events]).toEqual([[], [], []]);
  });

  it('writes nothing for a period that nobody knows', async () => {
    await world.tick();
    expect(await world.ledger.periods()).toEqual([]);
    expect(world.ticks).toMatchObject([]);
  });

  it('leaves a tick for when something is, and writes only that', async () => {
    await world.stage();
    const record = await world.record();
    world.now += 1000;
    const ledger = counted(world.ledger);
    await world.tick({ ledger: ledger.target });
    expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: START + QUIET }]);
    expect(Object.keys(ledger.calls).filter((method) => !READS.includes(method))).toEqual(['noteTick']);
    expect(await world.record()).toEqual(record);
    expect((await world.ledger.period(PERIOD)).epoch).toBe(0);
  });
});

describe('a tick when something is due', () => {
  it('makes the current set visible, runs analytics over it, and leaves everything clean and the lease free', async () => {
    const a = await world.stage({ key: 'a', rows: 10 });
    const b = await world.stage({ key: 'b', rows: 5, lastModified: START + 7000 });
    world.now += QUIET;
    await world.tick();
    expect(world.visible()).toEqual(keysOf(a, b));
    const record = await world.record();
    expect(isDirty(record)).toBe(false);
    expect(record.published).toMatchObject({ files: 2, rows: 15, at: world.now });
    expect(record.analysed).toMatchObject({ setId: record.published?.setId, watermark: START + 7000 });
    expect(world.tables.analysed.get(`${PERIOD}/${ALPHA.payer}`)).toBe(record.published?.setId);
    expect((await world.ledger.period(PERIOD)).lease).toBeUndefined();
    expect(world.ticks).toMatchObject([]);
    const reported = world.events.map(({ what }) => what).filter((what) => what !== 'step-timed');
    expect(reported).toEqual([
      'run-started',
      'rows-verified',
      'partition-published',
      'analytics-started',
      'analytics-done',
      'partition-finalized',
    ]);
  });

  it('leaves a tick for the partitions that are not due yet', async () => {
    await world.stage({ partition: ALPHA });
    world.now += QUIET - 1000;
    await world.stage({ partition: BETA });
    world.now += 1000;
    await world.tick();
    expect([world.visible(ALPHA)?.length, world.visible(BETA)]).toEqual([1, undefined]);
    expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: world.now - 1000 + QUIET }]);
    await world.drain();
    expect(world.visible(BETA)).toHaveLength(1);
  });

  it('leaves another tick where the clock was set back before the one that it had noted came', async () => {
    await world.stage();
    await world.tick();
    const [noted] = world.ticks.splice(0);
    // So little that the change is not taken for one of an older date.
    world.now += QUIET - 30_000;
    await handleTick(world.finalizing(), world.settings, parseTick(noted?.body));
    expect(world.ticks).toHaveLength(1);
    await world.drain();
    expect(world.visible()).toHaveLength(1);
  });

  it('leaves what changes during the run dirty, and a tick for it', async () => {
    const a = await world.stage({ key: 'a' });
    world.now += QUIET;
    const warehouse = intercepted(world.tables, async (method, call) => {
      const answer = await call();
      if (method === 'publish') await world.stage({ key: 'b' });
      return answer;
    });
    await world.tick({ warehouse });
    expect(world.visible()).toEqual(keysOf(a));
    expect(isDirty(await world.record())).toBe(true);
    expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: world.now + QUIET }]);
    await world.drain();
    expect(world.visible()).toHaveLength(2);
    expect(isDirty(await world.record())).toBe(false);
  });

  it('publishes nothing anew when a change has not changed the set', async () => {
    await world.stage({ key: 'a' });
    await world.tickWhenDue();
    const before = await world.record();
    await world.stage({ key: 'b', outcome: { status: 'empty' } });
    await world.tickWhenDue();
    const after = await world.record();
    expect([after.published, after.analysed]).toEqual([before.published, before.analysed]);
    expect(isDirty(after)).toBe(false);
    expect(world.reported('partition-published')).toHaveLength(1);
  });

  it('runs analytics again over a set that comes back after another one', async () => {
    const first = await world.stage({ etag: 'e1' });
    await world.tickWhenDue();
    await world.stage({ etag: 'e2' });
    await world.tickWhenDue();
    await world.stage({ etag: 'e1' });
    await world.tickWhenDue();
    expect(world.visible()).toEqual(keysOf(first));
    expect(world.reported('analytics-done')).toHaveLength(3);
    expect(world.tables.analysed.get(`${PERIOD}/${ALPHA.payer}`)).toBe((await world.record()).published?.setId);
  });
});

describe('a tick while another run holds the lease', () => {
  it('changes nothing and leaves a tick for the end of that lease', async () => {
    await world.stage();
    world.now += QUIET;
    await world.ledger.acquireLease(PERIOD, 'other', world.now, world.now + LEASE);
    const before = await world.record();
    await world.tick();
    expect(await world.record()).toEqual(before);
    expect(world.visible()).toBeUndefined();
    expect(world.events).toEqual([]);
    expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: world.now + LEASE }]);
    await world.drain();
    expect(world.visible()).toHaveLength(1);
  });

  it('does not run again what the holder has finished between the look and the lease', async () => {
    await world.stage();
    world.now += QUIET;
    let looked = false;
    const ledger = intercepted(world.ledger, async (method, call) => {
      if (method === 'acquireLease' && !looked) {
        looked = true;
        await world.tick();
      }
      return call();
    });
    await world.tick({ ledger });
    expect(world.reported('run-started')).toHaveLength(1);
    expect((await world.ledger.period(PERIOD)).lease).toBeUndefined();
    expect(world.ticks).toMatchObject([]);
  });
});

describe('ticks', () => {
  it('do not multiply: however many come, one is on its way', async () => {
    await world.stage({ awaitsManifest: true });
    for (let second = 0; second < 20; second += 1) {
      world.now += 1000;
      await world.tick();
    }
    expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: START + SETTINGS.maxWaitSeconds * 1000 }]);
  });

  it('do not multiply while another run holds the lease', async () => {
    await world.stage();
    world.now += QUIET;
    await world.ledger.acquireLease(PERIOD, 'other', world.now, world.now + LEASE);
    for (let count = 0; count < 20; count += 1) await world.tick();
    expect(world.ticks).toHaveLength(1);
  });

  it('that are doubled on the way come to one run and an empty queue', async () => {
    await world.stage();
    await world.tick();
    world.ticks = Array(5).fill(world.ticks[0]);
    expect(await world.drain()).toBe(5);
    expect(world.reported('run-started')).toHaveLength(1);
    expect(world.ticks).toMatchObject([]);
  });

  it('come earlier when something is due earlier than the one on its way', async () => {
    await world.stage({ partition: ALPHA, awaitsManifest: true });
    await world.tick();
    await world.stage({ partition: BETA });
    await world.tick();
    expect(world.ticks.map(({ at }) => at)).toEqual([START + SETTINGS.maxWaitSeconds * 1000, START + QUIET]);
  });

  it('reach a moment beyond what the queue can delay in hops', async () => {
    world.close();
    world = new FinalizerWorld({ maxWaitSeconds: 4000 });
    await world.stage({ awaitsManifest: true });
    await world.tick();
    expect(await world.drain()).toBe(5);
    expect(world.now).toBe(START + 4_000_000);
    expect(world.visible()).toHaveLength(1);
  });
});

describe('a tick when the warehouse is down', () => {
  it.each(['raiseFence', 'published', 'submit'] as const)(
    'throws what %s throws, frees the lease, and does it all when it comes again',
    async (method) => {
      const a = await world.stage();
      world.now += QUIET;
      await expect(world.tick(refusedBy(world, method, new Error('warehouse is suspended')))).rejects.toThrow(
        'suspended',
      );
      expect(isDirty(await world.record())).toBe(true);
      expect((await world.ledger.period(PERIOD)).lease).toBeUndefined();
      world.redeliver();
      await world.drain();
      expect(world.visible()).toEqual(keysOf(a));
      expect(isDirty(await world.record())).toBe(false);
    },
  );
});

describe('a tick when the ledger was restored to an earlier state', () => {
  it('goes on above the epochs that the warehouse has seen, at once, and says so', async () => {
    const a = await world.stage();
    await world.tables.raiseFence(PERIOD, 40);
    world.now += QUIET;
    const startedAt = world.now;
    await world.tick();
    await world.drain();
    expect(world.visible()).toEqual(keysOf(a));
    expect((await world.ledger.period(PERIOD)).epoch).toBeGreaterThan(40);
    expect(world.reported('ledger-behind')).toEqual([
      { what: 'ledger-behind', period: PERIOD, epoch: 1, warehouseEpoch: 40 },
    ]);
    expect(world.now - startedAt).toBeLessThan(LEASE);
  });
});

describe('a tick when the ledger fails as well', () => {
  it('throws what went wrong first, and frees the lease when the first try to free it fails', async () => {
    await world.stage();
    world.now += QUIET;
    let refusals = 1;
    const ledger = intercepted(world.ledger, async (method, call) => {
      if (method === 'releaseLease' && refusals > 0) {
        refusals -= 1;
        throw new Error('disk full');
      }
      return call();
    });
    const broken = refusedBy(world, 'raiseFence', new Error('warehouse is suspended'));
    await expect(world.tick({ ...broken, ledger })).rejects.toThrow('suspended');
    expect((await world.ledger.period(PERIOD)).lease).toBeUndefined();
  });
});

describe('a tick when the warehouse cannot be reached', () => {
  it.each(['raiseFence', 'published', 'register', 'publish', 'submit'] as const)(
    'at %s ends the run without a failure: nobody is blamed, the lease is free, and a tick comes later',
    async (method) => {
      const file = await world.stage();
      world.now += QUIET;
      await world.tick(unreachableFrom(method));
      expect((await world.record()).problem).toBeUndefined();
      expect((await world.ledger.period(PERIOD)).lease).toBeUndefined();
      expect(world.reported('warehouse-unavailable')).toMatchObject([{ period: PERIOD }]);
      expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: world.now + 300_000 }]);
      await world.drain();
      expect(world.visible()).toEqual(keysOf(file));
      expect(isDirty(await world.record())).toBe(false);
    },
  );

  /** From this call on it answers nothing any more. */
  function unreachableFrom(method: 'submit' | keyof Warehouse) {
    let isReachable = true;
    const refuse: Interceptor = (called, call) => {
      isReachable &&= called !== method;
      if (!isReachable) throw new WarehouseUnavailable('no way to Snowflake');
      return call();
    };
    const { script } = world.tables;
    const submits = override(intercepted(script, refuse), { steps: (...asked) => script.steps(...asked) });
    return { warehouse: intercepted(world.tables, refuse), script: submits };
  }
});
