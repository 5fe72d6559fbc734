import { describe, expect, it } from 'vitest';
import { CutOff, type Interceptor } from '../staging/interception.ts';
import { busyWorld, missingFiles, outcomeAfterAnotherRun, outcomeOf, PARTITIONS } from './busyWorld.ts';
import { throughInterceptor } from './effects.ts';

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

/** What the run comes to when nothing disturbs it, and how many effects it has. */
async function undisturbed() {
  const world = await busyWorld();
  const visible = () => PARTITIONS.map((partition) => world.visible(partition));
  const before = visible();
  let effects = 0;
  const intercept: Interceptor = (_, call) => {
    effects += 1;
    return call();
  };
  await world.tick(throughInterceptor(world, intercept));
  const after = visible();
  const answer = {
    effects,
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
    const { effects, outcome, later } = await undisturbed();
    expect(outcome.partitions.map(({ dirty }) => dirty)).toEqual([false, false, false]);
    expect(outcome.partitions.map(({ visible }) => visible?.length)).toEqual([2, 2, undefined]);
    expect([outcome.requested, outcome.ticks]).toEqual([true, []]);
    expect(later.statuses.filter(({ status }) => status === 'removed')).toHaveLength(2);
    expect(effects).toBeGreaterThan(30);
  });

  it.each([
    ['dies after any of its effects', dies],
    ['is refused any of its effects', isRefused],
    ['loses the answer to any of its effects', losesAnAnswer],
  ])('that %s ends in the same state when its tick comes again', async (_, disturb) => {
    const expected = await undisturbed();
    for (let nth = 1; nth <= expected.effects; nth += 1) {
      const world = await busyWorld();
      await world.tick(throughInterceptor(world, disturb(nth))).catch(() => world.redeliver());
      PARTITIONS.forEach((partition, index) => {
        expect([expected.before[index], expected.after[index]]).toContainEqual(world.visible(partition));
      });
      await world.drain();
      expect({ nth, ...(await outcomeOf(world)) }).toEqual({ nth, ...expected.outcome });
      expect({ nth, ...(await outcomeAfterAnotherRun(world)) }).toEqual({ nth, ...expected.later });
      expect(await missingFiles(world)).toEqual([]);
      world.close();
    }
  });
});
