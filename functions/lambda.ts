import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { isCorrelationId } from '../src/base/correlationId.ts';
import { withDeadline } from '../src/base/deadline.ts';
import type { TelemetryEnvironment } from '../src/config/environment.ts';
import { type EmfMetrics, openEmfMetrics } from '../src/telemetry/emfMetrics.ts';
import type { Report } from '../src/telemetry/events.ts';
import { logValue, reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { isThrottled, type Redelivery, redeliverSoon } from './throttling.ts';

/** One function's logger and metrics; made once, at its cold start. */
interface FunctionTelemetry {
  readonly logger: Logger;
  readonly metrics: EmfMetrics;
}

/** Level, service and namespace come from the POWERTOOLS_ variables. */
export function startTelemetry({ STAGE: stage, PAYER_METRICS: payerMetrics }: TelemetryEnvironment): FunctionTelemetry {
  const logger = new Logger({ persistentKeys: { stage }, jsonReplacerFn: logValue });
  return { logger, metrics: openEmfMetrics(stage, payerMetrics) };
}

/**
 * What AWS calls: every log line names the invocation, and its metrics are written when it ends,
 * well or not.
 */
export function lambdaHandler<Input, Answer>(
  { logger, metrics }: FunctionTelemetry,
  handle: (input: Input, context: Context) => Promise<Answer>,
): (input: Input, context: Context) => Promise<Answer> {
  // No early answer near the time limit: the work would go on in the next invocation, beside that
  // one's own.
  return middy<Input, Answer>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(logger))
    .use({
      after: () => metrics.publish(),
      onError: ({ error }) => {
        logger.error('invocation failed', { error });
        metrics.publish();
      },
    })
    .handler(handle);
}

/** What is done with the messages of one queue. */
interface MessageWork<Message> {
  /** Reads a (JSON-parsed) body, once. Throws when it says nothing that can ever be worked on. */
  readonly parse: (body: unknown) => Message;
  /** When it returns, the message may be acknowledged; when it throws, it must not be. */
  readonly work: (message: Message, report: Report, about: RecordContext) => Promise<void>;
  /**
   * A message that takes longer has failed, and its signal is aborted: it must not take the others
   * of its batch with it when the function's time is up.
   */
  readonly recordSeconds?: number;
  /** How a message that met throttling comes back soon. */
  readonly redelivery?: Redelivery;
}

/** What a message's work may know beside the message. */
export interface RecordContext {
  /**
   * Names the event that it all began with, in logs and in everything that follows:
   * /^[\w-]{1,64}$/.
   */
  readonly correlationId: string;
  /** Knows the time that is left. */
  readonly context: Context;
  /** The account that the queue lies in, and the function runs in. */
  readonly account: string | undefined;
  /** How often the message was received, this time included. */
  readonly receiveCount: number;
  /** Aborted when the message's time is up: what goes on for it should end. */
  readonly signal: AbortSignal;
}

/**
 * Works on the records of a batch concurrently, and answers those that failed: the others are
 * acknowledged (SQS event source mapping, ReportBatchItemFailures).
 *
 *   work throws            retry: the message comes again after its visibility timeout, at most as
 *                          often as the queue's redrive policy says, and then lies in the
 *                          dead-letter queue, with an alarm
 *   work takes too long    the same: its signal is aborted, and it is not waited for any more
 *   S3 or the ledger is    it comes again within a minute, and does not end in the dead-letter queue
 *   asked too often        (throttling.ts)
 *   the body is malformed  the same way, reported as an error: nobody will ever be able to work on it
 */
export function sqsHandler<Message>(
  telemetry: FunctionTelemetry,
  messageWork: MessageWork<Message>,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const processor = new BatchProcessor(EventType.SQS);
  return lambdaHandler(telemetry, (event: SQSEvent, context) =>
    processPartialResponse(
      event,
      (record: SQSRecord) => handleRecord(telemetry, messageWork, record, context),
      processor,
      { context, throwOnFullBatchFailure: false },
    ),
  );
}

/**
 * Per record. Records run at the same time, so what distinguishes them goes with each line, not
 * into the logger.
 */
async function handleRecord<Message>(
  telemetry: FunctionTelemetry,
  messageWork: MessageWork<Message>,
  record: SQSRecord,
  context: Context,
): Promise<void> {
  const { logger, metrics } = telemetry;
  const { messageId } = record;
  const identity = { correlation_id: messageId, messageId };
  const receiveCount = Number(record.attributes?.ApproximateReceiveCount);
  if (receiveCount > 1) metrics.add({ metric: 'Retries', value: 1 });
  let message: Message;
  try {
    const body: unknown = JSON.parse(record.body);
    identity.correlation_id = correlationIdOf(body) ?? messageId;
    message = messageWork.parse(body);
  } catch (error) {
    logger.error('message malformed', { ...identity, receiveCount, reason: reasonOf(error) });
    metrics.add({ metric: 'MessagesMalformed', value: 1 });
    throw error;
  }
  const about = {
    correlationId: identity.correlation_id,
    context,
    account: accountIn(record.eventSourceARN),
    receiveCount,
  };
  try {
    await withinItsTime(messageWork, message, reportTo(telemetry, identity), about);
  } catch (error) {
    if (isThrottled(error) && messageWork.redelivery) {
      logger.warn('message throttled', { ...identity, receiveCount, reason: reasonOf(error) });
      metrics.add({ metric: 'MessagesThrottled', value: 1 });
      const redelivered = redeliverSoon(messageWork.redelivery, record).catch((failure: unknown) => {
        logger.warn('message not brought back soon', { ...identity, reason: reasonOf(failure) });
        return 'keep';
      });
      if ((await redelivered) === 'acknowledge') return;
      throw error;
    }
    logger.warn('message kept for retry', { ...identity, receiveCount, reason: reasonOf(error), error });
    metrics.add({ metric: 'MessagesFailed', value: 1 });
    throw error;
  }
}

async function withinItsTime<Message>(
  { work, recordSeconds }: MessageWork<Message>,
  message: Message,
  report: Report,
  about: Omit<RecordContext, 'signal'>,
): Promise<void> {
  if (recordSeconds === undefined) return work(message, report, { ...about, signal: new AbortController().signal });
  await withDeadline({ what: 'the work on a message', seconds: recordSeconds }, (signal) =>
    work(message, report, { ...about, signal }),
  );
}

/**
 * The account in an ARN, such as arn:aws:sqs:REGION:ACCOUNT:NAME; undefined where there is none, as
 * in what `sls invoke local` makes up.
 */
export function accountIn(arn: string | undefined): string | undefined {
  const account = arn?.split(':')[4] ?? '';
  return /^\d{12}$/.test(account) ? account : undefined;
}

/**
 * What a message says that it follows from: the id that a tick or a request passes on, else
 * EventBridge's id of an event (EventBridge User Guide, AWS service event metadata), which is the
 * same in the payer's account.
 */
function correlationIdOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const ids = [Reflect.get(body, 'correlationId'), Reflect.get(body, 'id')];
  return ids.find(isCorrelationId);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
