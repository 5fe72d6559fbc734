import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { queueUrlOf, SqsQueue } from '../../../src/adapters/sqs/queue.ts';
import type { MotoServer } from '../../aws/motoServer.ts';
import type { QueueHarness } from '../../queue/queueContract.ts';

/** Longer than a few calls take, on a machine that is busy with other things, too. */
const VISIBILITY_SECONDS = 10;
const DELAY_SECONDS = 10;
const MAX_RECEIVES = 2;

/** A fresh queue with its dead-letter queue on moto's server; time goes by for real. */
export interface SqsWorld extends QueueHarness {
  readonly client: SQSClient;
  readonly queueName: string;
  /** Messages as SQS hands them out, with all that it knows of them. */
  receiveRaw(): Promise<Message[]>;
}

export async function createSqsWorld(moto: MotoServer): Promise<SqsWorld> {
  const client = new SQSClient(moto.clientConfig);
  const queueName = `queue-${randomUUID()}`;
  const create = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const dead = await create(`${queueName}-dead`);
  const arn = await client.send(new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }));
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arn.Attributes?.QueueArn,
    maxReceiveCount: MAX_RECEIVES,
  });
  const QueueUrl = await create(queueName, { VisibilityTimeout: String(VISIBILITY_SECONDS), RedrivePolicy });
  const receiveFrom = async (url: string): Promise<Message[]> => {
    const all = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
    return (await client.send(new ReceiveMessageCommand({ QueueUrl: url, ...all }))).Messages ?? [];
  };
  const bodyOf = ({ Body = '' }: Message): unknown => JSON.parse(Body);
  return {
    client,
    queueName,
    queue: new SqsQueue<unknown>(client, queueUrlOf(client, queueName)),
    maxReceives: MAX_RECEIVES,
    pastVisibilitySeconds: VISIBILITY_SECONDS + 0.5,
    delaySeconds: DELAY_SECONDS,
    receiveRaw: () => receiveFrom(QueueUrl),
    receive: async () =>
      (await receiveFrom(QueueUrl)).map((message) => ({
        body: bodyOf(message),
        receipt: message.ReceiptHandle ?? '',
        receiveCount: Number(message.Attributes?.ApproximateReceiveCount),
      })),
    acknowledge: async (ReceiptHandle) =>
      void (await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))),
    release: async (ReceiptHandle) =>
      void (await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))),
    elapse: (seconds) => setTimeout(seconds * 1_000),
    deadBodies: async () => (await receiveFrom(dead)).map(bodyOf),
    close: async () => client.destroy(),
  };
}
