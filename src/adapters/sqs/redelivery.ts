import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A message of SQS as its receiver has it. */
export interface ReceivedMessage {
  readonly receiptHandle: string;
  readonly body: string;
  readonly group?: string | undefined;
}

/** Has messages come back sooner than their queue's visibility timeout says. */
export class SqsRedelivery {
  readonly #client: SQSClient;
  readonly #queueUrl: () => Promise<string>;

  constructor(client: SQSClient, queueUrl: () => Promise<string>) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** Shows the message again after `seconds`: one receive more. Throws SQS's own error. */
  async showAgain({ receiptHandle }: ReceivedMessage, seconds: number): Promise<void> {
    const QueueUrl = await this.#queueUrl();
    const visibility = { ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
    await this.#client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ...visibility }));
  }

  /**
   * Sends the same message once more, to arrive after `seconds`, with no receive counted. Throws
   * SQS's own error.
   */
  async sendAgain({ body, group }: ReceivedMessage, seconds: number): Promise<void> {
    const QueueUrl = await this.#queueUrl();
    const message = { MessageBody: body, DelaySeconds: seconds, MessageGroupId: group };
    await this.#client.send(new SendMessageCommand({ QueueUrl, ...message }));
  }
}
