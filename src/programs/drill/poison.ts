import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DrillPlan } from './drillPlan.ts';

type Poison = Pick<DrillPlan, 'drillId' | 'body'>;

/**
 * How often a queue is looked into: a receive answers at most ten, and may answer fewer than there
 * are.
 */
const LOOKS = 30;
/** Longer than looking takes; then all that was looked at is there again. */
const HIDDEN_SECONDS = 60;

/** A queue's URL. Throws SQS's QueueDoesNotExist. */
export async function findQueue(sqs: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new Error(`SQS answers no URL of ${name}`);
  return QueueUrl;
}

/**
 * How long a message that always fails takes to the dead-letter queue: so many attempts, each as
 * long as it is hidden.
 */
export async function secondsUntilDead(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'] }),
  );
  const policy: unknown = JSON.parse(Attributes.RedrivePolicy ?? '{}');
  const attempts = Number(Reflect.get(Object(policy), 'maxReceiveCount'));
  const seconds = attempts * Number(Attributes.VisibilityTimeout);
  if (!Number.isFinite(seconds)) throw new Error(`${queueUrl} has no dead-letter queue`);
  return seconds;
}

export async function sendPoison(sqs: SQSClient, queueUrl: string, { body }: Poison): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(body) }));
}

/**
 * Deletes the message from whichever of the queues has it, and shows all others again at once; they
 * count one receipt more. Answers whether it was found: a message in flight is hidden.
 */
export async function removePoison(sqs: SQSClient, queueUrls: readonly string[], poison: Poison): Promise<boolean> {
  for (const queueUrl of queueUrls) if (await removeFrom(sqs, queueUrl, poison)) return true;
  return false;
}

async function removeFrom(sqs: SQSClient, queueUrl: string, { drillId }: Poison): Promise<boolean> {
  const others: Message[] = [];
  let isFound = false;
  for (let look = 0; look < LOOKS && !isFound; look++) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: 1,
      }),
    );
    if (Messages.length === 0) break;
    for (const message of Messages) {
      if (!message.Body?.includes(drillId)) others.push(message);
      else {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
        isFound = true;
      }
    }
  }
  for (const { ReceiptHandle } of others) {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return isFound;
}
