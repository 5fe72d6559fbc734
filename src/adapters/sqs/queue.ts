import {
  type BatchResultErrorEntry,
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Queue, QueueMessage } from '../../queue/queue.ts';
import { batchesOf, type Entry } from './batches.ts';

/** How often an entry is sent that SQS says it failed to take through no fault of the sender. */
const MAX_TRIES = 5;
const CONCURRENT_BATCHES = 4;

/** What became of an entry that SQS has not taken. */
type Refusal = Pick<BatchResultErrorEntry, 'Code' | 'Message' | 'SenderFault'>;

/**
 * Sends to a standard queue of SQS. A message's group becomes its MessageGroupId, which on a
 * standard queue makes it fair (SQS Developer Guide, "Amazon SQS fair queues"): up to 128 letters,
 * digits and punctuation marks.
 */
export class SqsQueue<Message> implements Queue<Message> {
  readonly #client: SQSClient;
  readonly #queueUrl: () => Promise<string>;
  readonly #backoff: Backoff;

  /** `queueUrl` is asked at every send: see {@link queueUrlOf}. */
  constructor(client: SQSClient, queueUrl: () => Promise<string>, backoff: Backoff = createBackoff()) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#backoff = backoff;
  }

  /**
   * See {@link Queue.send}. Throws a RangeError or a TypeError that names the value before anything
   * is sent (batchesOf), an Error with the number of messages that were not taken and why, or SQS's
   * own error: all but the first are for retry.
   */
  async send(messages: readonly QueueMessage<Message>[]): Promise<void> {
    const batches = batchesOf(messages);
    if (batches.length === 0) return;
    const url = await this.#queueUrl();
    const refusals = await pMap(batches, (batch) => this.#sendBatch(url, batch), { concurrency: CONCURRENT_BATCHES });
    const [first, ...others] = refusals.flat();
    if (first === undefined) return;
    const reason = [first.Code, first.Message].filter(Boolean).join(': ');
    throw new Error(`SQS has not taken ${1 + others.length} of ${messages.length} messages: ${reason}`);
  }

  /**
   * Answers what SQS has not taken after all tries; an entry that its answer leaves out was not
   * taken.
   */
  async #sendBatch(url: string, batch: readonly Entry[]): Promise<Refusal[]> {
    const refusedForGood: Refusal[] = [];
    let waiting = batch;
    for (let tries = 1; ; tries++) {
      const { Successful, Failed } = await this.#client.send(
        new SendMessageBatchCommand({ QueueUrl: url, Entries: [...waiting] }),
      );
      const taken = new Set(Successful?.map(({ Id }) => Id));
      const refusals = new Map(Failed?.map((failed) => [failed.Id, failed]));
      const open = waiting.filter(({ Id }) => !taken.has(Id));
      const refusalOf = ({ Id }: Entry): Refusal => refusals.get(Id) ?? NO_WORD;
      const isOver = tries === MAX_TRIES;
      refusedForGood.push(...open.map(refusalOf).filter(({ SenderFault }) => SenderFault || isOver));
      waiting = open.filter((entry) => !refusalOf(entry).SenderFault);
      if (waiting.length === 0 || isOver) return refusedForGood;
      await this.#backoff(tries);
    }
  }
}

const NO_WORD: Refusal = { Code: 'NotInAnswer', Message: 'SQS said nothing of it', SenderFault: false };

/**
 * A queue's URL by its name: looked up when it is first needed, then kept. A look-up that failed is
 * not kept.
 */
export function queueUrlOf(client: SQSClient, queueName: string): () => Promise<string> {
  let known: Promise<string> | undefined;
  const lookUp = async (): Promise<string> => {
    try {
      const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queueName }));
      if (QueueUrl === undefined) throw new Error(`SQS answered without QueueUrl for the queue ${queueName}`);
      return QueueUrl;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
  return () => {
    known ??= lookUp();
    return known;
  };
}
