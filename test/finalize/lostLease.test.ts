import { describe, expect, it } from 'vitest';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import type { Interceptor } from '../copy/interception.ts';
import { PERIOD } from '../ledger/records.ts';
import { busyWorld, missingFiles, outcomeAfterAnotherRun } from './busyWorld.ts';
import { throughInterceptor } from './effects.ts';
import { fencedState } from './fencedState.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

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
