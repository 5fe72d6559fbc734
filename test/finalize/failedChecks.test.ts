import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedChecksOf, isDirty } from '../../src/ledger/partitionRecord.ts';
import { CutOff, intercepted } from '../copy/interception.ts';
import { ALPHA, BETA, PERIOD } from '../ledger/records.ts';
import { FAILED_CHECK } from '../simulation/simulatedWarehouse.ts';
import { FinalizerWorld, SETTINGS } from './finalizerWorld.ts';

/** Longer than a message whose work failed takes to come again. */
const BASE_SECONDS = 100;
const MAX_SECONDS = 1000;

let world: FinalizerWorld;
beforeEach(async () => {
  world = new FinalizerWorld({ retryBaseSeconds: BASE_SECONDS, retryMaxSeconds: MAX_SECONDS });
  for (const partition of [ALPHA, BETA]) await world.stage({ partition });
  world.now += SETTINGS.quietSeconds * 1000;
});
afterEach(() => world.close());

const failed = async (partition = ALPHA) => failedChecksOf(await world.record(partition));
const runs = () => world.reported('analytics-done').length;
const failures = () => world.reported('check-failed');
/** The messages that say that a month is finalized. */
const announced = async () => (await world.ledger.outbox()).filter(({ id }) => id.startsWith('finalized/'));

describe('a run of the script in which a check failed', () => {
  it('is done: its months are finalized and announced, and the check is reported, with for how many payers', async () => {
    world.checksFailFor = () => true;
    await world.tick();
    for (const partition of [ALPHA, BETA]) {
      const record = await world.record(partition);
      expect([isDirty(record), record.problem]).toEqual([false, undefined]);
    }
    expect(world.reported('partition-finalized')).toHaveLength(2);
    expect(await announced()).toHaveLength(2);
    expect(failures()).toEqual([
      {
        what: 'check-failed',
        period: PERIOD,
        run: 1,
        payers: 2,
        code: '100038',
        ...FAILED_CHECK,
      },
    ]);
    expect(await failed()).toEqual({
      names: [FAILED_CHECK.check],
      reason: FAILED_CHECK.reason,
      attempts: 1,
      retryAt: world.now + BASE_SECONDS * 1000,
    });
  });

  it('is followed by another at growing intervals up to the longest, which announces nothing again', async () => {
    world.checksFailFor = () => true;
    await world.tick();
    const before = world.now;
    for (let attempts = 2; attempts <= 6; attempts += 1) {
      const [next] = world.ticks.toSorted((a, b) => a.at - b.at);
      if (!next) throw new Error('nothing wakes the period');
      await world.drain(next.at);
      while ((await failed())?.attempts !== attempts) await world.drain((world.ticks[0]?.at ?? 0) + 1);
    }
    expect(world.now - before).toBeGreaterThanOrEqual((100 + 200 + 400 + 800 + 1000) * 1000);
    expect((await failed())?.retryAt).toBeLessThanOrEqual(world.now + MAX_SECONDS * 1000);
    world.checksFailFor = () => false;
    await world.drain();
    expect([await failed(), await failed(BETA)]).toEqual([undefined, undefined]);
    expect(world.reported('partition-finalized')).toHaveLength(2);
    expect(await announced()).toHaveLength(2);
    const count = runs();
    world.now += 10 * MAX_SECONDS * 1000;
    await world.tick();
    expect(runs()).toBe(count);
  });

  it('of one payer’s data costs the other its findings no longer than two runs', async () => {
    world.checksFailFor = (payer) => payer === BETA.payer;
    await world.tick();
    expect((await failed())?.attempts).toBe(1);
    while (world.ticks.length > 0 && runs() < 8) await world.drain(world.ticks[0]?.at);
    expect(await failed()).toBeUndefined();
    expect((await failed(BETA))?.attempts).toBeGreaterThan(2);
  });

  it('begins anew with the shortest interval where the month is published anew, and is announced', async () => {
    world.checksFailFor = () => true;
    await world.tick();
    while ((await failed())?.attempts !== 3) await world.drain(world.ticks[0]?.at);
    await world.stage({ partition: ALPHA, key: 'newer' });
    while (world.reported('partition-finalized').length < 3) await world.drain(world.ticks[0]?.at);
    expect((await failed())?.attempts).toBe(1);
    expect((await failed(BETA))?.attempts).toBeGreaterThanOrEqual(3);
    expect(await announced()).toHaveLength(3);
  });

  it('is tried again also where its partition was put together anew meanwhile, and came out the same', async () => {
    world.checksFailFor = () => true;
    await world.tick();
    await world.ledger.reopen(ALPHA, { by: 'somebody', forgetDeliveries: false }, world.now);
    await world.tickWhenDue();
    expect(await failed()).toBeDefined();
    world.checksFailFor = () => false;
    await world.drain();
    expect(await failed()).toBeUndefined();
  });

  it('that was cut off before all of it was written down is not run twice for that', async () => {
    world.checksFailFor = () => true;
    let commits = 0;
    const dying = intercepted(world.ledger, (method, call) => {
      if (method === 'commit' && world.reported('check-failed').length > 0) {
        commits += 1;
        if (commits === 2) throw new CutOff();
      }
      return call();
    });
    await world.tick({ ledger: dying }).catch(() => world.redeliver());
    const effects = () => [...world.tables.script.effects.values()];
    const [once, before] = [effects(), world.now];
    while (world.ticks.length > 0 && runs() < 2) await world.drain(world.ticks[0]?.at);
    expect(world.now).toBeGreaterThan(before);
    expect(effects()).toEqual(once);
    expect([(await failed())?.attempts, (await failed(BETA))?.attempts]).toEqual([1, 1]);
    expect(await announced()).toHaveLength(2);
    world.checksFailFor = () => false;
    await world.drain();
    expect([await failed(), await failed(BETA)]).toEqual([undefined, undefined]);
  });
});
