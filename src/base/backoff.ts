import { setTimeout } from 'node:timers/promises';

/**
 * Waits before a request is sent again; `attempt` is how often it was sent until now, 1 or more.
 */
export type Backoff = (attempt: number) => Promise<void>;

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/**
 * Any time up to 100 ms, 200 ms, 400 ms, …: doubled each time, 5 s at most, so that competitors do
 * not meet again.
 */
export function createBackoff(
  random: () => number = Math.random,
  sleep: (milliseconds: number) => Promise<unknown> = setTimeout,
): Backoff {
  return async (attempt) => {
    await sleep(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)));
  };
}
