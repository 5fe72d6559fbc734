import type { QueueMessage } from '../../src/queue/queue.ts';
import type { QueueLimits } from './deployed.ts';
import type { VirtualClock } from './virtualClock.ts';

/** A message in a queue of SQS. */
interface Message<Body> {
  readonly id: string;
  readonly body: Body;
  readonly group: string | undefined;
  receives: number;
  isDone: boolean;
  /** Takes back when it is seen again. */
  hide: () => void;
}

/** A message as an invocation gets it. */
export interface Received<Body> {
  readonly id: string;
  readonly body: Body;
  readonly group: string | undefined;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/**
 * One execution environment, which works on one batch at a time. Once it is dead, nothing more of
 * it ever happens.
 */
export interface Life {
  isDead: boolean;
}

/** What an invocation does with a batch; answers the ids of the messages that have failed. */
type Invoke<Body> = (batch: readonly Received<Body>[], life: Life) => Promise<readonly string[]>;

/**
 * A queue of SQS and the function that works on it, in virtual time: invocations that are killed at
 * their timeout, and a message that is delivered again until it is acknowledged, and given up after
 * so many times (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"; SQS Developer Guide,
 * "Amazon SQS visibility timeout" and "Using dead-letter queues in Amazon SQS").
 *
 * All invocations that may run at once start at once: Lambda adds them little by little, which is
 * easier on what they share.
 */
export class EventSource<Body> {
  invocations = 0;
  killed = 0;
  /** Messages that were delivered again. */
  redelivered = 0;
  readonly deadLetters: Body[] = [];
  readonly #clock: VirtualClock;
  readonly #limits: QueueLimits;
  readonly #invoke: Invoke<Body>;
  readonly #messages = new Map<string, Message<Body>>();
  #waiting: Message<Body>[] = [];
  #taken = 0;
  readonly #idle: Life[] = [];
  #running = 0;
  #ids = 0;

  constructor(clock: VirtualClock, limits: QueueLimits, invoke: Invoke<Body>) {
    this.#clock = clock;
    this.#limits = limits;
    this.#invoke = invoke;
  }

  /** Messages that are neither acknowledged nor given up. */
  get size(): number {
    return this.#messages.size;
  }

  send(messages: readonly QueueMessage<Body>[]): void {
    for (const { body, delaySeconds = 0, group } of messages) {
      const copy: Body = JSON.parse(JSON.stringify(body));
      this.#ids += 1;
      const message = { id: `m${this.#ids}`, body: copy, group, receives: 0, isDone: false, hide: () => {} };
      this.#messages.set(message.id, message);
      this.#showAfter(message, delaySeconds);
    }
  }

  /** Has a message that is in work come again after so long: ChangeMessageVisibility. */
  showAgain(id: string, seconds: number): void {
    const message = this.#messages.get(id);
    if (message) this.#showAfter(message, seconds);
  }

  #showAfter(message: Message<Body>, seconds: number): void {
    message.hide();
    message.hide = this.#clock.setTimer(() => {
      this.#waiting.push(message);
      this.#receive();
    }, seconds * 1000);
  }

  #receive(): void {
    while (this.#running < this.#limits.concurrency && this.#waiting.length > this.#taken) {
      const batch = this.#take();
      if (batch.length > 0) void this.#run(batch);
    }
  }

  /** The next batch; what was received too often is given up instead. */
  #take(): Message<Body>[] {
    const batch: Message<Body>[] = [];
    while (batch.length < this.#limits.batchSize) {
      const message = this.#waiting[this.#taken];
      if (!message) break;
      this.#taken += 1;
      if (message.isDone) continue;
      message.receives += 1;
      if (message.receives > this.#limits.maxReceives) {
        this.#end(message);
        this.deadLetters.push(message.body);
        continue;
      }
      if (message.receives > 1) this.redelivered += 1;
      this.#showAfter(message, this.#limits.visibilitySeconds);
      batch.push(message);
    }
    if (this.#taken > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return batch;
  }

  async #run(batch: readonly Message<Body>[]): Promise<void> {
    this.#running += 1;
    this.invocations += 1;
    const life = this.#idle.pop() ?? { isDead: false };
    const ended = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimer(() => {
      life.isDead = true;
      this.killed += 1;
      ended.resolve();
    }, this.#limits.timeoutSeconds * 1000);
    const all = batch.map(({ id }) => id);
    const work = this.#invoke(batch, life)
      .catch(() => all)
      .then((failed) => {
        if (!life.isDead) for (const message of batch) if (!failed.includes(message.id)) this.#end(message);
      });
    await Promise.race([work, ended.promise]);
    cancel();
    if (!life.isDead) this.#idle.push(life);
    this.#running -= 1;
    this.#receive();
  }

  #end(message: Message<Body>): void {
    message.isDone = true;
    message.hide();
    this.#messages.delete(message.id);
  }
}

/** An object of a process: once that is dead, its calls do nothing, and are never answered. */
export function mortal<Target extends object>(target: Target, life: Life): Target {
  return new Proxy(target, {
    get(object, property) {
      const member: unknown = Reflect.get(object, property, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (life.isDead) return never();
        const answer: unknown = member.apply(object, args);
        if (!(answer instanceof Promise)) return answer;
        return answer.finally(() => (life.isDead ? never() : undefined));
      };
    },
  });
}

export function never(): Promise<never> {
  return new Promise(() => {});
}
