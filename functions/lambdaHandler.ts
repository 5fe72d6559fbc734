import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { TelemetryEnvironment } from '../src/config/environment.ts';
import { type EmfMetrics, openEmfMetrics } from '../src/telemetry/emfMetrics.ts';
import { logValue } from '../src/telemetry/logsAndMetrics.ts';

/** One function's logger and metrics; made once, at its cold start. */
export interface FunctionTelemetry {
  readonly logger: Logger;
  readonly metrics: EmfMetrics;
}

/** Level, service and namespace come from the POWERTOOLS_ variables. */
export function startTelemetry({ STAGE: stage, PAYER_METRICS: payerMetrics }: TelemetryEnvironment): FunctionTelemetry {
  const logger = new Logger({ persistentKeys: { stage }, jsonReplacerFn: logValue });
  return { logger, metrics: openEmfMetrics(stage, payerMetrics) };
}

/** What AWS calls: every log line tells the invocation, and its metrics are written when it ends, well or not. */
export function lambdaHandler<Input, Answer>(
  { logger, metrics }: FunctionTelemetry,
  handle: (input: Input, context: Context) => Promise<Answer>,
): (input: Input, context: Context) => Promise<Answer> {
  // No early answer near the time limit: the work would go on in the next invocation, beside that one's own.
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
