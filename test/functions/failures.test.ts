import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addCopyConditions, s3Answer } from '../adapters/s3/copyConditions.ts';
import { type AwsRequest, dynamodbError, type Fault, type FaultProxy, startFaultProxy } from '../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { BundledFunctions, type Outcome, sqsEvent } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYERS = `
- payer: '111122223333'
  bucket: payer-one
  bucketOwner: self
- payer: '444455556666'
  bucket: payer-two
  bucketOwner: self
`;
const FOLDER = 'daily/data/BILLING_PERIOD=2026-10/';
const KEY = `${FOLDER}daily-00001.snappy.parquet`;
const ACKNOWLEDGED = [{ answer: { batchItemFailures: [] } }];
const KEPT = [{ answer: { batchItemFailures: [{ itemIdentifier: 'm' }] } }];

let server: MotoServer;
let proxy: FaultProxy;
let functions: BundledFunctions;
let stage: Deployment;

beforeAll(async () => {
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  proxy = await startFaultProxy(server.endpoint);
  const first = await Deployment.create(server);
  for (const bucket of ['payer-one', 'payer-two']) await first.createBucket(bucket);
});
afterAll(async () => {
  await functions?.close();
  await proxy?.close();
  await server?.close();
});
beforeEach(async () => {
  stage = await Deployment.create(server);
});
afterEach(() => {
  order(() => undefined);
  proxy.requests.length = 0;
});

/** One cold start of the copy function with one batch, through the proxy. */
function copy(bodies: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Outcome> {
  const environment = { ...stage.environment, AWS_ENDPOINT_URL: proxy.endpoint };
  return functions.run('copy', environment, [sqsEvent(bodies)], signal);
}

/** Orders faults; whatever is passed meets S3's own conditions of copies. */
function order(decide: (request: AwsRequest) => Fault | Promise<Fault>): void {
  addCopyConditions(proxy, server.endpoint, decide);
}

/**
 * One at least: a message that is delivered again sends its tick again, under the id of its event.
 */
async function expectTicks({ id: correlationId }: { readonly id: string }): Promise<void> {
  const ticks = new Set((await stage.take('FINALIZE_QUEUE')).map((tick) => JSON.stringify(tick)));
  expect([...ticks]).toEqual([JSON.stringify({ period: '2026-10', correlationId })]);
}

/** Whether a message, delivered again without a fault, ends as if nothing had happened. */
async function expectUndisturbed(event: { readonly id: string }): Promise<void> {
  order(() => undefined);
  expect((await copy({ m: event })).answers).toEqual(ACKNOWLEDGED);
  expect(await stage.stagedKeys()).toHaveLength(1);
  await expectTicks(event);
  const { answers, metrics } = await copy({ m: event });
  expect([answers, metrics]).toEqual([ACKNOWLEDGED, { FilesKnown: 1 }]);
}

const isRead = ({ method, path }: AwsRequest) =>
  method === 'GET' && path.startsWith('/payer-one/') && !path.includes('list-type');
const isCopy = ({ method, headers }: AwsRequest) => method === 'PUT' && 'x-amz-copy-source' in headers;
const LEDGER_WRITES = new Set(['PutItem', 'UpdateItem', 'TransactWriteItems', 'BatchWriteItem']);
const isLedgerWrite = ({ operation = '' }: AwsRequest) => LEDGER_WRITES.has(operation);

describe('a payer that refuses', () => {
  it('keeps its message, with the reason in the log, and stops no other payer of the batch', async () => {
    const refused = await stage.put('payer-one', KEY, parquetBytes(1));
    const fine = await stage.put('payer-two', KEY, parquetBytes(2));
    order((request) => (isRead(request) ? s3Answer(403, 'AccessDenied') : undefined));
    const { answers, logs } = await copy({ m: refused, other: fine });
    expect(answers).toEqual(KEPT);
    expect(await stage.stagedKeys()).toEqual([expect.stringContaining('payer-444455556666/')]);
    const [line] = logs.filter(({ message }) => message === 'message kept for retry');
    expect(line).toMatchObject({ messageId: 'm', receiveCount: 1, reason: expect.stringContaining('AccessDenied') });
    await stage.take('FINALIZE_QUEUE');
    order(() => undefined);
    expect((await copy({ m: refused })).answers).toEqual(ACKNOWLEDGED);
    expect(await stage.stagedKeys()).toHaveLength(2);
  });

  it('by having no bucket any more: the message is dropped, with a metric', async () => {
    const event = await stage.put('payer-one', KEY, parquetBytes(1));
    order((request) => (isRead(request) ? s3Answer(404, 'NoSuchBucket') : undefined));
    const { answers, metrics } = await copy({ m: event });
    expect(answers).toEqual(ACKNOWLEDGED);
    expect(metrics).toEqual({ FilesGone: 1 });
    await expectUndisturbed(event);
  });
});

describe('throttling', () => {
  it('that passes is waited for: SlowDown of S3, and of DynamoDB', async () => {
    const event = await stage.put('payer-one', KEY, parquetBytes(1));
    const left = { read: 1, copy: 1, write: 1 };
    order((request) => {
      if (isRead(request) && left.read-- > 0) return s3Answer(503, 'SlowDown');
      if (isCopy(request) && left.copy-- > 0) return s3Answer(503, 'SlowDown');
      if (isLedgerWrite(request) && left.write-- > 0) return dynamodbError('ProvisionedThroughputExceededException');
      return undefined;
    });
    expect((await copy({ m: event })).answers).toEqual(ACKNOWLEDGED);
    expect(Object.values(left).every((count) => count < 0)).toBe(true);
    expect(await stage.stagedKeys()).toHaveLength(1);
  });

  it.each([
    ['a copy that S3 slows down', isCopy, s3Answer(503, 'SlowDown'), 'SlowDown'],
    [
      'a ledger that is throttled',
      isLedgerWrite,
      dynamodbError('ProvisionedThroughputExceededException'),
      'Throughput',
    ],
  ])('that does not pass keeps the message: %s', async (_what, isHit, fault, reason) => {
    const event = await stage.put('payer-one', KEY, parquetBytes(1));
    order((request) => (isHit(request) ? fault : undefined));
    const { answers, output } = await copy({ m: event });
    expect(answers).toEqual(KEPT);
    expect(output).toContain(reason);
    await expectUndisturbed(event);
  });
});

describe('a copy', () => {
  it('whose source was written over after it was read is dropped: the newer event stages the newer content', async () => {
    const old = await stage.put('payer-one', KEY, parquetBytes(1));
    const newer: { readonly id: string }[] = [];
    order(async (request) => {
      if (!isCopy(request) || newer.length > 0) return undefined;
      newer.push(await stage.put('payer-one', KEY, parquetBytes(2)));
      return undefined;
    });
    const { answers, metrics } = await copy({ m: old });
    expect([answers, metrics]).toEqual([ACKNOWLEDGED, { FilesSuperseded: 1 }]);
    expect(await stage.stagedKeys()).toEqual([]);
    expect(newer).toHaveLength(1);
    for (const event of newer) await expectUndisturbed(event);
  });

  it('that somebody else is making at the same moment (409) is tried again', async () => {
    const event = await stage.put('payer-one', KEY, parquetBytes(1));
    let conflicts = 2;
    order((request) => (isCopy(request) && conflicts-- > 0 ? s3Answer(409, 'ConditionalRequestConflict') : undefined));
    const { answers, metrics } = await copy({ m: event });
    expect(answers).toEqual(ACKNOWLEDGED);
    expect(metrics).toMatchObject({ FilesStaged: 1 });
    expect(conflicts).toBeLessThan(0);
  });

  it('that was made by a Lambda that died before it had recorded it is used, and counted once', async () => {
    const event = await stage.put('payer-one', KEY, parquetBytes(3));
    const death = new AbortController();
    order((request) => {
      if (!isLedgerWrite(request)) return undefined;
      death.abort();
      return 'drop';
    });
    const died = await copy({ m: event }, death.signal);
    expect([died.answers, died.exitCode]).toEqual([[], null]);
    const staged = await stage.stagedKeys();
    expect(staged).toHaveLength(1);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([]);
    order(() => undefined);
    const { answers, metrics } = await copy({ m: event });
    expect([answers, metrics]).toMatchObject([ACKNOWLEDGED, { FilesStaged: 1, RowsStaged: 3 }]);
    expect(await stage.stagedKeys()).toEqual(staged);
    await expectUndisturbed(event);
  });
});

// Its schema, its period, and what it says of the file.
it.each([1, 2, 3])(
  'a Lambda that dies after its ledger request number %d is as good as one that did not',
  async (nth) => {
    const event = await stage.put('payer-one', KEY, parquetBytes(1));
    const death = new AbortController();
    let writes = 0;
    const { afterwards } = proxy;
    proxy.afterwards = (request) => {
      afterwards(request);
      if (!isLedgerWrite(request)) return undefined;
      writes += 1;
      if (writes !== nth) return undefined;
      death.abort();
      return 'drop';
    };
    await copy({ m: event }, death.signal);
    expect(death.signal.aborted).toBe(true);
    await expectUndisturbed(event);
  },
);
