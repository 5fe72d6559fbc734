import type { Queue, QueueMessage } from '../../src/queue/queue.ts';
import type { Process, Scheduler } from './scheduler.ts';

export const VISIBILITY_SECONDS = 90;

/** Works on one message in a process of its own; when it returns, the message is acknowledged. */
export type Consumer = (process: Process, body: unknown) => Promise<void>;

/**
 * A queue as SQS is: delayed, doubled and reordered; a message comes again until it is
 * acknowledged.
 */
export class SimulatedQueue<Message> {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #consumer: Consumer;
  readonly #onAcknowledge: (body: unknown) => void;
  readonly #mayLose: boolean;
  readonly #onFailure: (error: Error) => void;
  #count = 0;
  /** What was sent before the queue was emptied is not delivered. */
  #filling = 0;

  constructor(
    name: string,
    scheduler: Scheduler,
    hooks: {
      readonly consumer: Consumer;
      readonly onAcknowledge: (body: unknown) => void;
      readonly onFailure: (error: Error) => void;
      readonly mayLose: boolean;
    },
  ) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#consumer = hooks.consumer;
    this.#onAcknowledge = hooks.onAcknowledge;
    this.#mayLose = hooks.mayLose;
    this.#onFailure = hooks.onFailure;
  }

  /** Everything that is in it is lost, as with a queue in a process's memory. */
  empty(): void {
    this.#filling += 1;
  }

  /** The queue as one process sees it: sending is a step. */
  sender(process: Process): Queue<Message> {
    return {
      send: (messages) =>
        this.#scheduler.effect(process, `${this.name}.send(${messages.length})`, () => {
          for (const message of messages) this.accept(message);
        }),
    };
  }

  /** Takes a message in: from a sender's step, or from the world outside. */
  accept({ body, delaySeconds = 0 }: QueueMessage<Message>): void {
    const { random, faults, now } = this.#scheduler;
    if (this.#mayLose && this.#scheduler.chance(faults.lose)) return;
    const state = { acknowledged: false };
    const copy: unknown = JSON.parse(JSON.stringify(body));
    const due = now + delaySeconds * 1000;
    this.#deliver(copy, state, due + random() * 5000);
    if (this.#scheduler.chance(faults.duplicate)) this.#deliver(copy, state, due + random() * 120_000, true);
  }

  #deliver(body: unknown, state: { acknowledged: boolean }, at: number, again = false): void {
    const filling = this.#filling;
    this.#scheduler.at(at, `${this.name} delivers ${JSON.stringify(body).slice(0, 200)}`, () => {
      if ((state.acknowledged && !again) || filling !== this.#filling) return;
      this.#count += 1;
      const process = this.#scheduler.begin(`${this.name}-${this.#count}`);
      if (!state.acknowledged) this.#deliver(body, state, this.#scheduler.now + VISIBILITY_SECONDS * 1000);
      this.#work(process, body, state);
    });
  }

  #work(process: Process, body: unknown, state: { acknowledged: boolean }): void {
    this.#consumer(process, body).then(
      () =>
        this.#scheduler
          .effect(process, 'acknowledge', () => {
            state.acknowledged = true;
            this.#onAcknowledge(body);
          })
          .catch(() => {}),
      (error: Error) => {
        this.#scheduler.trace.push(`${process.name} fails: ${error.message}`);
        this.#onFailure(error);
      },
    );
  }
}
