import type { Moment } from '../base/moment.ts';
import { type OutboxReading, outboxPages } from './outboxPages.ts';

/** How much lies in the outbox. */
export interface OutboxDepth {
  readonly messages: number;
  /** There are more: nobody counted further. */
  readonly isAtLeast: boolean;
  /** When the oldest of those that were counted came in; undefined where there is none. */
  readonly oldestAt: Moment | undefined;
}

/** Whether ten thousand messages wait or a million, the same has to be done. */
const MAX_COUNTED = 10_000;

/** Counts the messages in the outbox, up to {@link MAX_COUNTED}. Throws what the ledger throws. */
export async function outboxDepth(ledger: OutboxReading): Promise<OutboxDepth> {
  let [messages, oldestAt]: [number, Moment | undefined] = [0, undefined];
  for await (const page of outboxPages(ledger)) {
    if (messages >= MAX_COUNTED) return { messages, isAtLeast: true, oldestAt };
    messages += page.length;
    for (const { createdAt } of page) oldestAt = Math.min(createdAt, oldestAt ?? createdAt);
  }
  return { messages, isAtLeast: false, oldestAt };
}
