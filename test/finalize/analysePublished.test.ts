import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import type { FinalizeServices } from '../../src/finalize/services.ts';
import { isDirty } from '../../src/ledger/partitionRecord.ts';
import { CutOff, intercepted } from '../copy/interception.ts';
import { ALPHA, BETA, PERIOD } from '../ledger/records.ts';
import { override } from '../simulation/observed.ts';
import { FinalizerWorld, keysOf, SETTINGS, type TickParts } from './finalizerWorld.ts';

const MINUTE = 60;

let world: FinalizerWorld;
beforeEach(() => {
  world = new FinalizerWorld({ maxWaitSeconds: 60 * MINUTE });
});
afterEach(() => world.close());

/** An invocation with so much time left. */
const within = (seconds: number): TickParts => ({ yieldAt: world.now + seconds * 1000 });
const analytics = () => world.ledger.analytics(PERIOD);
const script = () => world.tables.script;
const effectsOf = (run: number) => [1, 3, 6].map((step) => script().effects.get(`${PERIOD}:${run}:${step}`));
const submissions = (parts: TickParts) => {
  const submitted: string[] = [];
  const counting = intercepted(script(), (method, call) => {
    if (method === 'submit') submitted.push(method);
    return call();
  });
  return { parts: { ...parts, script: counting }, submitted };
};

/**
 * One invocation after the other, each as soon as the tick before asks for it, until nothing is
 * left to do.
 */
async function invocations(seconds: number): Promise<number> {
  for (let count = 1; count < 100; count += 1) {
    world.ticks = [];
    await world.tick(within(seconds));
    const [next] = world.ticks;
    if (!next) return count;
    world.now = Math.max(world.now, next.at);
  }
  throw new Error('it never ends');
}

