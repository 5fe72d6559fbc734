import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3 } from '@aws-sdk/client-s3';
import { type Message, SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DuckdbWarehouse, openDuckdbWarehouse } from '../../src/adapters/duckdb/warehouse.ts';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { createS3Client } from '../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../src/adapters/s3/objectStore.ts';
import { queueUrlOf, SqsQueue } from '../../src/adapters/sqs/queue.ts';
import { setSystemTimer } from '../../src/base/timer.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { addMonths, type Period, periodAt } from '../../src/billing/period.ts';
import { handleTick } from '../../src/finalize/handleTick.ts';
import type { CopyRequest } from '../../src/queue/copyMessage.ts';
import type { Tick } from '../../src/queue/tick.ts';
import type { ReconcileReport } from '../../src/reconcile/reconcileReport.ts';
import type { StatusReport } from '../../src/status/statusReport.ts';
import type { ReactorEvent } from '../../src/telemetry/events.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import { type Outcome, runFunction } from '../functions/bundledFunction.ts';
import { exportManifest, reportFile, rowsOf } from '../programs/local/reports.ts';
import { deployPayerStack } from '../resources/payerAccountStack.ts';
import { resolveTemplate } from '../resources/payerAccountTemplate.ts';
import { type DeployedStage, deployStage } from './deployedStage.ts';
import type { AwsRequest } from './faultProxy.ts';
import { refusedWrites } from './ledgerRights.ts';
import { accountOn } from './motoAccount.ts';
import { REGION } from './motoServer.ts';

/** Moto's own account: the reactor runs there. */
const CENTRAL = '123456789012';
const FAR = { payer: parsePayer('210987654321'), bucket: 'payer-one-billing', prefix: 'cur' };
const OWN = { payer: parsePayer('321098765432'), bucket: 'central-billing', prefix: 'payer-321098765432' };
const PAYERS = `
- payer: '${FAR.payer}'
  bucket: ${FAR.bucket}
  prefix: ${FAR.prefix}
- payer: '${OWN.payer}'
  bucket: ${OWN.bucket}
  prefix: ${OWN.prefix}
  bucketOwner: self
`;
const PERIOD: Period = addMonths(periodAt(Date.now()), -1);

