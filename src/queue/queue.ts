/**
 * Sends messages to one SQS queue (or what stands for it). Bodies are JSON; delivery is at least
 * once and unordered.
 */
export interface Queue<Message> {
  /**
   * Resolves when the queue has taken all of them. May be retried as a whole: receivers are
   * idempotent.
   */
  send(messages: readonly QueueMessage<Message>[]): Promise<void>;
}

export interface QueueMessage<Message> {
  readonly body: Message;
  /**
   * 0 to 900, as SQS has it. Longer waits are hops: the receiver looks, and sends itself a tick
   * again.
   */
  readonly delaySeconds?: number;
  /** SQS fair queues: one group's backlog does not starve the others. */
  readonly group?: string;
}
