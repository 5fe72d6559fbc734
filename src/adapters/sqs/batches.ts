import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { checkWhole } from '../../base/checkWhole.ts';
import type { QueueMessage } from '../../queue/queue.ts';

const MAX_DELAY_SECONDS = 900;
const MAX_BATCH_MESSAGES = 10;
/** Both for one message and for a batch (SQS API reference, SendMessageBatch). */
const MAX_BYTES = 1024 * 1024;
/**
 * What the limit was until 2025, and still is in some regions: nothing is lost by keeping batches
 * to it.
 */
const BATCH_BYTES = 256 * 1024;

/** An entry as SQS takes it. `Id` distinguishes the entries of one batch. */
export type Entry = SendMessageBatchRequestEntry & { readonly Id: string };

/**
 * The messages as batches of 10 entries and 256 KiB at most; a larger message is a batch of its
 * own. Throws a RangeError that names the value for a delay outside of 0 to 900 whole seconds and
 * for a body beyond 1 MiB, a TypeError for a body that is not JSON: before anything is sent.
 */
export function batchesOf(messages: readonly QueueMessage<unknown>[]): Entry[][] {
  const batches: Entry[][] = [];
  let batch: Entry[] = [];
  let batchBytes = 0;
  for (const message of messages) {
    const { entry, sizeBytes } = entryOf(message);
    if (batch.length === 0 || batch.length === MAX_BATCH_MESSAGES || batchBytes + sizeBytes > BATCH_BYTES) {
      batch = [];
      batchBytes = 0;
      batches.push(batch);
    }
    batch.push({ ...entry, Id: String(batch.length) });
    batchBytes += sizeBytes;
  }
  return batches;
}

function entryOf({ body, delaySeconds = 0, group }: QueueMessage<unknown>): {
  entry: Omit<Entry, 'Id'>;
  sizeBytes: number;
} {
  checkWhole('delaySeconds', delaySeconds, 0, MAX_DELAY_SECONDS);
  const MessageBody = jsonOf(body);
  const sizeBytes = Buffer.byteLength(MessageBody);
  if (sizeBytes > MAX_BYTES)
    throw new RangeError(`a message body must have ${MAX_BYTES} bytes at most, got ${sizeBytes}`);
  const entry = { MessageBody, DelaySeconds: delaySeconds, MessageGroupId: group };
  return { entry, sizeBytes };
}

/**
 * JSON that SQS takes: it refuses a message with a character that XML cannot have (SQS Developer
 * Guide, "Amazon SQS message quotas"). Of those JSON.stringify leaves U+FFFE and U+FFFF as they
 * are, in strings only.
 */
function jsonOf(body: unknown): string {
  const json: string | undefined = JSON.stringify(body);
  if (json === undefined) throw new TypeError(`a message body must be JSON, got ${typeof body}`);
  return json.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}
