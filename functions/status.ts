import payers from 'payers:configuration';
import { DynamodbLedger } from '../src/adapters/dynamodb/ledger.ts';
import { sqsDepth } from '../src/adapters/sqs/depth.ts';
import { queueUrlOf } from '../src/adapters/sqs/queue.ts';
import { parseEnvironment, statusVariables } from '../src/config/environment.ts';
import type { QueueReading } from '../src/status/operations.ts';
import type { StatusReading } from '../src/status/status.ts';
import { statusAnswer } from '../src/status/statusAnswer.ts';
import { createDynamodbClient, createHastySqsClient } from './clients.ts';
import { lambdaHandler, startTelemetry } from './lambdaHandler.ts';

// At cold start.
const environment = parseEnvironment(statusVariables, process.env);
const sqs = createHastySqsClient();
const reading: StatusReading = {
  ledger: new DynamodbLedger(createDynamodbClient(), environment.LEDGER_TABLE),
  fallback: payers,
  debounce: { quietSeconds: environment.QUIET_SECONDS, maxWaitSeconds: environment.MAX_WAIT_SECONDS },
  operations: {
    release: environment.RELEASE,
    queues: [
      ...environment.QUEUES.map((name) => queueReading(name, false)),
      ...environment.DEAD_LETTER_QUEUES.map((name) => queueReading(name, true)),
    ],
  },
  now: Date.now,
};
const telemetry = startTelemetry(environment);

/** What AWS calls, by hand: the input that statusInput.ts tells, the report or its table as the answer. It changes nothing. */
export const handler = lambdaHandler(telemetry, (input: unknown) => statusAnswer(reading, input));

function queueReading(name: string, isDeadLetters: boolean): QueueReading {
  return { name, isDeadLetters, depth: () => sqsDepth(sqs, queueUrlOf(sqs, name)) };
}
