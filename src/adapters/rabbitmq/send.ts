import type { ConfirmChannel } from 'amqplib';
import { type TimeLimit, withDeadline } from '../../base/deadline.ts';
import type { Message } from '../../ledger/message.ts';
import { BrokerFailure } from './failures.ts';

/** A message, and its body as the broker gets it. */
export interface EncodedMessage {
  readonly message: Message;
  readonly content: Buffer;
}

/** What the broker said of one message. */
export type Answer = 'confirmed' | 'unroutable';

/** How many messages may be in flight at once: both sides hold them in memory. */
const BATCH = 200;

/** Where messages are sent, and until when. */
interface Sending {
  readonly channel: ConfirmChannel;
  readonly exchange: string;
  readonly appId: string;
  readonly confirmSeconds: number;
  readonly limit: TimeLimit;
}

/**
 * Sends messages over a channel, and calls `answered` for each as soon as the broker has answered
 * for it: so nothing is forgotten when the channel ends before the rest. Throws BrokerFailure when
 * one is nacked or not answered for within `confirmSeconds`, and what amqplib throws when the
 * channel has ended.
 */
export async function sendAll<Sent extends EncodedMessage>(
  sending: Sending,
  messages: readonly Sent[],
  answered: (message: Sent, answer: Answer) => void,
): Promise<void> {
  const { channel, confirmSeconds, limit } = sending;
  // A message that no queue takes comes back before its confirmation (RabbitMQ documentation,
  // Publisher Confirms).
  const returned = new Set<unknown>();
  channel.on('return', ({ properties }) => {
    returned.add(properties.messageId);
  });
  for (let first = 0; first < messages.length; first += BATCH) {
    const batch = messages.slice(first, first + BATCH);
    const errors = await withDeadline({ what: 'the wait for confirmations', seconds: confirmSeconds, limit }, () =>
      Promise.all(
        batch.map(async (sent) => {
          const error = await confirmation(sending, sent);
          if (error) return error;
          answered(sent, returned.has(sent.message.id) ? 'unroutable' : 'confirmed');
          return undefined;
        }),
      ),
    );
    const error = errors.find((found) => found !== undefined);
    if (error) throw error;
  }
}

/** Undefined once the broker has confirmed the message; else why it has not. */
function confirmation(
  { channel, exchange, appId }: Sending,
  { message, content }: EncodedMessage,
): Promise<Error | undefined> {
  const { id, routingKey, createdAt } = message;
  return new Promise((resolve) => {
    const properties = {
      messageId: id,
      type: routingKey.slice(routingKey.lastIndexOf('.') + 1),
      appId,
      contentType: 'application/json',
      // AMQP 0-9-1 counts seconds.
      timestamp: Math.floor(createdAt / 1000),
      persistent: true,
      mandatory: true,
    };
    channel.publish(exchange, routingKey, content, properties, (error: unknown) => {
      if (error === null) resolve(undefined);
      else if (isNack(error)) resolve(new BrokerFailure('NACKED', 'the broker could not store a message'));
      else resolve(error instanceof Error ? error : new BrokerFailure('CLOSED', 'the channel was closed'));
    });
  });
}

function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === 'message nacked';
}
