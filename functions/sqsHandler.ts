import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Report } from '../src/notify/events.ts';
import { reportTo } from '../src/notify/logsAndMetrics.ts';
import { type FunctionTelemetry, lambdaHandler } from './lambdaHandler.ts';

/** What is done with the messages of one queue. */
export interface MessageWork {
  /** Throws when a (JSON-parsed) body says nothing that can ever be worked on. */
  readonly check: (body: unknown) => void;
  /** When it returns, the message may be acknowledged; when it throws, it must be kept. */
  readonly work: (body: unknown, report: Report) => Promise<void>;
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
    processPartialResponse(event, (record: SQSRecord) => handleRecord(telemetry, messageWork, record), processor, {
      context,
      throwOnFullBatchFailure: false,
    }),
  );
}

/** What runs per record. Records run at the same time, so what tells them apart goes with each line, not into the logger. */
async function handleRecord(
  { logger, metrics }: FunctionTelemetry,
  { check, work }: MessageWork,
  { messageId, body: text, attributes }: SQSRecord,
): Promise<void> {
  const identity = { correlation_id: messageId, messageId };
  const receiveCount = Number(attributes?.ApproximateReceiveCount);
  let body: unknown;
  try {
    body = JSON.parse(text);
    identity.correlation_id = eventIdOf(body) ?? messageId;
    check(body);
  } catch (error) {
    logger.error('message malformed', { ...identity, receiveCount, reason: reasonOf(error) });
    metrics.addMetric('MessagesMalformed', 'Count', 1);
    throw error;
  }
  try {
    await work(body, reportTo({ logger, metrics }, identity));
  } catch (error) {
    logger.warn('message kept for retry', { ...identity, receiveCount, reason: reasonOf(error), error });
    metrics.addMetric('MessagesFailed', 'Count', 1);
    throw error;
  }
}

/** EventBridge's id of an event (EventBridge User Guide, AWS service event metadata): it is the same in the payer's account. */
function eventIdOf(body: unknown): string | undefined {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
