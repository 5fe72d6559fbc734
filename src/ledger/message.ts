import { compareText } from '../billing/version.ts';

/**
 * A message for other systems. It lies in the ledger's outbox from the step that gave rise to it
 * until the broker has confirmed it, so it may be sent more than once, under the same id: consumers
 * drop doubles by it.
 */
export interface Message {
  /** Names what happened to what: the same however often it is reported. */
  readonly id: string;
  /**
   * `cur.<payer>.<period>.<what>`; `all` stands where it is about no single payer or month. Of an
   * owner's digest a word for the owner follows.
   */
  readonly routingKey: string;
  /** The JSON document that is sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** When it came into the outbox: milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * Notifies other systems: once it has resolved, no message is lost any more. It is called before
 * the step in the ledger that would not be repeated, so that a crash in between notifies twice, and
 * never not at all. Throws what the ledger throws: the caller does its step again.
 */
export type Notify = (messages: readonly Message[]) => Promise<void>;

/** Sorts messages: the oldest first. */
export function byAge(a: Message, b: Message): number {
  return a.createdAt - b.createdAt || compareText(a.id, b.id);
}

export interface OutboxPage {
  readonly limit: number;
  readonly after?: string | undefined;
}
