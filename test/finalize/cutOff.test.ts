import { describe, expect, it } from 'vitest';
import { CutOff, type Interceptor } from '../copy/interception.ts';
import { busyWorldAt, missingFiles, outcomeAfterAnotherRun, outcomeOf, PARTITIONS, type Pace } from './busyWorld.ts';
import { throughInterceptor } from './effects.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

/** How a run is disturbed at its `nth` effect (from 1). */
type Disturb = (nth: number) => Interceptor;

/** The process dies when the effect has happened: nothing more of it ever happens. */
const dies: Disturb = (nth) => {
  let count = 0;
  return async (method, call) => {
    count += 1;
    if (count > nth) throw new CutOff(`dead before ${method}`);
    const answer = await call();
    if (count === nth) throw new CutOff(`died after ${method}`);
    return answer;
  };
};

/** One call fails before it has an effect; the process lives on. */
const isRefused: Disturb = (nth) => {
  let count = 0;
  return async (method, call) => {
    count += 1;
    if (count === nth) throw new CutOff(`${method} was refused`);
    return call();
  };
};

/** One call has its effect and then fails: its answer is lost; the process lives on. */
const losesAnAnswer: Disturb = (nth) => {
  let count = 0;
  return async (method, call) => {
    count += 1;
    const isLost = count === nth;
    const answer = await call();
    if (isLost) throw new CutOff(`the answer of ${method} was lost`);
    return answer;
  };
};

const AT_ONCE: Pace = { stepSeconds: 0, handOnAfterSeconds: Number.POSITIVE_INFINITY };
const HANDED_ON: Pace = { stepSeconds: 50, handOnAfterSeconds: 40 };

/** How often each step of the script took effect. */
function effectsOf(world: FinalizerWorld): readonly number[] {
  return [...world.tables.script.effects.values()];
}

/** The files that anybody sees: what is hidden is forgotten as well, before analytics have run. */
function shownTo(world: FinalizerWorld): readonly string[] {
  return PARTITIONS.flatMap((partition) => world.visible(partition) ?? []).sort();
}

/** What the run comes to when nothing disturbs it, and how many effects it has. */
async function undisturbed(pace: Pace) {
  const world = await busyWorldAt(pace);
  const visible = () => PARTITIONS.map((partition) => world.visible(partition));
  const before = visible();
  let effects = 0;
  const intercept: Interceptor = (_, call) => {
    effects += 1;
    return call();
  };
  await world.tick(throughInterceptor(world, intercept));
  const inOneTick = world.ticks.length === 0;
  await world.drain();
  const after = visible();
  const answer = {
    effects,
    inOneTick,
    handedOn: world.reported('analytics-handed-on').length,
    before,
    after,
    outcome: await outcomeOf(world),
    later: await outcomeAfterAnotherRun(world),
  };
  world.close();
  return answer;
}

describe('a run with every kind of work', () => {
  it('does it all at once when nothing disturbs it', async () => {
    const { effects, inOneTick, outcome, later } = await undisturbed(AT_ONCE);
    expect(inOneTick).toBe(true);
    expect(outcome.partitions.map(({ dirty }) => dirty)).toEqual([false, false, false]);
    expect(outcome.partitions.map(({ visible }) => visible?.length)).toEqual([2, 2, undefined]);
    expect([outcome.requested, outcome.ticks]).toEqual([true, []]);
    expect(later.statuses.filter(({ status }) => status === 'removed')).toHaveLength(2);
    expect(effects).toBeGreaterThan(30);
  });

  it('is handed on when the steps of its script take longer than an invocation may wait', async () => {
    const { inOneTick, handedOn, outcome } = await undisturbed(HANDED_ON);
    expect(inOneTick).toBe(false);
    expect(handedOn).toBeGreaterThan(2);
    expect(outcome.partitions.map(({ dirty }) => dirty)).toEqual([false, false, false]);
  });

  const disturbances = [
    ['dies after any of its effects', dies],
    ['is refused any of its effects', isRefused],
    ['loses the answer to any of its effects', losesAnAnswer],
  ] as const;
  const paces = [
    ['a short script', AT_ONCE],
    ['a script that is handed on', HANDED_ON],
  ] as const;

  it.each(
    disturbances.flatMap(([what, disturb]) => paces.map(([which, pace]) => [which, what, disturb, pace] as const)),
  )('with %s that %s ends in the same state when its tick comes again', async (_which, _what, disturb, pace) => {
    const expected = await undisturbed(pace);
    for (let nth = 1; nth <= expected.effects; nth += 1) {
      const world = await busyWorldAt(pace);
      await world.tick(throughInterceptor(world, disturb(nth))).catch(() => world.redeliver());
      PARTITIONS.forEach((partition, index) => {
        expect([expected.before[index], expected.after[index]]).toContainEqual(world.visible(partition));
      });
      await world.drain();
      expect({ nth, twice: effectsOf(world).filter((times) => times !== 1) }).toEqual({ nth, twice: [] });
      expect({ nth, ...(await outcomeOf(world)) }).toEqual({ nth, ...expected.outcome });
      expect({ nth, registered: [...world.tables.registered.keys()].sort() }).toEqual({
        nth,
        registered: shownTo(world),
      });
      expect({ nth, ...(await outcomeAfterAnotherRun(world)) }).toEqual({ nth, ...expected.later });
      expect(await missingFiles(world)).toEqual([]);
      world.close();
    }
  });
});
