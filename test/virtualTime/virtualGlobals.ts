import type { Random } from '../../src/programs/sample/random.ts';
import type { VirtualClock } from './virtualClock.ts';

/**
 * Lets `work` happen in the clock's time and with repeatable chance, also where code asks neither
 * of them as an argument: the AWS SDK, which waits before it sends a throttled request again, and
 * deadlines. Node's own timers and vitest's stay real.
 */
export async function withVirtualGlobals<Result>(
  clock: VirtualClock,
  random: Random,
  work: () => Promise<Result>,
): Promise<Result> {
  const real = { setTimeout, clearTimeout, random: Math.random };
  const cancels = new WeakMap<object, () => void>();
  const start = (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    const handle = { ref: () => handle, unref: () => handle, hasRef: () => true };
    cancels.set(
      handle,
      clock.setTimer(() => callback(...args), delayMs),
    );
    return handle;
  };
  const cancel = (handle: unknown) => {
    if (typeof handle === 'object' && handle !== null) cancels.get(handle)?.();
  };
  Object.assign(globalThis, { setTimeout: start, clearTimeout: cancel });
  Math.random = random;
  try {
    return await work();
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Math.random = real.random;
  }
}
