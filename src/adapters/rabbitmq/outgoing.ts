import type { Message } from '../../ledger/message.ts';
import type { SendResult } from '../../outbox/broker.ts';
import type { Answer, EncodedMessage } from './send.ts';

/** A message that can be sent, and its position among those of one call. */
interface SendableMessage extends EncodedMessage {
  readonly index: number;
}

/** The messages of one call, and what is known of each. */
export interface Outgoing {
  /** Those that the broker has not answered for yet, in order. */
  unanswered(): readonly SendableMessage[];
  readonly answer: (message: SendableMessage, answer: Answer) => void;
  /** In the order of the messages; those that were not answered for have failed for `reason`. */
  results(reason: string): readonly SendResult[];
}

/** AMQP 0-9-1 Reference, shortstr: ids, types and routing keys. */
const MAX_BYTES = 255;

/** Takes in the messages of one call. One that can never be sent fails alone, at once. */
export function takeIn(messages: readonly Message[]): Outgoing {
  const sendable: SendableMessage[] = [];
  const results = new Map<number, SendResult>();
  messages.forEach((message, index) => {
    const content = contentOf(message);
    if (typeof content === 'string') results.set(index, { is: 'failed', reason: content });
    else sendable.push({ message, index, content });
  });
  return {
    unanswered: () => sendable.filter(({ index }) => !results.has(index)),
    answer: ({ index }, is) => void results.set(index, { is }),
    results: (reason) => messages.map((_, index) => results.get(index) ?? { is: 'failed', reason }),
  };
}

/** The message's body as JSON; a string says why it cannot be sent. */
function contentOf({ id, routingKey, body }: Message): Buffer | string {
  if (Buffer.byteLength(id) > MAX_BYTES) return `the id is longer than ${MAX_BYTES} bytes`;
  if (Buffer.byteLength(routingKey) > MAX_BYTES) return `the routing key is longer than ${MAX_BYTES} bytes`;
  try {
    return Buffer.from(JSON.stringify(body));
  } catch (error) {
    return `the body cannot be written as JSON: ${error instanceof Error ? error.name : 'a non-Error was thrown'}`;
  }
}
