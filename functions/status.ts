import payers from 'payers:configuration';
import { sqsDepth } from '../src/adapters/sqs/depth.ts';
import { queueUrlOf } from '../src/adapters/sqs/queue.ts';
import { parseEnvironment, statusVariables } from '../src/config/environment.ts';
import type { QueueReading } from '../src/status/operations.ts';
import type { StatusReading } from '../src/status/status.ts';
import { statusAnswer } from '../src/status/statusAnswer.ts';
import { lambdaHandler, startTelemetry } from './lambda.ts';
import { openHastySqs, openHourlyCounts, openLedger } from './services.ts';

// At cold start.
const environment = parseEnvironment(statusVariables, process.env);
const sqs = openHastySqs();
const reading: StatusReading = {
  ledger: openLedger(environment),
  hourlyCounts: openHourlyCounts(environment),
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

function queueReading(name: string, isDeadLetters: boolean): QueueReading {
  return { name, isDeadLetters, depth: () => sqsDepth(sqs, queueUrlOf(sqs, name)) };
}

/**
 * What AWS calls, by hand: its input is as statusInput.ts says, its answer the report or a table.
 * It changes nothing.
 */
export const handler = lambdaHandler(startTelemetry(environment), answerStatus);

// Per invocation.
async function answerStatus(input: unknown): ReturnType<typeof statusAnswer> {
  return statusAnswer(reading, input);
}