let stage: DeployedStage;
let folder: string;
let sqs: SQS;
let warehouse: DuckdbWarehouse;
/** What was asked of AWS on behalf of each role. */
const asked = new Map<string, AwsRequest[]>();
/** The owner of each payer's bucket. */
const owners = new Map<string, S3>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wiring-'));
  stage = await deployStage(PAYERS);
  sqs = new SQS(stage.moto.clientConfig);
  warehouse = await openDuckdbWarehouse({
    path: join(folder, 'warehouse.duckdb'),
    stagingRoot: join(folder, 'staging'),
    analyticsStatements: () => [],
  });
  for (const name of ['copy', 'manifest', 'reconcile', 'status', 'sweep']) {
    const zip = stage.packaged.artifact(name);
    await promisify(execFile)('python3', ['-m', 'zipfile', '-e', zip, join(folder, name)]);
  }
});
afterAll(async () => {
  await warehouse?.close();
  sqs?.destroy();
  for (const s3 of owners.values()) s3.destroy();
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Connects a payer's bucket, as its owner does with the payer account's template. */
async function connect({ bucket, prefix, payer }: typeof FAR, account: string): Promise<string | undefined> {
  const owner = account === CENTRAL ? stage.moto : await accountOn(stage.moto, account);
  const s3 = new S3({ ...owner.clientConfig, forcePathStyle: true });
  owners.set(bucket, s3);
  await s3.createBucket({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  const parameters = {
    BucketName: bucket,
    Prefix: prefix,
    CentralAccountId: CENTRAL,
    CentralRegion: REGION,
    Stage: 'dev',
    ...(account === payer ? {} : { PayerAccountId: payer }),
  };
  const { resources } = resolveTemplate({ account, region: REGION, parameters });
  const { outputs, connected } = await deployPayerStack(owner, parameters, resources.Connection ?? null);
  expect(connected?.body).toMatchObject({ Status: 'SUCCESS' });
  return outputs.PayersEntry;
}

/** Delivers a report as Data Exports does: the files, then the manifest. */
async function deliver({ bucket, prefix, payer }: typeof FAR, executionId: string, costs: readonly number[]) {
  const s3 = owners.get(bucket);
  const folderOf = (side: string) => `${prefix}/daily/${side}/BILLING_PERIOD=${PERIOD}/`;
  const keys = costs.map((_, index) => `${folderOf('data')}daily-0000${index + 1}.snappy.parquet`);
  for (const [index, Key] of keys.entries()) {
    await s3?.putObject({ Bucket: bucket, Key, Body: reportFile(rowsOf(payer, PERIOD, costs[index] ?? 0)) });
  }
  const manifest = `${folderOf('metadata')}daily-Manifest.json`;
  await s3?.putObject({ Bucket: bucket, Key: manifest, Body: exportManifest(executionId, keys, bucket) });
  return [...keys, manifest];
}

/** Notes what some work asks of AWS, under the role that it would have there. */
async function inRole<Answer>(role: string, work: () => Promise<Answer>): Promise<Answer> {
  const from = stage.proxy.requests.length;
  try {
    return await work();
  } finally {
    asked.set(role, [...(asked.get(role) ?? []), ...stage.proxy.requests.slice(from)]);
  }
}

const queueUrl = async (name: string) =>
  (await sqs.getQueueUrl({ QueueName: `cur-reactor-dev-${name}` })).QueueUrl ?? '';

async function receive(name: string): Promise<Message[]> {
  const QueueUrl = await queueUrl(name);
  const messages: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    if (Messages.length === 0) return messages;
    messages.push(...Messages);
  }
}

/**
 * Does what Lambda's event source mapping does: a batch, the bundled handler, and what failed stays
 * in the queue.
 */
async function poll(name: 'copy' | 'manifest' = 'copy'): Promise<Outcome & { readonly received: number }> {
  const messages = await receive(name);
  const Records = messages.map(({ MessageId, Body, ReceiptHandle, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: fromItsAccount(Body),
    attributes: { ...Attributes },
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:${CENTRAL}:cur-reactor-dev-${name}`,
  }));
  const outcome = await inRole('CopyRole', () => runFunction(bundleOf(name), stage.environmentOf(name), [{ Records }]));
  const answer = outcome.answers[0]?.answer as { batchItemFailures: { itemIdentifier: string }[] } | undefined;
  if (!answer) throw new Error(`the ${name} function gave no answer: ${outcome.output}`);
  const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const QueueUrl = await queueUrl(name);
  for (const { MessageId = '', ReceiptHandle } of messages) {
    // A message that failed is hidden until its visibility timeout is over: here at once.
    if (failed.has(MessageId)) await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    else await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
  }
  return { ...outcome, received: messages.length };
}

/**
 * An event as EventBridge passes it on between accounts: with the account that it began in, which
 * moto replaces.
 */
function fromItsAccount(body = ''): string {
  const event = JSON.parse(body);
  return event.detail?.bucket.name === FAR.bucket ? JSON.stringify({ ...event, account: FAR.payer }) : body;
}

/** Polls until the copy queue and the manifest queue are empty. */
async function copyAll(): Promise<void> {
  while ((await poll()).received + (await poll('manifest')).received > 0);
}

const bundleOf = (name: string) => join(folder, name, 'functions', `${name}.cjs`);

async function reconcile(input: object): Promise<ReconcileReport> {
  const { answers, output } = await inRole('ReconcileRole', () =>
    runFunction(bundleOf('reconcile'), stage.environmentOf('reconcile'), [input]),
  );
  if (answers[0]?.answer === undefined) throw new Error(`reconcile gave no answer: ${output}`);
  return answers[0].answer as ReconcileReport;
}

/**
 * The finalizer's workflow on the stage's own table, queues and bucket, with DuckDB as the
 * warehouse.
 */
async function finalize(): Promise<ReactorEvent[]> {
  const config = { ...stage.moto.clientConfig, endpoint: stage.proxy.endpoint };
  const { LEDGER_TABLE = '', STAGING_BUCKET = '' } = stage.environmentOf('copy');
  const store = new S3ObjectStore(createS3Client(config));
  const client = new DynamoDBClient(config);
  const events: ReactorEvent[] = [];
  const services = {
    ledger: openDynamodbLedger(client, LEDGER_TABLE),
    warehouse: withStagedFiles(store, STAGING_BUCKET),
    script: warehouse.script,
    store,
    copyQueue: new SqsQueue<CopyRequest>(sqs, queueUrlOf(sqs, 'cur-reactor-dev-copy')),
    finalizeQueue: new SqsQueue<Tick>(sqs, queueUrlOf(sqs, 'cur-reactor-dev-finalize')),
    now: Date.now,
    sleep: async () => undefined,
    setTimer: setSystemTimer,
    notify: async () => undefined,
    report: (event: ReactorEvent) => void events.push(event),
  };
  const settings = {
    stage: 'dev',
    stagingBucket: STAGING_BUCKET,
    holder: 'wiring',
    quietSeconds: 60,
    maxWaitSeconds: 900,
    leaseSeconds: 960,
    retryBaseSeconds: 60,
    retryMaxSeconds: 3600,
    supersededGraceSeconds: 3600,
    statementsAtOnce: 2,
    partitionSeconds: 240,
  };
  const QueueUrl = await queueUrl('finalize');
  for (const { Body = '', ReceiptHandle } of await receive('finalize')) {
    await inRole('FinalizeRole', () => handleTick(services, settings, JSON.parse(Body)));
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
  }
  client.destroy();
  return events;
}

/**
 * DuckDB reads a folder: what is to be registered is brought there from the staging bucket first.
 */
function withStagedFiles(store: S3ObjectStore, bucket: string): Warehouse {
  const { raiseFence, published, audit, publish, script, totals, ownerDigests, unregister } = warehouse;
  return {
    raiseFence,
    published,
    audit,
    publish,
    script,
    totals,
    ownerDigests,
    unregister,
    register: async (partition, files) => {
      for (const { stagedKey } of files) {
        const path = join(folder, 'staging', stagedKey);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, (await store.read({ bucket, key: stagedKey }, { start: 0 })).bytes);
      }
      return warehouse.register(partition, files);
    },
  };
}

const visible = async () =>
  (await warehouse.summary()).map(({ payer, period, rows, cost }) => [payer, period, rows, cost]);

// One stage and its life, in order: each step begins where the one before ended.
describe('a stage that `sls deploy` made', () => {
  it('says that it is deployed, and has its parts', async () => {
    expect(stage.said).toContain('Service deployed to stack cur-reactor-dev');
    for (const name of ['copy', 'copy-dlq', 'manifest', 'manifest-dlq', 'finalize', 'finalize-dlq'])
      expect(await queueUrl(name)).not.toBe('');
  });

  it('gets payers by their template: one in its own account, one in the reactor’s', async () => {
    expect(await connect(FAR, FAR.payer)).toContain(`- payer: "${FAR.payer}"`);
    expect(await connect(OWN, CENTRAL)).toContain('bucketOwner: self');
  });

  it('stages what payers deliver: S3, the payer’s bus, the central bus, the queue, the bundled function', async () => {
    const keys = [...(await deliver(FAR, 'e1', [1, 2])), ...(await deliver(OWN, 'e1', [64]))];
    const isManifest = (key: string) => key.endsWith('-Manifest.json');
    for (const name of ['copy', 'manifest']) {
      const messages = await receive(name);
      const announced = messages.map(({ Body = '' }) => JSON.parse(Body).detail.object.key);
      const expected = keys.filter((key) => isManifest(key) === (name === 'manifest'));
      expect([...new Set(announced)].toSorted()).toEqual(expected.toSorted());
      const QueueUrl = await queueUrl(name);
      for (const { ReceiptHandle } of messages) {
        await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
      }
    }
    await copyAll();
    const report = await reconcile({ periods: [PERIOD], dryRun: true });
    expect(report.partitions.map(({ payer, upToDate, missing, queued }) => [payer, upToDate, missing, queued])).toEqual(
      [
        [FAR.payer, 2, 0, 0],
        [OWN.payer, 1, 0, 0],
      ],
    );
  });

  it('publishes both payers’ months, and says so', async () => {
    const events = await finalize();
    expect(events.filter(({ what }) => what === 'partition-published')).toHaveLength(2);
    expect(await visible()).toEqual([
      [FAR.payer, PERIOD, 2, 3],
      [OWN.payer, PERIOD, 1, 64],
    ]);
    const { partitions } = await reconcile({ periods: [PERIOD] });
    expect(partitions.map(({ state, queued }) => [state, queued])).toEqual([
      ['published', 0],
      ['published', 0],
    ]);
  });

  it('answers `sls invoke local -f reconcile` from where AWS_ENDPOINT_URL points', async () => {
    const said = await stage.invokeLocal('reconcile', { payers: [OWN.payer], periods: [PERIOD], dryRun: true });
    expect(said).toContain(`"${OWN.payer} ${PERIOD}: published, 1 up to date`);
    await expect(stage.invokeLocal('reconcile', { payer: OWN.payer })).rejects.toThrow(/payer is an unknown field/);
  });

  it('replaces a month that is delivered again', async () => {
    await deliver(FAR, 'e2', [4, 8]);
    await copyAll();
    await finalize();
    expect(await visible()).toEqual([
      [FAR.payer, PERIOD, 2, 12],
      [OWN.payer, PERIOD, 1, 64],
    ]);
  });

  it('finds by reconcile what no event announced, through the bundled function', async () => {
    const s3 = owners.get(FAR.bucket);
    await s3?.putBucketNotificationConfiguration({ Bucket: FAR.bucket, NotificationConfiguration: {} });
    await deliver(FAR, 'e3', [16, 32]);
    expect([...(await receive('copy')), ...(await receive('manifest'))]).toEqual([]);
    const { partitions, summary } = await reconcile({ payers: [FAR.payer], periods: [PERIOD] });
    expect(partitions).toMatchObject([{ payer: FAR.payer, queued: 1, stale: 2 }]);
    expect(summary[0]).toBe('1 message queued, 0 sources unreadable');
    await copyAll();
    await finalize();
    expect((await visible())[0]).toEqual([FAR.payer, PERIOD, 2, 48]);
  });

  it('gives a poison message up to the dead-letter queue, with its reason in the log each time', async () => {
    await sqs.sendMessage({ QueueUrl: await queueUrl('copy'), MessageBody: '{"detail-type": "Object Deleted"}' });
    const reasons: unknown[] = [];
    for (let times = 0; times < 6; times++) {
      const { logs } = await poll();
      reasons.push(...logs.filter(({ level }) => level === 'ERROR').map(({ reason }) => reason));
    }
    expect(reasons).toHaveLength(5);
    expect(reasons[0]).toContain('detail-type must be "Object Created", got "Object Deleted"');
    expect((await receive('copy-dlq')).map(({ Body }) => Body)).toEqual(['{"detail-type": "Object Deleted"}']);
  });

  it('wakes by its sweep a month whose tick was lost', async () => {
    await deliver(OWN, 'e2', [128]);
    await copyAll();
    const QueueUrl = await queueUrl('finalize');
    for (const { ReceiptHandle } of await receive('finalize')) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    const { answers } = await inRole('SweepRole', () =>
      runFunction(bundleOf('sweep'), stage.environmentOf('sweep'), [{}]),
    );
    expect(answers).toMatchObject([{ answer: { ticks: 1 } }]);
    await finalize();
    expect((await visible())[1]).toEqual([OWN.payer, PERIOD, 1, 128]);
  });

  it('says how it runs: its queues by the names of the template, and when reconcile and the sweep ended', async () => {
    const { answers } = await runFunction(bundleOf('status'), stage.environmentOf('status'), [{ periods: [PERIOD] }]);
    const { operations } = { ...(answers[0]?.answer as StatusReport | undefined) };
    expect(operations?.queues).toHaveLength(10);
    expect(operations?.queues.filter((queue) => 'trouble' in queue)).toEqual([]);
    const dead = operations?.queues.find(({ name }) => name === 'cur-reactor-dev-copy-dlq');
    expect(dead).toMatchObject({ isDeadLetters: true, inWork: 1 });
    expect(operations).toMatchObject({
      release: expect.stringMatching(/^\d+\.\d+\.\d+\+files\./),
      reconcile: { payers: 1, periods: [PERIOD], configuration: 'fallback' },
      sweep: { ticks: 1 },
    });
  });

  it('has written nothing into its ledger that its roles may not', () => {
    const { template } = stage.packaged;
    expect([...asked.keys()].toSorted()).toEqual(['CopyRole', 'FinalizeRole', 'ReconcileRole', 'SweepRole']);
    for (const [role, requests] of asked) expect(refusedWrites(template, role, requests), role).toEqual([]);
    // And the comparison finds what must not be: a finalizer's writes in the name of copy.
    const refused = refusedWrites(template, 'CopyRole', asked.get('FinalizeRole') ?? []);
    expect(refused).toContainEqual(expect.stringMatching(/^UpdateItem period#.*\bepoch\b/));
  });
});
