import { afterEach, describe, expect, it } from 'vitest';
import type { Payer } from '../../src/billing/payer.ts';
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

const isEveryThird = (payer: Payer) => Number(payer) % 3 === 0;
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

  it('is worked on after the others, also where many hang', async () => {
    const world = await worldOf(300, { hangs: (payer) => payer.endsWith('7') });
    await world.play(24, () => world.published === 270);
    expect(world).toMatchObject({ published: 270, ...NOTHING_LOST });
    expect(world.lastPublishedMinutes).toBeLessThan(60);
  });

  it('takes little of the time of the others: with every third of 2,000 they are published within 90 minutes', async () => {
    const world = await worldOf(2000, { hangs: isEveryThird });
    await world.play(24, () => world.published === 1334);
    expect(world).toMatchObject({ published: 1334, ...NOTHING_LOST });
    expect(world.lastPublishedMinutes).toBeLessThan(90);
  });

  it('is no failure before it has used up its whole budget', async () => {
    const world = await worldOf(1, { hangs: () => true });
    await world.play(1, () => world.base.reported('registration-failed').length > 0);
    expect(world.base.reported('partition-postponed')).toMatchObject([{ nextSeconds: 90 }, { nextSeconds: 240 }]);
    const [problem] = (await recordsOf(world)).flatMap(problemsOf);
    expect(problem).toMatchObject({ what: 'registration-failed', attempts: 1 });
    expect(problem?.message).toContain(`${PROD.partitionSeconds} s`);
  });

  it('keeps those who come while it is worked on waiting for one budget at most, also where many hang', async () => {
    const world = await worldOf(300, { hangs: (payer) => Number(payer) % 2 === 0 });
    await world.play(4);
    const runs = world.base.reported('run-started').length;
    await world.play(5, () => world.base.reported('run-started').length > runs);
    const late = world.partitions.filter(({ payer }) => Number(payer) % 2 === 1);
    for (const partition of late) await world.deliver(partition, 'second');
    const deliveredAt = world.hours;
    const published = () => world.base.reported('partition-published').length;
    await world.play(9, () => published() === 2 * late.length);
    const ownSeconds = (late.length / PROD.finalizeStatements) * 8;
    expect((world.hours - deliveredAt) * 3600).toBeLessThan(PROD.partitionSeconds + ownSeconds + 60);
  });
});

describe('a payer whose data take 200 s', () => {
  const isSlow = (payer: Payer) => (isEveryThird(payer) ? 196 : 4);

  it('is published within minutes where it is alone', async () => {
    const world = await worldOf(1, { registerSeconds: () => 196 });
    await world.play(24, () => world.published === 1);
    expect(world.published).toBe(1);
    expect(world.lastPublishedMinutes).toBeLessThan(8);
  });

  it('is published after the others, where every third is such a one', async () => {
    const world = await worldOf(300, { registerSeconds: isSlow });
    await world.play(24, () => world.published === 200);
    expect(world.lastPublishedMinutes).toBeLessThan(15);
    await world.play(24, () => world.published === 300);
    expect(world).toMatchObject({ published: 300, ...NOTHING_LOST });
    expect(world.base.reported('registration-failed')).toEqual([]);
  });

  it('has the time that it needs at once for its next delivery', async () => {
    const world = await worldOf(1, { registerSeconds: () => 196 });
    await world.play(1);
    const postponed = world.base.reported('partition-postponed').length;
    const [partition] = world.partitions;
    if (partition) await world.deliver(partition, 'second');
    await world.play(2);
    expect((await recordsOf(world)).filter(isDirty)).toEqual([]);
    expect(world.base.reported('partition-published')).toHaveLength(2);
    expect(world.base.reported('partition-postponed')).toHaveLength(postponed);
  });

  it('begins with a short slice again once one is enough', async () => {
    let seconds = 196;
    const world = await worldOf(1, { registerSeconds: () => seconds });
    await world.play(1);
    expect(await recordsOf(world)).toMatchObject([{ sliceSeconds: 240 }]);
    seconds = 4;
    const [partition] = world.partitions;
    if (partition) await world.deliver(partition, 'second');
    await world.play(2);
    expect((await recordsOf(world)).map(({ sliceSeconds }) => sliceSeconds)).toEqual([undefined]);
  });
});

describe('a warehouse that is out for twelve hours', () => {
  it.each(['refusing', 'hanging'] as const)(
    '%s everything, is worked off afterwards, and no payer is blamed',
    async (state) => {
      const world = await worldOf(500, { stateAt: (hours) => (hours > 0.05 && hours < 12 ? state : 'well') });
      await world.play(11);
      expect((await recordsOf(world)).flatMap(problemsOf)).toEqual([]);
      expect(world.base.reported('partition-postponed')).toEqual([]);
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
