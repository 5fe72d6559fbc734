import type { SetTimer } from './timer.ts';

/** What one of those at work calls to meet the others. Only its first call waits for anybody. */
export type Meet = () => Promise<void>;

/**
 * Where those that work at the same time wait for each other, to do their next step in the same
 * turn. They go on when nobody is left who has yet to come, and at the latest when the first of
 * them has waited for so long.
 */
export class Rendezvous {
  readonly #longestMs: number;
  readonly #setTimer: SetTimer;
  /** How many are at work and have not come yet. */
  #expected = 0;
  #waiting: (() => void)[] = [];
  #stopTimer: () => void = () => {};

  constructor(longestMs: number, setTimer: SetTimer) {
    this.#longestMs = longestMs;
    this.#setTimer = setTimer;
  }

  /** What the work answers, which is expected from now on until it comes, or ends. */
  async expecting<Result>(work: (meet: Meet) => Promise<Result>): Promise<Result> {
    let isExpected = true;
    this.#expected += 1;
    const come = () => {
      if (isExpected) this.#expected -= 1;
      isExpected = false;
    };
    const meet = async () => {
      if (!isExpected) return;
      come();
      await this.#wait();
    };
    try {
      return await work(meet);
    } finally {
      come();
      if (this.#expected === 0) this.#go();
    }
  }

  #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (this.#expected === 0) this.#go();
    else if (this.#waiting.length === 1) this.#stopTimer = this.#setTimer(() => this.#go(), this.#longestMs);
    return promise;
  }

  #go(): void {
    this.#stopTimer();
    const going = this.#waiting;
    this.#waiting = [];
    for (const resolve of going) resolve();
  }
}
