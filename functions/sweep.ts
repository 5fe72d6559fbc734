import payers from 'payers:configuration';
import type { Context } from 'aws-lambda';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { queueUrlOf, SqsQueue } from '../src/adapters/sqs/queue.ts';
import { parseEnvironment, sweepVariables } from '../src/config/environment.ts';
import { type SurveyServices, sweepAndSurvey } from '../src/sweep/survey.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { lambdaHandler, startTelemetry } from './lambdaHandler.ts';

// At cold start.
const environment = parseEnvironment(sweepVariables, process.env);
const sqs = createSqsClient();
const surveying: Omit<SurveyServices, 'report'> = {
  ledger: new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE),
  finalizeQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.FINALIZE_QUEUE)),
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  fallback: payers,
  staleAfterHours: environment.STALE_AFTER_HOURS,
  payerMetrics: environment.PAYER_METRICS,
  now: Date.now,
};
const telemetry = startTelemetry(environment);

/** What AWS calls, by schedule: its input says nothing. Answers how many ticks were sent, and how many messages wait. */
export const handler = lambdaHandler(telemetry, async (_input: unknown, { awsRequestId }: Context) => {
  const report = reportTo(telemetry, { correlation_id: awsRequestId });
  const swept = await sweepAndSurvey({ ...surveying, report });
  telemetry.metrics.add({ metric: 'TicksSwept', value: swept.ticks });
  return swept;
});
