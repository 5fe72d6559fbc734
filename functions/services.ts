import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { Notify } from '../src/ledger/message.ts';
import type { CopyRequest } from '../src/queue/copyMessage.ts';
import type { Queue } from '../src/queue/queue.ts';
import type { ReconcileMessage } from '../src/queue/reconcileMessage.ts';
import type { Tick } from '../src/queue/tick.ts';

/**
 * What the functions are made of, built at cold start. Nothing happens when this file is imported,
 * and nothing that it imports may do anything then: so a function's bundle has only what it calls
 * of it.
 */

/**
 * For short calls inside one region: a connection that hangs is given up and the call sent again,
 * long before the function's own time is up. Region, credentials and endpoints (AWS_ENDPOINT_URL
 * and its like) come from the environment; connections are kept, as is the SDK's default.
 */
export const SHORT_CALLS = { maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, socketTimeout: 20_000 } };

export function openLedger({ LEDGER_TABLE }: { readonly LEDGER_TABLE: string }): DynamodbLedger {
  return new DynamodbLedger(new DynamoDBClient(SHORT_CALLS), LEDGER_TABLE);
}

/** The queue of ticks. */
export function openFinalizeQueue({ FINALIZE_QUEUE }: { readonly FINALIZE_QUEUE: string }): Queue<Tick> {
  const client = new SQSClient(SHORT_CALLS);
  return new SqsQueue(client, queueUrlOf(client, FINALIZE_QUEUE));
}

interface QueuesEnvironment {
  readonly COPY_QUEUE: string;
  readonly FINALIZE_QUEUE: string;
}

/** The queues of copy requests and of ticks, with the connections of one client. */
export function openQueues({ COPY_QUEUE, FINALIZE_QUEUE }: QueuesEnvironment): {
  readonly copyQueue: Queue<CopyRequest>;
  readonly finalizeQueue: Queue<Tick>;
} {
  const client = new SQSClient(SHORT_CALLS);
  return {
    copyQueue: new SqsQueue(client, queueUrlOf(client, COPY_QUEUE)),
    finalizeQueue: new SqsQueue(client, queueUrlOf(client, FINALIZE_QUEUE)),
  };
}

/** The queue of payers that a reconcile is about to look at. */
export function openReconcileQueue({ RECONCILE_QUEUE }: { readonly RECONCILE_QUEUE: string }): Queue<ReconcileMessage> {
  const client = new SQSClient(SHORT_CALLS);
  return new SqsQueue(client, queueUrlOf(client, RECONCILE_QUEUE));
}

/** For questions that can do without an answer: soon given up. */
export function openHastySqs(): SQSClient {
  return new SQSClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 2_000, socketTimeout: 5_000 } });
}

/**
 * How the stage's functions notify other systems: through the ledger's outbox. Where there is no
 * broker, nobody listens.
 */
export function notifyThroughOutbox(
  ledger: Pick<Ledger, 'putIntoOutbox'>,
  { RABBITMQ_SECRET }: { readonly RABBITMQ_SECRET: string },
): Notify {
  return RABBITMQ_SECRET === 'none' ? async () => {} : (messages) => ledger.putIntoOutbox(messages);
}
