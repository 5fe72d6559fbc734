import payers from 'payers:configuration';
import { DynamodbLedger } from '../src/aws/dynamodbLedger.ts';
import { parseEnvironment, statusVariables } from '../src/config/environment.ts';
import { type StatusReading, status } from '../src/status/status.ts';
import { createDynamodbClient } from './clients.ts';
import { lambdaHandler, startTelemetry } from './lambdaHandler.ts';

// At cold start.
const environment = parseEnvironment(statusVariables, process.env);
const reading: StatusReading = {
  ledger: new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE),
  fallback: payers,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  now: Date.now,
};
const telemetry = startTelemetry(environment.STAGE);

/** What AWS calls, by hand: the input that statusInput.ts tells, the report as its answer. It changes nothing. */
export const handler = lambdaHandler(telemetry, (input: unknown) => status(reading, input));
