import payers from 'payers:configuration';
import type { Context } from 'aws-lambda';
import { parseEnvironment, sweepVariables } from '../src/config/environment.ts';
import { type SurveyServices, type Swept, sweepAndSurvey } from '../src/sweep/survey.ts';
import { reportTo } from '../src/telemetry/logsAndMetrics.ts';
import { lambdaHandler, startTelemetry } from './lambda.ts';
import { openFinalizeQueue, openLedger } from './services.ts';

// At cold start.
const environment = parseEnvironment(sweepVariables, process.env);
const services: Omit<SurveyServices, 'report'> = {
  ledger: openLedger(environment),
  finalizeQueue: openFinalizeQueue(environment),
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  fallback: payers,
  staleAfterHours: environment.STALE_AFTER_HOURS,
  payerMetrics: environment.PAYER_METRICS,
  now: Date.now,
};
const telemetry = startTelemetry(environment);

/**
 * What AWS calls, by schedule: its input says nothing. It answers how many ticks were sent, and how
 * many messages wait.
 */
export const handler = lambdaHandler(telemetry, sweepPeriods);

// Per invocation.
async function sweepPeriods(_input: unknown, { awsRequestId }: Context): Promise<Swept> {
  const report = reportTo(telemetry, { correlation_id: awsRequestId });
  const swept = await sweepAndSurvey({ ...services, report });
  telemetry.metrics.add({ metric: 'TicksSwept', value: swept.ticks });
  return swept;
}
