import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import { override } from '../simulation/observed.ts';
import { VirtualClock } from '../virtualTime/virtualClock.ts';
import { fencedState } from './fencedState.ts';
import { FinalizerWorld, keysOf } from './finalizerWorld.ts';

const BUDGET_SECONDS = 240;
/** Long after the budget is used up, and after the next run. */
const LATE_SECONDS = 2000;

let world: FinalizerWorld;
let clock: VirtualClock;
let asked: string[];
beforeEach(() => {
  world = new FinalizerWorld({ partitionSeconds: BUDGET_SECONDS });
  clock = new VirtualClock(world);
  asked = [];
});
afterEach(() => world.close());

/** A warehouse in which one kind of statement takes long, and goes on when it is cancelled. */
function slowAt(slow: 'register' | 'audit' | 'publish'): Warehouse {
  const { tables } = world;
  const runs = async <Answer>(what: string, statement: () => Promise<Answer>) => {
    asked.push(what);
    if (what === slow) await clock.sleep(LATE_SECONDS);
    return statement();
  };
  return override<Warehouse>(tables, {
    register: (partition, files) => runs('register', () => tables.register(partition, files)),
    audit: (partition, files) => runs('audit', () => tables.audit(partition, files)),
    publish: (period, epoch, publications) => runs('publish', () => tables.publish(period, epoch, publications)),
  });
}

/** A run over what is due, until it has given the slow statement up. */
async function runUntilGivenUp(slow: 'register' | 'audit' | 'publish'): Promise<void> {
  world.now += world.settings.maxWaitSeconds * 1000;
  const run = world.tick({ warehouse: slowAt(slow), setTimer: clock.setTimer });
  await clock.play(world.now + (BUDGET_SECONDS + 1) * 1000);
  await run;
}

const untilItEnds = () => clock.play(world.now + LATE_SECONDS * 1000);

describe('a statement that was given up and ends all the same', () => {
  it.each([
    ['register', ['register']],
    ['audit', ['register', 'audit']],
  ] as const)('changes nothing when it is of a partition: %s', async (slow, statements) => {
    await world.stage();
    await runUntilGivenUp(slow);
    expect(world.reported('partition-postponed')).toHaveLength(1);
    const before = await fencedState(world);
    await untilItEnds();
    expect(world.tables.registered.size).toBe(1);
    expect(await fencedState(world)).toEqual(before);
    expect(asked).toEqual(statements);
    expect(world.reported('rows-verified')).toEqual([]);
  });

  it('is fenced off when it publishes after a newer run', async () => {
    await world.stage({ key: 'a', etag: 'e1' });
    await runUntilGivenUp('publish');
    expect((await world.record()).problem?.message).toMatch(/a publish did not end within 240 s$/);
    const newer = await world.stage({ key: 'a', etag: 'e2' });
    await world.tickWhenDue();
    const before = await fencedState(world);
    await untilItEnds();
    expect(world.visible()).toEqual(keysOf(newer));
    expect(await fencedState(world)).toEqual(before);
  });

  it('is found by the next run when it publishes before that, which does not publish again', async () => {
    const file = await world.stage();
    await runUntilGivenUp('publish');
    const before = await world.record();
    expect(before.published).toBeUndefined();
    await untilItEnds();
    expect(world.visible()).toEqual(keysOf(file));
    expect(await world.record()).toEqual(before);
    await world.tick({ warehouse: slowAt('publish') });
    expect(asked.filter((what) => what === 'publish')).toHaveLength(1);
    const after = await world.record();
    expect(after).toMatchObject({ published: { epoch: 1 } });
    expect(isDirty(after)).toBe(false);
  });
});
