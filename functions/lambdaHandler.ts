import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { logValue } from '../src/notify/logsAndMetrics.ts';

/** One function's logger and metrics; made once, at its cold start. */
export interface FunctionTelemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Level, service and namespace come from the POWERTOOLS_ variables. The one dimension of all metrics is the stage. */
export function startTelemetry(stage: string): FunctionTelemetry {
  const logger = new Logger({ persistentKeys: { stage }, jsonReplacerFn: logValue });
  const metrics = new Metrics();
  // Without this Powertools adds the service as a dimension, and every alarm would have to name it.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ stage });
  return { logger, metrics };
}

/** What AWS calls: every log line tells the invocation, and its metrics are written when it ends, well or not. */
export function lambdaHandler<Input, Answer>(
  { logger, metrics }: FunctionTelemetry,
  handle: (input: Input, context: Context) => Promise<Answer>,
): (input: Input, context: Context) => Promise<Answer> {
  const publish = () => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  // No early answer near the time limit: the work would go on in the next invocation, beside that one's own.
  return middy<Input, Answer>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(logger))
    .use({
      after: publish,
      onError: ({ error }) => {
        logger.error('invocation failed', { error });
        publish();
      },
    })
    .handler(handle);
}
