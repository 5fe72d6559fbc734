import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Report } from '../src/telemetry/events.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { type FunctionTelemetry, lambdaHandler } from './lambdaHandler.ts';

/** EventBridge's ids are UUIDs; this is what may stand in a log line and a tick as it is. */
const CORRELATION_ID = /^[\w-]{1,64}$/;

/** What is done with the messages of one queue. */
interface MessageWork {
  /** Throws when a (JSON-parsed) body says nothing that can ever be worked on. */
  readonly check: (body: unknown) => void;
  /** When it returns, the message may be acknowledged; when it throws, it must be kept. */
  readonly work: (body: unknown, report: Report, circumstances: Circumstances) => Promise<void>;
}

/** Under which a message is worked on. */
export interface Circumstances {
  /** Names the event that it all began with, in logs and in everything that follows: /^[\w-]{1,64}$/. */
  readonly correlationId: string;
  /** Tells the time that is left. */
  readonly context: Context;
}

/**
 * Works on the records of a batch concurrently, and answers those that failed: the others are acknowledged (SQS event
 * source mapping, ReportBatchItemFailures).
 *
 *   work throws            retry: the message comes again after its visibility timeout, at most as often as the queue's
 *                          redrive policy says, and then lies in the dead-letter queue, with an alarm
 *   the body is malformed  the same way, told as an error: nobody will ever be able to work on it
 */
export function sqsHandler(
  telemetry: FunctionTelemetry,
  messageWork: MessageWork,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const processor = new BatchProcessor(EventType.SQS);
  return lambdaHandler(telemetry, (event: SQSEvent, context) =>
    processPartialResponse(
      event,
      (record: SQSRecord) => handleRecord(telemetry, messageWork, record, context),
      processor,
      {
        context,
        throwOnFullBatchFailure: false,
      },
    ),
  );
}

/** What runs per record. Records run at the same time, so what tells them apart goes with each line, not into the logger. */
async function handleRecord(
  { logger, metrics }: FunctionTelemetry,
  { check, work }: MessageWork,
  { messageId, body: text, attributes }: SQSRecord,
  context: Context,
): Promise<void> {
  const identity = { correlation_id: messageId, messageId };
  const receiveCount = Number(attributes?.ApproximateReceiveCount);
  if (receiveCount > 1) metrics.add({ metric: 'Retries', value: 1 });
  let body: unknown;
  try {
    body = JSON.parse(text);
    identity.correlation_id = correlationIdOf(body) ?? messageId;
    check(body);
  } catch (error) {
    logger.error('message malformed', { ...identity, receiveCount, reason: reasonOf(error) });
    metrics.add({ metric: 'MessagesMalformed', value: 1 });
    throw error;
  }
  try {
    const correlationId = identity.correlation_id;
    await work(body, reportTo({ logger, metrics }, identity), { correlationId, context });
  } catch (error) {
    logger.warn('message kept for retry', { ...identity, receiveCount, reason: reasonOf(error), error });
    metrics.add({ metric: 'MessagesFailed', value: 1 });
    throw error;
  }
}

/**
 * What a message says that it follows from: the id that a tick passes on, else EventBridge's id of an event (EventBridge
 * User Guide, AWS service event metadata), which is the same in the payer's account.
 */
function correlationIdOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const ids = [Reflect.get(body, 'correlationId'), Reflect.get(body, 'id')];
  return ids.find((id): id is string => typeof id === 'string' && CORRELATION_ID.test(id));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
