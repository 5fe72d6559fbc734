import type { Context, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RecordContext, sqsHandler, startTelemetry } from '../../functions/lambda.ts';
import type { Report } from '../../src/telemetry/events.ts';
import { CopyWorld, chunk, execution, manifestBytes, NOON, OVERWRITE } from '../copy/copyWorld.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';

const EVENT_ID = '17793124-05d4-b198-2fde-7ededc63b103';
const CONTEXT: Context = {
  awsRequestId: 'the-request',
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'f',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-2:123456789012:function:f',
  logGroupName: 'g',
  logStreamName: 's',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 1234,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

function sqsEvent(body: string, receiveCount: number): SQSEvent {
  const attributes = {
    ApproximateReceiveCount: String(receiveCount),
    SentTimestamp: '0',
    SenderId: 'A',
    ApproximateFirstReceiveTimestamp: '0',
  };
  const record = { messageId: 'm-1', receiptHandle: 'r', body, attributes, messageAttributes: {}, md5OfBody: '' };
  return { Records: [{ ...record, eventSource: 'aws:sqs', eventSourceARN: 'arn', awsRegion: 'us-east-2' }] };
}

let written: string[];
beforeEach(() => {
  written = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const lines = (): Record<string, unknown>[] =>
  written.flatMap((text) => text.split('\n').filter((line) => line.startsWith('{'))).map((line) => JSON.parse(line));

/**
 * Hands one message to a handler that reports one event; answers what its work knew beside the
 * message.
 */
async function handle(
  body: unknown,
  { receiveCount = 1, parse = (said: unknown) => said } = {},
): Promise<RecordContext[]> {
  const seen: RecordContext[] = [];
  const work = async (_message: unknown, report: Report, about: RecordContext) => {
    seen.push(about);
    report({ what: 'source-unknown', bucket: 'b', key: 'k' });
  };
  const handler = sqsHandler(startTelemetry({ STAGE: 'prod', PAYER_METRICS: 'all' }), { parse, work });
  await handler(sqsEvent(JSON.stringify(body), receiveCount), CONTEXT);
  return seen;
}

describe('a message', () => {
  it.each([
    ['the id that a tick passes on', { period: '2026-10', correlationId: EVENT_ID }, EVENT_ID],
    ['the id of its event', { id: EVENT_ID }, EVENT_ID],
    ['its own id where it has no other', { period: '2026-10' }, 'm-1'],
    ['its own id where the other is none', { id: 'a\nb', correlationId: 'x'.repeat(65) }, 'm-1'],
    ['the id of its event where the one passed on is none', { id: EVENT_ID, correlationId: 7 }, EVENT_ID],
  ])('is worked on and reported under %s', async (_, body, correlationId) => {
    expect(await handle(body)).toMatchObject([{ correlationId, context: CONTEXT }]);
    expect(lines()).toContainEqual(
      expect.objectContaining({ message: 'source-unknown', correlation_id: correlationId, messageId: 'm-1' }),
    );
  });

  it('that comes again is counted as a retry; one that comes for the first time is not', async () => {
    await handle({ id: EVENT_ID });
    expect(lines().filter((line) => 'Retries' in line)).toEqual([]);
    await handle({ id: EVENT_ID }, { receiveCount: 3 });
    expect(lines().filter((line) => 'Retries' in line)).toEqual([expect.objectContaining({ Retries: 1 })]);
  });

  it('that comes again malformed is a retry too', async () => {
    const parse = () => {
      throw new TypeError('no such thing');
    };
    await handle({ id: EVENT_ID }, { receiveCount: 2, parse });
    expect(lines()).toContainEqual(expect.objectContaining({ Retries: 1, MessagesMalformed: 1, stage: 'prod' }));
  });
});

describe('what follows from an event', () => {
  let world: CopyWorld;
  beforeEach(async () => {
    world = await CopyWorld.create();
  });
  afterEach(() => world.close());

  it('is reported with the same id: the tick of the file that it staged', async () => {
    const event = await world.put(chunk(OVERWRITE, 1), parquetBytes(1));
    await world.handle(event, { correlationId: EVENT_ID });
    expect(world.finalizeQueue.sent.map(({ body }) => body)).toEqual([{ period: '2026-10', correlationId: EVENT_ID }]);
  });

  it('has no id where nobody gave one', async () => {
    await world.handle(await world.put(chunk(OVERWRITE, 1), parquetBytes(1)));
    expect(world.finalizeQueue.sent.map(({ body }) => body)).toEqual([{ period: '2026-10' }]);
  });

  it('is measured: a staged file from its event on', async () => {
    const event = await world.put(chunk(OVERWRITE, 1), parquetBytes(1), { at: NOON - 90_500 });
    await world.handle(event);
    expect(world.reported('file-staged')).toEqual([expect.objectContaining({ lagSeconds: 90.5 })]);
  });

  it('is not measured where the message says no time, and never below zero', async () => {
    const { time: _, ...timeless } = await world.put(chunk(OVERWRITE, 1), parquetBytes(1));
    await world.handle(timeless);
    await world.handle(await world.put(chunk(OVERWRITE, 2), parquetBytes(2), { at: NOON + 5000 }));
    const [first, second] = world.reported('file-staged');
    expect(first).not.toHaveProperty('lagSeconds');
    expect(second).toHaveProperty('lagSeconds', 0);
  });

  it('is reported with the same id: the files that a manifest asks for, and its second look', async () => {
    const { folder, manifest } = execution('2026-10-05T10:00:00.000Z', 'e1');
    const keys = [chunk(folder, 1), chunk(folder, 2)];
    await world.put(chunk(folder, 1), parquetBytes(1), { at: NOON - 60_000 });
    const event = await world.put(manifest, manifestBytes('e1', keys));
    await world.handle(event, { correlationId: EVENT_ID });
    expect(world.copyQueue.sent.map(({ body }) => body)).toEqual([
      expect.objectContaining({ correlationId: EVENT_ID, kind: 'copy' }),
      expect.objectContaining({ correlationId: EVENT_ID, kind: 'second-look' }),
    ]);
  });
});
