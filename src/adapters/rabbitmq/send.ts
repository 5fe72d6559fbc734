import type { ConfirmChannel } from 'amqplib';
import type { Message } from '../../ledger/message.ts';
import { type TimeLimit, withDeadline } from './deadline.ts';
import { BrokerFailure } from './failures.ts';

/** A message as the broker gets it. */
export interface OutgoingMessage {
  readonly message: Message;
  readonly content: Buffer;
}

/** What the broker said of one message. */
export type Answer = 'confirmed' | 'unroutable';

/** So many messages are on their way at most: both sides hold them in memory. */
const BATCH = 200;

/**
 * Sends letters over a channel and tells `answered` of each that the broker has answered for, at once: so nothing of it
 * is forgotten when the channel ends before the rest. Throws BrokerFailure when one is nacked or not answered for within
 * `confirmSeconds`, and what amqplib throws when the channel has ended.
 */
export async function sendAll<Sent extends OutgoingMessage>(
  channel: ConfirmChannel,
  exchange: string,
  appId: string,
  letters: readonly Sent[],
  confirmSeconds: number,
  limit: TimeLimit,
  answered: (letter: Sent, answer: Answer) => void,
): Promise<void> {
  // A message that no queue takes comes back before its confirmation (RabbitMQ documentation, Publisher Confirms).
  const returned = new Set<unknown>();
  channel.on('return', ({ properties }) => {
    returned.add(properties.messageId);
  });
  for (let first = 0; first < letters.length; first += BATCH) {
    const batch = letters.slice(first, first + BATCH);
    const errors = await withDeadline(confirmSeconds, limit, 'the wait for confirmations', () =>
      Promise.all(
        batch.map(async (letter) => {
          const error = await confirmation(channel, exchange, appId, letter);
          if (error) return error;
          answered(letter, returned.has(letter.message.id) ? 'unroutable' : 'confirmed');
          return undefined;
        }),
      ),
    );
    const error = errors.find((found) => found !== undefined);
    if (error) throw error;
  }
}

/** Undefined once the broker answers for the letter; an error when it says that it does not, or is gone. */
function confirmation(
  channel: ConfirmChannel,
  exchange: string,
  appId: string,
  { message, content }: OutgoingMessage,
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
      else if (isNack(error)) resolve(new BrokerFailure('NACKED', 'the broker could not keep a message'));
      else resolve(error instanceof Error ? error : new BrokerFailure('CLOSED', 'the channel was closed'));
    });
  });
}

function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === 'message nacked';
}
