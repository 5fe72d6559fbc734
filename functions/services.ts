import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamodbHourlyCounts } from '../src/adapters/dynamodb/hourlyCounts.ts';
import { openDynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { expectOwners, type OwnerOf } from '../src/adapters/s3/bucketOwners.ts';
import { createS3Client } from '../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../src/adapters/s3/objectStore.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import { SqsRedelivery } from '../src/adapters/sqs/redelivery.ts';
import type { HourlyCounts } from '../src/ledger/hourlyCounts.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { Notify } from '../src/ledger/message.ts';
import type { CopyRequest } from '../src/queue/copyMessage.ts';
import { CopyQueues } from '../src/queue/copyQueues.ts';
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

/**
 * Without the SDK's own log, to which nobody listens: it prepares a line for every request all the
 * same, from all that is sent and received, at 3 % of what staging a file costs.
 */
function withoutLog<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** A client of the ledger's table. */
export function openDynamodb(): DynamoDBClient {
  return withoutLog(new DynamoDBClient(SHORT_CALLS));
}

export function openLedger({ LEDGER_TABLE }: { readonly LEDGER_TABLE: string }): Ledger {
  return openDynamodbLedger(openDynamodb(), LEDGER_TABLE);
}

export function openHourlyCounts({ LEDGER_TABLE }: { readonly LEDGER_TABLE: string }): HourlyCounts {
  return new DynamodbHourlyCounts(openDynamodb(), LEDGER_TABLE);
}

/** Opens clients of S3, by region, whose every request says whose its buckets must be. */
export function openS3(ownerOf: OwnerOf): (region?: string) => S3Client {
  return (region) => withoutLog(expectOwners(createS3Client(region === undefined ? {} : { region }), ownerOf));
}

/** S3 as the workflows see it, with such clients. */
export function openStore(ownerOf: OwnerOf): S3ObjectStore {
  const clientIn = openS3(ownerOf);
  return new S3ObjectStore(clientIn(), { clientIn });
}

/** The queue of ticks. */
export function openFinalizeQueue({ FINALIZE_QUEUE }: { readonly FINALIZE_QUEUE: string }): Queue<Tick> {
  const client = new SQSClient(SHORT_CALLS);
  return new SqsQueue(client, queueUrlOf(client, FINALIZE_QUEUE));
}

interface QueuesEnvironment {
  readonly COPY_QUEUE: string;
  readonly MANIFEST_QUEUE: string;
  readonly FINALIZE_QUEUE: string;
}

/** The queues of copy requests and of ticks, with the connections of one client. */
export function openQueues({ COPY_QUEUE, MANIFEST_QUEUE, FINALIZE_QUEUE }: QueuesEnvironment): {
  readonly copyQueue: Queue<CopyRequest>;
  readonly finalizeQueue: Queue<Tick>;
} {
  const client = new SQSClient(SHORT_CALLS);
  return {
    copyQueue: new CopyQueues(
      new SqsQueue(client, queueUrlOf(client, COPY_QUEUE)),
      new SqsQueue(client, queueUrlOf(client, MANIFEST_QUEUE)),
    ),
    finalizeQueue: new SqsQueue(client, queueUrlOf(client, FINALIZE_QUEUE)),
  };
}

/** How messages of the queue that a function receives from come back soon. */
export function openRedelivery(queueName: string): SqsRedelivery {
  const client = new SQSClient(SHORT_CALLS);
  return new SqsRedelivery(client, queueUrlOf(client, queueName));
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
