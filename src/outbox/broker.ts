import type { Message } from '../ledger/message.ts';

/** What became of a message. */
export type SendResult =
  /**
   * The broker has it, in every queue that was bound for it, and keeps it over a restart where the
   * queue is durable.
   */
  | { readonly is: 'confirmed' }
  /** Mandatory: the exchange knew no queue for it, so nobody has it. */
  | { readonly is: 'unroutable' }
  /**
   * The caller keeps it and sends it again later. The reason is for logs: one line, without a
   * secret.
   */
  | { readonly is: 'failed'; readonly reason: string };

/** A message broker, as far as this project needs one. */
export interface Broker {
  /**
   * Publishes each message, persistent and mandatory, and waits for the broker's confirmation.
   * Answers what became of them, in the same order. Never throws: a broker that is down is a
   * result. A message that failed may have arrived all the same.
   */
  publish(messages: readonly Message[]): Promise<readonly SendResult[]>;
  /** Ends when everything that was opened is closed. From then on every message fails. */
  close(): Promise<void>;
}
