import { setImmediate } from 'node:timers/promises';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still as long as anything can go on, and then jumps to the next moment that
 * somebody waits for. It moves the time of whoever it is made for.
 */
export class VirtualClock {
  readonly #time: { now: number };
  readonly #timers = new Set<Timer>();

  constructor(time: { now: number }) {
    this.#time = time;
  }

  /** Calls back after so long, unless the answer is called before. */
  readonly setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { at: this.#time.now + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  readonly sleep = (seconds: number): Promise<void> =>
    new Promise((resolve) => void this.setTimer(resolve, seconds * 1000));

  /** Lets time pass until `end` (milliseconds since 1970), or until `isOver` says so. */
  async play(end: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      await setImmediate();
      if (isOver()) return;
      const next = this.#next();
      if (!next || next.at > end) {
        this.#time.now = end;
        return;
      }
      this.#timers.delete(next);
      this.#time.now = Math.max(this.#time.now, next.at);
      next.callback();
    }
  }

  /** The first of those that come first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer;
    return next;
  }
}
