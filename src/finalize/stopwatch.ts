import type { RunStep } from '../telemetry/events.ts';

/**
 * How long a run takes for each of its steps, over all its partitions together: longer than the
 * run, where they overlap.
 */
export interface Stopwatch {
  /** Does the work as a part of a step. */
  time<Result>(step: RunStep, work: () => Promise<Result>): Promise<Result>;
  /** The seconds of each step that there was, in the order in which they began. */
  seconds(): ReadonlyMap<RunStep, number>;
}

/** `now` answers milliseconds since 1970. */
export function startStopwatch(now: () => number): Stopwatch {
  const seconds = new Map<RunStep, number>();
  return {
    async time(step, work) {
      const start = now();
      seconds.set(step, seconds.get(step) ?? 0);
      try {
        return await work();
      } finally {
        seconds.set(step, (seconds.get(step) ?? 0) + (now() - start) / 1000);
      }
    },
    seconds: () => seconds,
  };
}
