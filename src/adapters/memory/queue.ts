import { checkWhole } from '../../base/checkWhole.ts';
import type { Queue, QueueMessage } from '../../queue/queue.ts';
import { type Due, DueHeap } from './dueHeap.ts';
import { FairLine } from './fairLine.ts';

interface MemoryQueueOptions {
  /**
   * How long a received message stays hidden before somebody else gets it: longer than any handler
   * takes.
   */
  readonly visibilitySeconds: number;
  /**
   * A message that was received this often, and not acknowledged, becomes a dead letter (SQS:
   * maxReceiveCount).
   */
  readonly maxReceives: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back once, after `delayMs`; answers how to call it off. */
  readonly setTimer: SetTimer;
}

export type SetTimer = (callback: () => void, delayMs: number) => () => void;

/**
 * A message that one receiver works on. The receipt is good until the message becomes visible
 * again.
 */
export interface Received<Message> {
  readonly body: Message;
  readonly receipt: string;
  /** 1 at the first time. */
  readonly receiveCount: number;
}

export interface DeadLetter<Message> {
  readonly body: Message;
  readonly receiveCount: number;
  /** What the last retry said; absent if the receiver never answered. */
  readonly error?: string | undefined;
}

interface Pending {
  readonly ready: number;
  readonly delayed: number;
  readonly inFlight: number;
  readonly dead: number;
  /**
   * When the earliest delayed message falls due (milliseconds since 1970); absent when none is
   * delayed.
   */
  readonly nextDueEpochMs?: number | undefined;
}

/**
 * An SQS standard queue's behaviour inside one process. A message is in one of four states:
 *
 *   delayed ── falls due ─▶ ready ── receive ─▶ in flight ── acknowledge ─▶ gone
 *      ▲                      ▲                   │
 *      └── retry with delay ──┴── retry, or visibility over ──▶ dead letter, after `maxReceives` receives
 *
 * States change by the clock when somebody looks; the timer only wakes listeners, so a late timer
 * loses nothing. Groups take turns (fair queues); messages without a group are one group. Nothing
 * bounds the queue: a sender that may outrun the receivers looks at `pending()`. Each step is O(log
 * n) or better.
 */
export class MemoryQueue<Message> implements Queue<Message> {
  readonly #options: MemoryQueueOptions;
  readonly #ready = new FairLine<Entry>();
  readonly #delayed = new DueHeap<Entry>();
  readonly #hidden = new DueHeap<Entry>();
  readonly #inFlight = new Map<string, Entry>();
  readonly #dead: Entry[] = [];
  readonly #listeners = new Set<() => void>();
  #timer: { readonly dueEpochMs: number; readonly cancel: () => void } | undefined;
  #sent = 0;

  /**
   * Throws a RangeError that names the value: visibility is 1 to 43,200 seconds, as in SQS, and
   * receives are at least 1.
   */
  constructor(options: MemoryQueueOptions) {
    checkWhole('visibilitySeconds', options.visibilitySeconds, 1, MAX_VISIBILITY_SECONDS);
    checkWhole('maxReceives', options.maxReceives, 1, Number.MAX_SAFE_INTEGER);
    this.#options = options;
  }

