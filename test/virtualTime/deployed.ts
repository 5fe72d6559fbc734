import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const LIMITS = z.object({
  /** How long an invocation may last. */
  timeoutSeconds: z.number(),
  batchSize: z.number(),
  /** An event source of these tests waits for no batch to be filled. */
  batchWindowSeconds: z.literal(0),
  /** Invocations at once. */
  concurrency: z.number(),
  /** When a message that was not acknowledged is delivered again. */
  visibilitySeconds: z.number(),
  /** How often a message is delivered before it is a dead letter. */
  maxReceives: z.number(),
});

/** What AWS holds a function to that works on a queue, and its queue. */
export type QueueLimits = z.infer<typeof LIMITS>;

const serverless = read('serverless.yml');
const queues = read('resources/queues.yml').Resources;
const params = { ...serverless.params.default, ...serverless.params.prod };

/** What prod decides. */
export const PROD = z
  .object({
    quietSeconds: z.number(),
    maxWaitSeconds: z.number(),
    supersededGraceSeconds: z.number(),
    copyConcurrency: z.number(),
    manifestConcurrency: z.number(),
    finalizeConcurrency: z.number(),
    reconcileConcurrency: z.number(),
    finalizeStatements: z.number(),
    partitionSeconds: z.number(),
    staleAfterHours: z.number(),
    notVisibleAfterHours: z.number(),
    payerMetrics: z.number(),
  })
  .parse(params);

/** As serverless.yml and resources/queues.yml have it for prod. */
export const QUEUES = {
  copy: limitsOf('copy', 'CopyQueue'),
  manifest: limitsOf('manifest', 'ManifestQueue'),
  finalize: limitsOf('finalize', 'FinalizeQueue'),
  reconcile: limitsOf('reconcile', 'ReconcileQueue'),
};

/** When the alarm "staged and not visible" is raised, beside prod's threshold. */
export const NOT_VISIBLE_ALARM = alarm('NotVisibleAlarm');

/** How long an invocation of a function may last. */
export function timeoutSecondsOf(name: string): number {
  return z.number().parse(serverless.functions[name].timeout);
}

function limitsOf(name: string, queue: string): QueueLimits {
  const { sqs } = serverless.functions[name].events[0];
  const { VisibilityTimeout: visibilitySeconds, RedrivePolicy } = queues[queue].Properties;
  return LIMITS.parse({
    timeoutSeconds: timeoutSecondsOf(name),
    batchSize: sqs.batchSize,
    batchWindowSeconds: sqs.maximumBatchingWindow,
    concurrency: params[/^\$\{param:(\w+)\}$/.exec(sqs.maximumConcurrency)?.[1] ?? ''],
    visibilitySeconds,
    maxReceives: RedrivePolicy.maxReceiveCount,
  });
}

function alarm(name: string) {
  const { Period, EvaluationPeriods } = read('resources/alarms.yml').Resources[name].Properties;
  return z.object({ periodSeconds: z.number(), evaluationPeriods: z.number() }).parse({
    periodSeconds: Period,
    evaluationPeriods: EvaluationPeriods,
  });
}

function read(path: string) {
  return parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), { logLevel: 'silent', merge: true });
}
