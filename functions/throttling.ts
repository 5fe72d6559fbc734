import type { SQSRecord } from 'aws-lambda';
import type { ReceivedMessage } from '../src/adapters/sqs/redelivery.ts';
import { LedgerThrottled } from '../src/ledger/ledger.ts';
import { StoreThrottled } from '../src/store/objectStore.ts';

/** How a queue's messages come back before their visibility timeout is over. */
export interface Redelivery {
  showAgain(message: ReceivedMessage, seconds: number): Promise<void>;
  sendAgain(message: ReceivedMessage, seconds: number): Promise<void>;
}

/** By then whoever was throttled has room again; spread, so that they do not come all at once. */
const LEAST_SECONDS = 10;
const MOST_SECONDS = 60;
/** The queues' redrive policies give a message up after five receives. */
const LAST_SAFE_RECEIVE = 3;

/** Whether S3 or the ledger was asked too often. */
export function isThrottled(error: unknown): error is StoreThrottled | LedgerThrottled {
  return error instanceof StoreThrottled || error instanceof LedgerThrottled;
}

/**
 * Has a message that met throttling come back within a minute, and answers whether this one may be
 * acknowledged. Throttling alone never leads to the dead-letter queue: a message that was received
 * three times is sent anew in place of the old one, and its receives are counted from the start.
 * Throws what SQS throws: then the message comes back after its visibility timeout.
 */
export async function redeliverSoon(
  redelivery: Redelivery,
  { receiptHandle, body, attributes }: SQSRecord,
): Promise<'acknowledge' | 'keep'> {
  const seconds = LEAST_SECONDS + Math.floor(Math.random() * (MOST_SECONDS - LEAST_SECONDS + 1));
  const message = { receiptHandle, body, group: attributes.MessageGroupId };
  if (Number(attributes.ApproximateReceiveCount) < LAST_SAFE_RECEIVE) {
    await redelivery.showAgain(message, seconds);
    return 'keep';
  }
  await redelivery.sendAgain(message, seconds);
  return 'acknowledge';
}