  /**
   * Takes all the messages or, when it throws, none of them. Bodies are copied as JSON here. Throws
   * a RangeError that names a delay outside of 0 to 900 whole seconds (SQS API reference,
   * SendMessage), a TypeError for a body that is not JSON.
   */
  async send(messages: readonly QueueMessage<Message>[]): Promise<void> {
    const entries = messages.map(({ body, delaySeconds = 0, group = '' }) => {
      checkWhole('delaySeconds', delaySeconds, 0, MAX_DELAY_SECONDS);
      return { json: jsonOf(body), group, dueEpochMs: this.#options.now() + delaySeconds * 1_000 };
    });
    for (const { json, group, dueEpochMs } of entries) {
      this.#wait({ json, group, dueEpochMs, order: this.#sent++, heapIndex: -1, receiveCount: 0, error: undefined });
    }
    this.#changed();
  }

  /**
   * Up to `max` ready messages, groups in turn. Each is hidden from other receivers for the
   * visibility time.
   */
  receive(max: number): Received<Message>[] {
    this.#advance();
    const received: Received<Message>[] = [];
    while (received.length < max) {
      const entry = this.#ready.take();
      if (entry === undefined) break;
      entry.receiveCount++;
      entry.dueEpochMs = this.#options.now() + this.#options.visibilitySeconds * 1_000;
      this.#hidden.add(entry);
      this.#inFlight.set(receiptOf(entry), entry);
      received.push({ body: JSON.parse(entry.json), receipt: receiptOf(entry), receiveCount: entry.receiveCount });
    }
    this.#armTimer();
    return received;
  }

  /**
   * Done with the message: it is deleted. False, and no effect, if the receipt is no longer good.
   */
  acknowledge(receipt: string): boolean {
    this.#advance();
    const entry = this.#takeBack(receipt);
    this.#changed();
    return entry !== undefined;
  }

  /**
   * Not done: the message comes again after `delaySeconds` (0 to 43,200 whole seconds; else a
   * RangeError), or becomes a dead letter that keeps `error`. False, and no effect, if the receipt
   * is no longer good.
   */
  retry(receipt: string, delaySeconds = 0, error?: string): boolean {
    checkWhole('delaySeconds', delaySeconds, 0, MAX_VISIBILITY_SECONDS);
    this.#advance();
    const entry = this.#takeBack(receipt);
    if (entry !== undefined) {
      entry.error = error;
      this.#again(entry, this.#options.now() + delaySeconds * 1_000);
    }
    this.#changed();
    return entry !== undefined;
  }

  pending(): Pending {
    this.#advance();
    return {
      ready: this.#ready.size,
      delayed: this.#delayed.size,
      inFlight: this.#hidden.size,
      dead: this.#dead.length,
      nextDueEpochMs: this.#delayed.earliest?.dueEpochMs,
    };
  }

  /** How many delayed messages were received so often, at least, and not acknowledged. */
  delayedAfter(receives: number): number {
    this.#advance();
    return this.#delayed.count(({ receiveCount }) => receiveCount >= receives);
  }

  /** The dead letters, oldest first. */
  deadLetters(): DeadLetter<Message>[] {
    this.#advance();
    return this.#dead.map(({ json, receiveCount, error }) => ({ body: JSON.parse(json), receiveCount, error }));
  }

  /**
   * Calls back after every change, also when a message falls due. A timer runs only while somebody
   * listens. Answers how to stop.
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#armTimer();
    return () => {
      this.#listeners.delete(listener);
      this.#armTimer();
    };
  }

  #changed(): void {
    this.#advance();
    this.#armTimer();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Moves what has fallen due: delayed messages become ready, hidden ones come again. */
  #advance(): void {
    const nowEpochMs = this.#options.now();
    for (let entry = this.#hidden.takeDue(nowEpochMs); entry; entry = this.#hidden.takeDue(nowEpochMs)) {
      this.#inFlight.delete(receiptOf(entry));
      entry.error = undefined;
      this.#again(entry, nowEpochMs);
    }
    for (let entry = this.#delayed.takeDue(nowEpochMs); entry; entry = this.#delayed.takeDue(nowEpochMs)) {
      this.#ready.add(entry.group, entry);
    }
  }

  #takeBack(receipt: string): Entry | undefined {
    const entry = this.#inFlight.get(receipt);
    if (entry === undefined) return undefined;
    this.#inFlight.delete(receipt);
    this.#hidden.remove(entry);
    return entry;
  }

  #again(entry: Entry, dueEpochMs: number): void {
    entry.dueEpochMs = dueEpochMs;
    if (entry.receiveCount >= this.#options.maxReceives) this.#dead.push(entry);
    else this.#wait(entry);
  }

  #wait(entry: Entry): void {
    if (entry.dueEpochMs > this.#options.now()) this.#delayed.add(entry);
    else this.#ready.add(entry.group, entry);
  }

  /**
   * Keeps one timer that does not come later than the next change by the clock. One that comes too
   * early is armed again.
   */
  #armTimer(): void {
    const dueEpochMs = Math.min(
      this.#delayed.earliest?.dueEpochMs ?? Number.POSITIVE_INFINITY,
      this.#hidden.earliest?.dueEpochMs ?? Number.POSITIVE_INFINITY,
    );
    const isNeeded = this.#listeners.size > 0 && dueEpochMs < Number.POSITIVE_INFINITY;
    if (isNeeded && this.#timer !== undefined && this.#timer.dueEpochMs <= dueEpochMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!isNeeded) return;
    const wake = (): void => {
      this.#timer = undefined;
      this.#changed();
    };
    const delayMs = Math.max(1, dueEpochMs - this.#options.now());
    this.#timer = { dueEpochMs, cancel: this.#options.setTimer(wake, delayMs) };
  }
}

/** A message inside the queue. `dueEpochMs` is when its delay or its visibility time ends. */
interface Entry extends Due {
  readonly json: string;
  readonly group: string;
  receiveCount: number;
  error: string | undefined;
}

const MAX_DELAY_SECONDS = 900;
const MAX_VISIBILITY_SECONDS = 43_200;

/** Names one receive of one message, so that an old receipt has no power over a later receive. */
function receiptOf(entry: Entry): string {
  return `${entry.order}.${entry.receiveCount}`;
}

function jsonOf(body: unknown): string {
  const json: string | undefined = JSON.stringify(body);
  if (json === undefined) throw new TypeError(`a message body must be JSON, got ${typeof body}`);
  return json;
}
