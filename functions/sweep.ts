import { DynamodbLedger } from '../src/aws/dynamodbLedger.ts';
import { queueUrlOf, SqsQueue } from '../src/aws/sqsQueue.ts';
import { parseEnvironment, sweepVariables } from '../src/config/environment.ts';
import { type Sweeping, sweep } from '../src/reconcile/sweep.ts';
import { createDynamodbClient, createSqsClient } from './clients.ts';
import { lambdaHandler, startTelemetry } from './lambdaHandler.ts';

// At cold start.
const environment = parseEnvironment(sweepVariables, process.env);
const sqs = createSqsClient();
const sweeping: Sweeping = {
  ledger: new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE),
  finalizeQueue: new SqsQueue(sqs, queueUrlOf(sqs, environment.FINALIZE_QUEUE)),
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  now: Date.now,
};
const telemetry = startTelemetry(environment.STAGE);

/** What AWS calls, by schedule: its input says nothing. Answers how many ticks were sent. */
export const handler = lambdaHandler(telemetry, async () => {
  const ticks = await sweep(sweeping);
  telemetry.metrics.addMetric('TicksSwept', 'Count', ticks);
  return { ticks };
});
