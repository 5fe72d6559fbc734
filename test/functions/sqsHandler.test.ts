import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordContext, sqsHandler, startTelemetry } from '../../functions/lambda.ts';
import type { Redelivery } from '../../functions/throttling.ts';
import { StoreThrottled } from '../../src/store/objectStore.ts';
import { sqsEvent } from './bundledFunction.ts';

const TELEMETRY = { STAGE: 'prod', PAYER_METRICS: 'all' } as const;
const CONTEXT = { awsRequestId: 'the-request', getRemainingTimeInMillis: () => 120_000 } as Context;

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'cur-reactor');
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'cur-reactor');
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockReturnValue(undefined);
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What was done with messages, and for how long. */
function recordingRedelivery() {
  const done: [string, string, number][] = [];
  const redelivery: Redelivery = {
    showAgain: async ({ receiptHandle }, seconds) => void done.push(['shown again', receiptHandle, seconds]),
    sendAgain: async ({ body, group }, seconds) => void done.push(['sent again', `${group} ${body}`, seconds]),
  };
  return { redelivery, done };
}

function handle(work: (body: unknown) => Promise<void>, event: SQSEvent, options: object = {}) {
  const messageWork = { parse: (body: unknown) => body, work, ...options };
  return sqsHandler(startTelemetry(TELEMETRY), messageWork)(event, CONTEXT);
}

const throttled = () => Promise.reject(new StoreThrottled('S3 is asked too often (SlowDown)'));
const inGroup = ({ Records }: SQSEvent, group: string): SQSEvent => ({
  Records: Records.map((record): SQSRecord => {
    const attributes = { ...record.attributes, MessageGroupId: group };
    return { ...record, attributes };
  }),
});

describe('a message that meets throttling', () => {
  it.each([1, 2])('comes back within a minute, also at its receive number %d', async (receives) => {
    const { redelivery, done } = recordingRedelivery();
    const answer = await handle(throttled, sqsEvent({ m: {} }, receives), { redelivery });
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm' }]);
    expect(done).toEqual([['shown again', 'receipt-m', expect.any(Number)]]);
    for (const [, , seconds] of done) expect(seconds >= 10 && seconds <= 60).toBe(true);
  });

  it('is sent anew before its receives are used up, with its group, and only then acknowledged', async () => {
    const { redelivery, done } = recordingRedelivery();
    const event = inGroup(sqsEvent({ m: { n: 1 } }, 3), 'payer-1');
    expect((await handle(throttled, event, { redelivery })).batchItemFailures).toEqual([]);
    expect(done).toEqual([['sent again', 'payer-1 {"n":1}', expect.any(Number)]]);
    const failing = { ...redelivery, sendAgain: () => Promise.reject(new Error('SQS is away')) };
    const kept = await handle(throttled, event, { redelivery: failing });
    expect(kept.batchItemFailures).toEqual([{ itemIdentifier: 'm' }]);
  });

  it('never hides what else fails: that comes back after its visibility timeout', async () => {
    const { redelivery, done } = recordingRedelivery();
    const answer = await handle(() => Promise.reject(new Error('broken')), sqsEvent({ m: {} }, 3), { redelivery });
    expect([answer.batchItemFailures, done]).toEqual([[{ itemIdentifier: 'm' }], []]);
  });
});

it('a message that takes too long fails alone: the others of its batch are acknowledged', async () => {
  const work = (body: unknown) => (body === 'slow' ? new Promise<void>(() => {}) : Promise.resolve());
  const event = sqsEvent({ slow: '"slow"', quick: '"quick"', other: '"other"' });
  const answer = await handle(work, event, { recordSeconds: 0.05 });
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'slow' }]);
});

it('work knows the account that its queue lies in', async () => {
  const accounts: unknown[] = [];
  const work = async (_body: unknown, _report: unknown, { account }: RecordContext) => void accounts.push(account);
  await sqsHandler(startTelemetry(TELEMETRY), { parse: (body) => body, work })(sqsEvent({ m: {} }), CONTEXT);
  expect(accounts).toEqual(['123456789012']);
});