describe('a script of forty minutes', () => {
  beforeEach(async () => {
    world.stepSeconds = 14 * MINUTE;
    await world.stage();
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('ends over several invocations of fifteen minutes, each step having run once', async () => {
    const count = await invocations(13 * MINUTE);
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThan(8);
    expect(effectsOf(1)).toEqual([1, 1, 1]);
    expect(isDirty(await world.record())).toBe(false);
    expect(await analytics()).toMatchObject({ run: 1, status: 'done', stepsDone: 3, steps: 3 });
    expect(world.reported('analytics-done')).toHaveLength(1);
    expect(world.reported('analytics-handed-on')).toHaveLength(count - 1);
  });

  it('is recorded in the ledger, step by step, and the data is published meanwhile', async () => {
    await world.tick(within(20 * MINUTE));
    expect(world.visible()).toHaveLength(1);
    expect(await analytics()).toMatchObject({
      status: 'running',
      stepsDone: 1,
      inFlight: { number: 3, queryId: 'query-2' },
      members: [{ payer: ALPHA.payer, publishedEpoch: 1 }],
    });
    const record = await world.record();
    expect([record.changes, record.settledChanges, isDirty(record)]).toEqual([1, 1, true]);
  });

  it('is not waited for when another payer’s data is due: that is published at once, and the script goes on', async () => {
    await world.tick(within(MINUTE));
    const other = await world.stage({ partition: BETA });
    world.now += SETTINGS.quietSeconds * 1000;
    const start = world.now;
    await world.tick(within(13 * MINUTE));
    expect(world.visible(BETA)).toEqual(keysOf(other));
    expect(script().running).toEqual([`${PERIOD}:1:1`]);
    const late = await world.stage({ partition: BETA, key: 'b', etag: 'e2' });
    const sleeps: number[] = [];
    const sleep = async (seconds: number) => {
      sleeps.push(seconds);
      world.now += seconds * 1000;
    };
    await world.tick({ ...within(13 * MINUTE), sleep });
    expect(sleeps.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThan(SETTINGS.quietSeconds + 31);
    expect(world.now - start).toBeLessThan(14 * MINUTE * 1000);
    await invocations(13 * MINUTE);
    expect(world.visible(BETA)).toEqual(keysOf(other, late));
    expect(effectsOf(1)).toEqual([1, 1, 1]);
    for (const partition of [ALPHA, BETA]) expect(isDirty(await world.record(partition))).toBe(false);
  });
});

describe('a run of the script', () => {
  beforeEach(async () => {
    world.stepSeconds = 5 * MINUTE;
    await world.stage();
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('is cancelled when all that it looks at was published anew, and a new one begins', async () => {
    await world.tick(within(MINUTE));
    await world.stage({ etag: 'e2' });
    world.now += SETTINGS.quietSeconds * 1000;
    await world.tick(within(MINUTE));
    expect(world.reported('analytics-cancelled')).toMatchObject([
      { run: 1, reason: 'everything that it looks at was published anew' },
    ]);
    expect(script().running).toEqual([`${PERIOD}:2:1`]);
    await invocations(13 * MINUTE);
    expect([effectsOf(1), effectsOf(2)]).toEqual([
      [undefined, undefined, undefined],
      [1, 1, 1],
    ]);
  });

  it('goes on when it is older than the maximum wait: else constant change would never let one end', async () => {
    world.stepSeconds = 50 * MINUTE;
    await world.tick(within(MINUTE));
    world.now += 61 * MINUTE * 1000;
    await world.stage({ etag: 'e2' });
    world.now += SETTINGS.quietSeconds * 1000;
    await world.tick(within(MINUTE));
    expect(world.reported('analytics-cancelled')).toEqual([]);
    await invocations(13 * MINUTE);
    expect(effectsOf(1)).toEqual([1, 1, 1]);
    expect((await analytics())?.run).toBeGreaterThan(1);
    expect(isDirty(await world.record())).toBe(false);
  });

  it('is given up when the warehouse has seen a newer one that the ledger does not know, as after a restore', async () => {
    await world.tick(within(MINUTE));
    script().fences.set(PERIOD, 7);
    await world.ledger.raiseEpoch(PERIOD, 7);
    await invocations(13 * MINUTE);
    expect(world.reported('analytics-cancelled')).toMatchObject([
      { run: 1, reason: 'the warehouse has seen run 7, which the ledger does not know' },
    ]);
    expect(await analytics()).toMatchObject({ status: 'done' });
    expect(isDirty(await world.record())).toBe(false);
  });

  it('is cancelled when the script has changed', async () => {
    await world.tick(within(MINUTE));
    script().statements = ['create table c', ...script().statements];
    await world.tick(within(MINUTE));
    expect(world.reported('analytics-cancelled')).toMatchObject([{ run: 1, reason: 'the script has changed' }]);
    await invocations(13 * MINUTE);
    expect(await analytics()).toMatchObject({ status: 'done', steps: 4 });
  });

  it('that died before it knew its query id finds the query again, and submits nothing twice', async () => {
    const dying = intercepted(script(), async (method, call) => {
      const answer = await call();
      if (method === 'submit') throw new CutOff('the answer was lost');
      return answer;
    });
    const engine = { ...within(13 * MINUTE), script: keepingSteps(dying) };
    await expect(world.tick(engine)).rejects.toThrow(CutOff);
    expect((await analytics())?.inFlight).not.toHaveProperty('queryId');
    world.now += SETTINGS.leaseSeconds * 1000;
    const { parts, submitted } = submissions(within(MINUTE));
    await world.tick({ ...parts, script: keepingSteps(parts.script) });
    expect(submitted).toEqual([]);
    expect((await analytics())?.inFlight?.queryId).toBe('query-1');
    await invocations(13 * MINUTE);
    expect(effectsOf(1)).toEqual([1, 1, 1]);
  });

  it('whose submission is sought looks no longer than the warehouse may keep silent, though the clock is set back', async () => {
    const dying = intercepted(script(), async (method, call) => {
      if (method === 'submit') throw new CutOff('it was never sent');
      return call();
    });
    await expect(world.tick({ script: keepingSteps(dying) })).rejects.toThrow(CutOff);
    await world.tick(within(1));
    expect((await analytics())?.inFlight).toMatchObject({ searchingSince: world.now });
    world.now -= 24 * 60 * MINUTE * 1000;
    await world.tick(within(1));
    world.now += script().visibleWithinSeconds * 1000;
    await world.tick(within(1));
    expect(script().running).toEqual([`${PERIOD}:1:1`]);
  });

  it('goes on when it was begun before the clock was set back: nobody knows how old it is', async () => {
    await world.tick(within(MINUTE));
    world.now -= 24 * 60 * MINUTE * 1000;
    await world.stage({ etag: 'e2', lastModified: world.now + 25 * 60 * MINUTE * 1000 });
    world.now += SETTINGS.quietSeconds * 1000;
    await world.tick(within(MINUTE));
    expect(world.visible()).toHaveLength(1);
    expect(world.reported('analytics-cancelled')).toEqual([]);
  });

  const keepingSteps = (engine: FinalizeServices['script']): FinalizeServices['script'] => ({
    visibleWithinSeconds: engine.visibleWithinSeconds,
    steps: (period, payers) => script().steps(period, payers),
    submit: (run, step) => engine.submit(run, step),
    look: (run, step, queryId) => engine.look(run, step, queryId),
    cancel: (run, number, queryId) => engine.cancel(run, number, queryId),
  });
});

describe('a step that fails by no fault of its own', () => {
  const LOCKED = { code: '000628', message: 'Lock timeout', isTransient: true };

  /** The second step fails so often before it is submitted for good. */
  function lockedFor(times: number) {
    const attempts: (number | undefined)[] = [];
    const submit: FinalizeServices['script']['submit'] = async (run, step) => {
      if (step.number !== 3) return script().submit(run, step);
      attempts.push(run.attempt);
      return attempts.length > times ? script().submit(run, step) : { is: 'failed', failure: LOCKED };
    };
    return { attempts, parts: { script: override(script(), { submit }) } };
  }

  beforeEach(async () => {
    world.stepSeconds = MINUTE;
    await world.stage();
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('is submitted again, each time under another name and later, and nobody is alarmed', async () => {
    const { attempts, parts } = lockedFor(3);
    await world.tick({ ...parts, ...within(20 * MINUTE) });
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect(await analytics()).toMatchObject({ run: 1, status: 'done', stepsDone: 3 });
    expect(await analytics()).not.toHaveProperty('failedAttempts');
    expect(effectsOf(1)).toEqual([1, 1, 1]);
    expect((await world.record()).problem).toBeUndefined();
    expect(world.reported('analytics-repeated')).toMatchObject([
      { attempts: 1, reason: '000628: Lock timeout' },
      { attempts: 2 },
      { attempts: 3 },
    ]);
  });

  it('is submitted again by the next invocation when there is no time to wait', async () => {
    const { attempts, parts } = lockedFor(1);
    await world.tick({ ...parts, ...within(MINUTE + 10) });
    expect(await analytics()).toMatchObject({ status: 'running', stepsDone: 1, failedAttempts: 1 });
    await world.tick({ ...parts, ...within(20 * MINUTE) });
    expect(attempts).toEqual([1, 2]);
    expect(await analytics()).toMatchObject({ run: 1, status: 'done' });
  });

  it('has failed like any other after the fifth time', async () => {
    const { attempts, parts } = lockedFor(5);
    await world.tick({ ...parts, ...within(60 * MINUTE) });
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(await analytics()).toMatchObject({ status: 'failed', stepsDone: 1, failure: LOCKED });
    expect((await world.record()).problem).toMatchObject({ what: 'analytics-failed', attempts: 1 });
  });
});

describe('a step that fails', () => {
  beforeEach(async () => {
    world.stepSeconds = MINUTE;
    await world.stage();
    world.now += SETTINGS.quietSeconds * 1000;
    let looked = 0;
    const failingAtSecond = intercepted(script(), (method, call) => {
      if (method === 'submit') looked += 1;
      world.analyticsFail = looked === 2;
      return call();
    });
    await world.tick({ script: failingAtSecond });
    world.analyticsFail = false;
  });

  it('is recorded with its code and words, and where it stood', async () => {
    expect(await analytics()).toMatchObject({
      run: 1,
      status: 'failed',
      stepsDone: 1,
      failure: { code: '100038', message: 'Numeric value is not recognized', queryId: 'query-2' },
    });
    expect((await world.record()).problem).toMatchObject({ what: 'analytics-failed', attempts: 1 });
  });

  it('is where the next run begins: what took effect before it is not done twice', async () => {
    await world.drain();
    expect(effectsOf(1)).toEqual([1, undefined, undefined]);
    expect(effectsOf(2)).toEqual([undefined, 1, 1]);
    expect(isDirty(await world.record())).toBe(false);
  });

  it('is of no consequence for the next run when its payer’s month was published anew: that begins at the beginning', async () => {
    await world.stage({ etag: 'e2' });
    world.now += SETTINGS.quietSeconds * 1000;
    await world.drain();
    expect((await analytics())?.status).toBe('done');
    expect([...script().effects.values()]).toEqual([1, 1, 1, 1]);
  });
});

describe('one payer’s data that the script stumbles over', () => {
  it('does not keep the others’ findings for good, nor those of payers that come later', async () => {
    const GAMMA = { ...ALPHA, payer: parsePayer('333333333333') };
    world.stumblesOver = BETA.payer;
    for (const partition of [ALPHA, BETA]) await world.stage({ partition });
    world.now += SETTINGS.quietSeconds * 1000;
    await world.tick();
    await world.stage({ partition: GAMMA });
    await world.drain(world.now + 60 * MINUTE * 1000);
    for (const partition of [ALPHA, GAMMA]) expect(isDirty(await world.record(partition))).toBe(false);
    const { problem } = await world.record(BETA);
    expect(problem?.what).toBe('analytics-failed');
    expect(problem?.attempts).toBeGreaterThan(2);
    world.stumblesOver = undefined;
    await world.drain();
    expect(isDirty(await world.record(BETA))).toBe(false);
  });
});

describe('totals that the warehouse cannot give', () => {
  const GAMMA = { ...ALPHA, payer: parsePayer('333333333333') };
  /** A warehouse whose totals throw when they are asked for one of these payers. */
  const failingFor = (...payers: readonly Payer[]) =>
    override<FinalizeServices['warehouse']>(world.tables, {
      totals: async (period, asked) => {
        if (asked.some((payer) => payers.includes(payer))) throw new Error('Overflow in multiplication');
        return world.tables.totals(period, asked);
      },
    });
  beforeEach(async () => {
    for (const partition of [ALPHA, BETA, GAMMA]) await world.stage({ partition });
    world.now += SETTINGS.quietSeconds * 1000;
  });

  it('of one payer are a problem of that payer’s month, and the others are finalized, once', async () => {
    await world.tick({ warehouse: failingFor(BETA.payer) });
    expect((await world.record(BETA)).problem).toMatchObject({
      what: 'analytics-failed',
      message: 'what they found cannot be reported: Overflow in multiplication',
    });
    for (const partition of [ALPHA, GAMMA]) expect(isDirty(await world.record(partition))).toBe(false);
    const toldOf = () =>
      world.reported('partition-finalized').flatMap((event) => ('partition' in event ? event.partition : []));
    expect(toldOf()).toEqual([ALPHA, GAMMA]);
    await world.drain();
    expect(isDirty(await world.record(BETA))).toBe(false);
    expect(toldOf()).toEqual([ALPHA, GAMMA, BETA]);
    expect(effectsOf(1)).toEqual([1, 1, 1]);
  });

  it('of anybody throw while the warehouse answers nothing else either: nobody is blamed, and all is done again', async () => {
    const down = async () => {
      throw new Error('the warehouse is down');
    };
    let isDown = false;
    const going = override<FinalizeServices['warehouse']>(world.tables, {
      totals: async () => {
        isDown = true;
        return down();
      },
      published: (period, payers) => (isDown ? down() : world.tables.published(period, payers)),
    });
    await expect(world.tick({ warehouse: going })).rejects.toThrow('the warehouse is down');
    for (const partition of [ALPHA, BETA, GAMMA]) expect((await world.record(partition)).problem).toBeUndefined();
    await world.tick();
    for (const partition of [ALPHA, BETA, GAMMA]) expect(isDirty(await world.record(partition))).toBe(false);
  });
});

describe('a script that cannot be read', () => {
  it('fails its partitions’ analytics with the reason, leaves the data published, and is tried again', async () => {
    await world.stage();
    world.now += SETTINGS.quietSeconds * 1000;
    const { statements } = script();
    script().statements = ['begin', 'insert'];
    await world.tick();
    expect(world.visible()).toHaveLength(1);
    expect((await world.record()).problem?.message).toBe(
      'SCRIPT: line 1: the script ends inside the transaction that begins here',
    );
    script().statements = statements;
    await world.drain();
    expect(isDirty(await world.record())).toBe(false);
  });
});
