import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Due, DueHeap } from '../../src/adapters/memory/dueHeap.ts';

const LONGEST_MS = 24 * 3_600_000;
/** Nothing that is waited for takes so long, also on a busy machine. */
const LONGEST_REAL_MS = 120_000;

interface Timer extends Due {
  readonly callback: () => void;
}

/** One process's work: how many of its calls are under way, and how many timers they wait for. */
interface Work {
  calls: number;
  timers: number;
}

/**
 * A clock that stands still as long as anything can go on, and then jumps to the next moment that
 * somebody waits for. It moves the time of whoever it is made for.
 */
export class VirtualClock {
  readonly #time: { now: number };
  readonly #timers = new DueHeap<Timer>();
  readonly #current = new AsyncLocalStorage<Work>();
  /** Processes whose calls are at work, and wait for no timer. */
  #busy = 0;
  #order = 0;

  constructor(time: { now: number }) {
    this.#time = time;
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#time.now;
  }

  /** Calls back after so long, unless the answer is called before. */
  readonly setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const work = this.#current.getStore();
    this.#change(work, { timers: 1 });
    const end = () => this.#change(work, { timers: -1 });
    const timer: Timer = {
      dueEpochMs: this.#time.now + delayMs,
      order: this.#order++,
      heapIndex: -1,
      callback: () => {
        end();
        callback();
      },
    };
    this.#timers.add(timer);
    return () => {
      if (timer.heapIndex < 0) return;
      this.#timers.remove(timer);
      end();
    };
  };

  readonly sleep = (seconds: number): Promise<void> =>
    new Promise((resolve) => void this.setTimer(resolve, seconds * 1000));

  /**
   * The same object, whose calls take real time besides: they compress, or let the event loop turn.
   * The clock stands still for as long as none of its calls that are under way waits for a timer.
   */
  waitingFor<Target extends object>(target: Target): Target {
    const work: Work = { calls: 0, timers: 0 };
    return new Proxy(target, {
      get: (object, property) => {
        const member: unknown = Reflect.get(object, property, object);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const answer: unknown = this.#current.run(work, () => member.apply(object, args));
          if (!(answer instanceof Promise)) return answer;
          this.#change(work, { calls: 1 });
          return answer.finally(() => this.#change(work, { calls: -1 }));
        };
      },
    });
  }

  /** Lets time pass until `end` (milliseconds since 1970), or until `isOver` says so. */
  async play(end: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      await this.#untilAllWait();
      if (isOver()) return;
      const next = this.#timers.takeDue(end);
      if (!next) {
        this.#time.now = end;
        return;
      }
      this.#time.now = Math.max(this.#time.now, next.dueEpochMs);
      next.callback();
    }
  }

  /** Lets time pass until the work is done. Throws what it throws, or that it takes too long. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    let isDone = false;
    const result = work().finally(() => {
      isDone = true;
    });
    result.catch(() => {});
    await this.play(this.#time.now + LONGEST_MS, () => isDone);
    if (!isDone) throw new Error(`not done after ${LONGEST_MS / 3_600_000} hours`);
    return result;
  }

  async #untilAllWait(): Promise<void> {
    const began = performance.now();
    do await setImmediate();
    while (this.#busy > 0 && performance.now() - began < LONGEST_REAL_MS);
    if (this.#busy > 0) throw new Error('a call neither ends nor waits for the clock');
  }

  #change(work: Work | undefined, { calls = 0, timers = 0 }: Partial<Work>): void {
    if (!work) return;
    const before = isBusy(work);
    work.calls += calls;
    work.timers += timers;
    this.#busy += Number(isBusy(work)) - Number(before);
  }
}

function isBusy({ calls, timers }: Work): boolean {
  return calls > 0 && timers === 0;
}
