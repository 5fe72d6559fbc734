import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { createRequire } from 'node:module';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

/** What is done with the files of a batch: staged by the function, or only a part of that. */
export type Work = 'CopyObject' | 'and a ranged read' | 'and DynamoDB' | 'staging';

/** An object at its source, and the message that announces it. */
export interface Announced {
  readonly bucket: string;
  readonly key: string;
  readonly record: SQSRecord;
}

/** What such a process is asked to do, as it stands in its message. */
export interface Order {
  readonly work: Work;
  /** As a queue delivers them: one batch after the other, the files of one at the same time. */
  readonly batches: readonly (readonly Announced[])[];
  /** For `and DynamoDB`: how many requests to it for a batch. */
  readonly ledgerRequests: number;
}

/** What that took this process: nobody else's time is in it. */
export interface Took {
  /** Of all its threads. */
  readonly cpuMs: number;
  readonly seconds: number;
  readonly s3Requests: number;
  readonly ledgerRequests: number;
  /** The most memory that it has had since it was started. */
  readonly peakMiB: number;
  /** What the function did not take. */
  readonly failed: number;
}

const [, , bundlePath = ''] = process.argv;

const requests = { s3: 0, ledger: 0 };
subscribe('http.client.request.start', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  const target = String(request.getHeader('x-amz-target') ?? '');
  if (target.startsWith('DynamoDB')) requests.ledger += 1;
  else if (target === '') requests.s3 += 1;
});

const bundle: { readonly handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> } = createRequire(
  import.meta.url,
)(bundlePath);
const context = { awsRequestId: 'the-request', functionName: 'copy', getRemainingTimeInMillis: () => 120_000 };

async function stage(batch: readonly Announced[]): Promise<number> {
  const answer = await bundle.handler({ Records: batch.map(({ record }) => record) }, context as Context);
  return answer.batchItemFailures.length;
}

/** What is done with a batch: it answers how many files that has failed at. */
async function workOf({ work, ledgerRequests }: Order): Promise<(batch: readonly Announced[]) => Promise<number>> {
  if (work === 'staging') return stage;
  // Imported when asked for: the memory of a process that stages alone is then the function's.
  const { PARTS } = await import('./stagingParts.ts');
  return async (batch) => {
    await Promise.all(batch.map((file, nth) => PARTS[work](file, nth, { files: batch.length, ledgerRequests })));
    return 0;
  };
}

process.on('message', async (order: Order) => {
  const work = await workOf(order);
  Object.assign(requests, { s3: 0, ledger: 0 });
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  let failed = 0;
  for (const batch of order.batches) failed += await work(batch);
  const { user, system } = process.cpuUsage(cpu);
  const took: Took = {
    cpuMs: (user + system) / 1000,
    seconds: (performance.now() - started) / 1000,
    s3Requests: requests.s3,
    ledgerRequests: requests.ledger,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    failed,
  };
  process.send?.(took);
});
process.on('disconnect', () => process.exit());
