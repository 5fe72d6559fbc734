import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDirty } from '../../../src/ledger/partitionRecord.ts';
import { compareWarehouse } from '../../../src/programs/local/compareWarehouse.ts';
import { FinalizerWorld } from '../../finalize/finalizerWorld.ts';
import { PERIOD } from '../../ledger/records.ts';

let world: FinalizerWorld;
beforeEach(async () => {
  world = new FinalizerWorld();
  await world.stage();
  await world.tickWhenDue();
  expect(isDirty(await world.record())).toBe(false);
});
afterEach(() => world.close());

/** A start whose warehouse has all the rows of what it shows. */
async function compare(): Promise<void> {
  const { ledger, tables } = world;
  const { partition, published } = await world.record();
  await compareWarehouse({
    ledger,
    warehouse: {
      published: (period, payers) => tables.published(period, payers),
      summary: async () => (tables.current.size === 0 ? [] : [{ ...partition, rows: published?.rows ?? 0 }]),
      forget: () => Promise.reject(new Error('no rows were lost')),
    },
    staging: { now: () => world.now, report: (event) => world.events.push(event) },
  });
}

describe('at a start', () => {
  it('nothing is done again while the warehouse shows what the ledger says', async () => {
    await compare();
    expect(isDirty(await world.record())).toBe(false);
    expect(world.reported('warehouse-behind')).toEqual([]);
  });

  it('what the warehouse does not show is published again', async () => {
    world.tables.current.clear();
    await compare();
    expect(world.reported('warehouse-behind')).toMatchObject([{ redo: 'load' }]);
    await world.tickWhenDue();
    expect(world.visible()).toHaveLength(1);
  });

  it('the same set of a run that the ledger does not know is analysed again: nobody knows whether it was', async () => {
    for (const [name, set] of world.tables.current) world.tables.current.set(name, { ...set, epoch: 7 });
    world.tables.analysed.clear();
    await world.ledger.raiseEpoch(PERIOD, 7);
    await compare();
    expect(world.reported('warehouse-behind')).toMatchObject([{ redo: 'analytics' }]);
    await world.tickWhenDue();
    await world.drain();
    expect([...world.tables.analysed.values()]).toEqual([(await world.record()).published?.setId]);
    expect((await world.record()).analysed?.epoch).toBeGreaterThan(7);
  });
});
