/**
 * A process of the reactor: one message being worked on. Killing it means that nothing more of it
 * ever happens.
 */
export interface Process {
  readonly name: string;
  alive: boolean;
}

interface Step {
  readonly process: Process;
  readonly label: string;
  readonly act: () => void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly label: string;
  readonly act: () => void;
}

/** What goes wrong, as probabilities from 0 to 1. */
export interface Faults {
  readonly crash: number;
  /**
   * A step fails: half of the times before it has an effect, half of the times after (its answer is
   * lost).
   */
  readonly error: number;
  /** A statement of the warehouse never ends by itself. */
  readonly hang: number;
  /**
   * Time passes although processes have steps to do: leases run out, messages become visible again.
   */
  readonly delay: number;
  readonly duplicate: number;
  readonly lose: number;
}

/** How many crashes, failed steps and delays one world sees. */
const MAX_MISFORTUNES = 25;

/** Answers a number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** mulberry32, a small generator with 32 bits of state: the same seed gives the same world. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Runs real asynchronous code in a world of its own: whatever a process does to the outside is a
 * step, and the seed decides which step happens next, when time passes, and who dies between two of
 * them.
 */
export class Scheduler {
  /** The time that passes. Nobody sets it. */
  now = Date.UTC(2026, 9, 5);
  /** By how much the reactor's clock is behind it. */
  clockBehindMs = 0;
  /** When something went wrong last, or something new happened. */
  disturbedAt = this.now;
  /** Why a step fails that is taken now, whatever the probabilities say. */
  refusal: (label: string) => Error | undefined = () => undefined;
  readonly trace: string[] = [];
  faults: Faults;
  readonly random: Random;
  #steps: Step[] = [];
  #timers: Timer[] = [];
  readonly #processes = new Set<Process>();
  #order = 0;
  #misfortunes = MAX_MISFORTUNES;

  constructor(random: Random, faults: Faults) {
    this.random = random;
    this.faults = faults;
  }

  /** What the reactor takes for the time. */
  get clock(): number {
    return this.now - this.clockBehindMs;
  }

  disturb(): void {
    this.disturbedAt = this.now;
  }

  /** A process that begins now. */
  begin(name: string): Process {
    const process = { name, alive: true };
    this.#processes.add(process);
    return process;
  }

  /** Kills every process there is. */
  killAll(): void {
    for (const process of this.#processes) process.alive = false;
    this.#processes.clear();
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /**
   * Like `chance`, as long as the world has misfortune left: what fails forever proves nothing
   * about recovery.
   */
  #misfortune(probability: number): boolean {
    if (this.#misfortunes === 0 || !this.chance(probability)) return false;
    this.#misfortunes -= 1;
    this.disturb();
    return true;
  }

  /**
   * Something that a process does to the outside world; it happens when the scheduler says so, if
   * ever.
   */
  effect<Result>(process: Process, label: string, act: () => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        const refused = this.refusal(label);
        if (refused) return reject(refused);
        const fails = this.#misfortune(this.faults.error);
        if (fails && this.chance(0.5)) return reject(new Error(`${label}: refused`));
        try {
          const result = act();
          if (!fails) return resolve(result);
          Promise.resolve(result).catch(() => {});
          reject(new Error(`${label}: answer lost`));
        } catch (error) {
          reject(error);
        }
      };
      this.#steps.push({ process, label, act: attempt });
    });
  }

  /**
   * Does something at a moment, unless the world has ended by then, or what is answered is called
   * before.
   */
  at(moment: number, label: string, act: () => void): () => void {
    this.#order += 1;
    const timer = { at: Math.max(moment, this.now), order: this.#order, label, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Whether a statement that begins now never ends. */
  hangs(): boolean {
    return this.faults.hang > 0 && this.#misfortune(this.faults.hang);
  }

  /** What is going to happen whatever the processes do, by its label. */
  expected(): readonly string[] {
    return this.#timers.map(({ label }) => label);
  }

  /**
   * Runs until nothing is left to do, or `isOver` says that nothing but the same will happen again.
   * `check` is called after every step. Throws when the world does not come to rest.
   */
  async run(maxSteps: number, check: () => Promise<void>, isOver?: () => Promise<boolean>): Promise<void> {
    for (let step = 0; step < maxSteps; step += 1) {
      await new Promise(setImmediate);
      this.#steps = this.#steps.filter(({ process }) => process.alive);
      const busy = this.#steps.length > 0;
      if (!busy && isOver && (await isOver())) return;
      if (busy && !(this.#timers.length > 0 && this.#misfortune(this.faults.delay))) this.#takeStep();
      else if (this.#timers.length > 0) this.#passTime();
      else if (!busy) return;
      await check();
    }
    throw new Error(`invariant 6: the world did not come to rest within ${maxSteps} steps`);
  }

  #takeStep(): void {
    const [step] = this.#steps.splice(Math.floor(this.random() * this.#steps.length), 1);
    if (!step) return;
    const { process, label, act } = step;
    if (this.#misfortune(this.faults.crash)) {
      process.alive = false;
      const after = this.chance(0.5);
      this.trace.push(`${this.#time()} ${process.name}: dies ${after ? 'after' : 'before'} ${label}`);
      if (after) act();
      return;
    }
    this.trace.push(`${this.#time()} ${process.name}: ${label}`);
    act();
  }

  #passTime(): void {
    const next = this.#timers.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.order < a.order) ? b : a));
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.now = next.at;
    this.trace.push(`${this.#time()} ${next.label}`);
    next.act();
  }

  #time(): string {
    return new Date(this.now).toISOString().slice(11, 23);
  }
}

/**
 * An object whose methods are steps of a process. Methods that answer async iterables are to be
 * wrapped by hand.
 */
export function asEffects<Target extends object>(
  scheduler: Scheduler,
  process: Process,
  name: string,
  target: Target,
): Target {
  return new Proxy(target, {
    get(object, property) {
      const member: unknown = Reflect.get(object, property, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        scheduler.effect(process, `${name}.${String(property)}(${brief(args)})`, () => member.apply(object, args));
    },
  });
}

function brief(args: readonly unknown[]): string {
  const text = args.map((arg) => JSON.stringify(arg)).join(', ');
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** Lets time pass for a process. */
export function sleep(scheduler: Scheduler, process: Process, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.at(scheduler.now + seconds * 1000, `${process.name} has waited`, resolve);
  });
}
