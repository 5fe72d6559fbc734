import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDepth } from '../../status/operations.ts';

const ATTRIBUTES = {
  waiting: 'ApproximateNumberOfMessages',
  inWork: 'ApproximateNumberOfMessagesNotVisible',
  delayed: 'ApproximateNumberOfMessagesDelayed',
} as const;

/**
 * How many messages a queue holds, as SQS counts them (SQS API Reference, GetQueueAttributes).
 * Throws SQS's own errors.
 */
export async function sqsDepth(client: SQSClient, queueUrl: () => Promise<string>): Promise<QueueDepth> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: await queueUrl(),
    AttributeNames: Object.values(ATTRIBUTES),
  });
  const { Attributes } = await client.send(command);
  const count = (name: keyof typeof ATTRIBUTES): number => {
    const text = Attributes?.[ATTRIBUTES[name]];
    if (text === undefined) throw new Error(`SQS answered without ${ATTRIBUTES[name]}`);
    return Number(text);
  };
  return { waiting: count('waiting'), inWork: count('inWork'), delayed: count('delayed') };
}
