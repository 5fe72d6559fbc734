import { afterEach, describe, expect, it } from 'vitest';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { problemsOf } from '../../src/ledger/problems.ts';
import { PERIOD } from '../ledger/records.ts';
import { PROD } from '../virtualTime/deployed.ts';
import { type Behaviour, LambdaWorld } from './lambdaWorld.ts';

const worlds: LambdaWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

async function worldOf(payers: number, behaviour?: Partial<Behaviour>): Promise<LambdaWorld> {
  const world = await LambdaWorld.withPayers(payers, behaviour);
  worlds.push(world);
  return world;
}

/** What no invocation may do: be killed, or leave a message that nobody can work on. */
const NOTHING_LOST = { killed: 0, deadLetters: 0 };

const recordsOf = (world: LambdaWorld) => world.base.ledger.partitions(PERIOD);

describe('more payers due at once than one invocation can register and audit', () => {
  it('are all published: 230 of them, at 8 s each', async () => {
    const world = await worldOf(230);
    await world.play(48, () => world.published === 230);
    expect(world).toMatchObject({ published: 230, ...NOTHING_LOST });
  });

  it('are all published within 90 minutes: 2,000 of them, at 8 s each, with the settings of prod', async () => {
    const world = await worldOf(2000);
    await world.play(3, () => world.published === 2000);
    expect(world).toMatchObject({ published: 2000, ...NOTHING_LOST });
    expect(world.lastPublishedMinutes).toBeLessThan(90);
  });

  it('are analysed by few runs of the script, which hold no publish up', async () => {
    const world = await worldOf(1000, { stepSeconds: 600 });
    await world.play(5);
    expect(world.lastPublishedMinutes).toBeLessThan(45);
    expect(world.base.reported('analytics-started').length).toBeLessThanOrEqual(6);
    expect((await recordsOf(world)).filter(isDirty)).toEqual([]);
    expect(world).toMatchObject(NOTHING_LOST);
  });
});

describe('a payer whose statements never end', () => {
  it('of three does not keep the two others from being published within their own budgets', async () => {
    const world = await worldOf(3, { hangs: (payer) => payer.endsWith('1') });
    await world.play(24);
    expect(world).toMatchObject({ published: 2, ...NOTHING_LOST });
    expect(world.lastPublishedMinutes * 60).toBeLessThan(2 * PROD.partitionSeconds);
  });

  it('is recorded as failed and tried again at growing intervals', async () => {
    const world = await worldOf(1, { hangs: () => true });
    await world.play(24);
    const [record] = await recordsOf(world);
    const [problem] = record ? problemsOf(record) : [];
    expect(problem?.message).toContain('were cancelled');
    // Twelve hours of an attempt an hour, after the first ones in quick succession.
    expect(problem?.attempts).toBeGreaterThan(12);
    expect(problem?.attempts).toBeLessThan(40);
  });

  it('is worked on after the others from its second time on, also where many hang', async () => {
    const world = await worldOf(300, { hangs: (payer) => payer.endsWith('7') });
    await world.play(24, () => world.published === 270);
    expect(world).toMatchObject({ published: 270, ...NOTHING_LOST });
    expect(world.lastPublishedMinutes).toBeLessThan(60);
  });
});

describe('a warehouse that is out for twelve hours', () => {
  it.each(['refusing', 'hanging'] as const)(
    '%s everything, is worked off afterwards, and no payer is blamed',
    async (state) => {
      const world = await worldOf(500, { stateAt: (hours) => (hours > 0.05 && hours < 12 ? state : 'well') });
      await world.play(11);
      expect((await recordsOf(world)).flatMap(problemsOf)).toEqual([]);
      expect(world.published).toBeLessThan(250);
      await world.play(14, () => world.published === 500);
      expect(world).toMatchObject({ published: 500, ...NOTHING_LOST });
      expect(world.lastPublishedMinutes).toBeLessThan((12 + 1) * 60);
      expect(
        world.base.reported('verification-failed').length + world.base.reported('registration-failed').length,
      ).toBe(0);
      // One every two minutes: nobody asks in a loop.
      expect(world.invocations).toBeLessThan(14 * 45);
    },
  );
});
