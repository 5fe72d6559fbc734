import { describe, expect, it } from 'vitest';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import type { Interceptor } from '../copy/interception.ts';
import { byId, PERIOD } from '../ledger/records.ts';
import { busyWorld, missingFiles, outcomeAfterAnotherRun, PARTITIONS } from './busyWorld.ts';
import { throughInterceptor } from './effects.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

/** Everything that a run must not change any more once a newer one has taken over. */
async function fencedState(world: FinalizerWorld) {
  const { epoch, lease } = await world.ledger.period(PERIOD);
  return structuredClone({
    epoch,
    lease,
    records: await world.ledger.partitions(PERIOD),
    versions: await Promise.all(PARTITIONS.map(async (partition) => byId(await world.ledger.versions(partition)))),
    current: world.tables.current,
    analysed: world.tables.analysed,
    fences: world.tables.fences,
    analytics: await world.ledger.analytics(PERIOD),
    effects: world.tables.script.effects,
  });
}

/**
 * Lets a newer run take over just before the `nth` effect (from 1), and remembers what the world
 * was like then.
 */
function overtakenAt(world: FinalizerWorld, nth: number) {
  const seen: { count: number; until: number; state?: Awaited<ReturnType<typeof fencedState>> } = {
    count: 0,
    until: 0,
  };
  const intercept: Interceptor = async (_, call) => {
    seen.count += 1;
    if (seen.count === nth) {
      seen.until = await world.overtake();
      seen.state = await fencedState(world);
    }
    return call();
  };
  return { intercept, seen };
}

describe('a run that loses its lease before any of its effects', () => {
  it('changes nothing any more, says so, and leaves a tick for the end of the newer lease', async () => {
    let losses = 0;
    let hasHappened = true;
    for (let nth = 1; hasHappened; nth += 1) {
      const world = await busyWorld();
      const { intercept, seen } = overtakenAt(world, nth);
      await world.tick(throughInterceptor(world, intercept));
      hasHappened = seen.count >= nth;
      if (hasHappened) {
        expect({ nth, ...(await fencedState(world)) }).toEqual({ nth, ...seen.state });
        const dirty = (await world.ledger.partitions(PERIOD)).some(isDirty);
        if (dirty) expect(world.ticks).toMatchObject([{ body: { period: PERIOD }, at: seen.until }]);
        losses += world.reported('lease-lost').length;
      }
      world.close();
    }
    expect(losses).toBeGreaterThan(20);
  });

  it('is made up for when the newer run dies as well: the tick that was left finds what is to be done', async () => {
    const undisturbed = await busyWorld();
    await undisturbed.tick();
    const expected = await outcomeAfterAnotherRun(undisturbed);
    undisturbed.close();
    let hasHappened = true;
    for (let nth = 1; hasHappened; nth += 1) {
      const world = await busyWorld();
      const { intercept, seen } = overtakenAt(world, nth);
      await world.tick(throughInterceptor(world, intercept));
      hasHappened = seen.count >= nth;
      await world.drain();
      expect({ nth, ...(await outcomeAfterAnotherRun(world)) }).toEqual({ nth, ...expected });
      expect(await missingFiles(world)).toEqual([]);
      world.close();
    }
  });
});
