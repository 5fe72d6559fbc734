import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Meet, Rendezvous } from '../../src/base/rendezvous.ts';

const LONGEST_MS = 500;

let rendezvous: Rendezvous;
let timers: { readonly callback: () => void; readonly delayMs: number }[];
let met: string[];
beforeEach(() => {
  timers = [];
  met = [];
  rendezvous = new Rendezvous(LONGEST_MS, (callback, delayMs) => {
    const timer = { callback, delayMs };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  });
});

/** One at work, who comes when it is let. */
function worker(name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ended = rendezvous.expecting(async (meet: Meet) => {
    await promise;
    await meet();
    met.push(name);
    await meet();
    return name;
  });
  return { ended, come: resolve, fail: reject };
}

describe('those at work', () => {
  it('go on when the last of them has come, and wait for nobody the second time', async () => {
    const [a, b, c] = [worker('a'), worker('b'), worker('c')];
    a.come();
    b.come();
    await setImmediate();
    expect(met).toEqual([]);
    c.come();
    expect(await Promise.all([a.ended, b.ended, c.ended])).toEqual(['a', 'b', 'c']);
    expect(timers).toEqual([]);
  });

  it('do not wait for one that ends without coming', async () => {
    const [a, b] = [worker('a'), worker('b')];
    a.come();
    await setImmediate();
    b.fail(new Error('gone'));
    await expect(b.ended).rejects.toThrow('gone');
    expect(await a.ended).toBe('a');
  });

  it('wait for one that takes its time only so long, and it waits for none of them', async () => {
    const [a, b, slow] = [worker('a'), worker('b'), worker('slow')];
    a.come();
    b.come();
    await setImmediate();
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([LONGEST_MS]);
    timers[0]?.callback();
    await Promise.all([a.ended, b.ended]);
    expect(met).toEqual(['a', 'b']);
    slow.come();
    expect(await slow.ended).toBe('slow');
  });

  it('who is alone waits for nobody', async () => {
    const alone = worker('alone');
    alone.come();
    expect(await alone.ended).toBe('alone');
    expect(timers).toEqual([]);
  });
});
