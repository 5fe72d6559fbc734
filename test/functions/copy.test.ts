import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { startFaultProxy } from '../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { payerSource } from '../config/payerSources.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { BundledFunctions, type Outcome, sqsEvent } from './bundledFunction.ts';
import { Deployment, objectCreated } from './deployment.ts';

const PAYERS = `
- payer: '111122223333'
  bucket: payer-cur
  prefix: cur
  bucketOwner: self
`;
const FOLDER = 'cur/daily/data/BILLING_PERIOD=2026-10/';
const PARTITION = 'year=2026/month=10/payer-111122223333/';

let server: MotoServer;
let functions: BundledFunctions;

beforeAll(async () => {
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  await (await Deployment.create(server)).createBucket('payer-cur');
});

afterAll(async () => {
  await functions?.close();
  await server?.close();
});

/** Starts the copy function of a deployment and gives it one batch. */
async function copy(
  { environment }: Deployment,
  bodies: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return functions.run('copy', { ...environment, ...changes }, [sqsEvent(bodies)]);
}

describe('copy', () => {
  it('stages the file of an S3 event, sends a tick, and reports what it did', async () => {
    const stage = await Deployment.create(server);
    const bytes = parquetBytes(3);
    const event = await stage.put('payer-cur', `${FOLDER}daily-00001.snappy.parquet`, bytes);

    const { answers, logs, metrics } = await copy(stage, { first: event });

    expect(answers).toEqual([{ answer: { batchItemFailures: [] } }]);
    expect(await stage.stagedKeys()).toEqual([expect.stringMatching(`^${PARTITION}daily-00001.snappy-.*[.]parquet$`)]);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([{ period: '2026-10', correlationId: event.id }]);
    expect(metrics).toEqual({
      FilesStaged: 1,
      RowsStaged: 3,
      BytesStaged: bytes.length,
      StagingLag: expect.any(Number),
    });
    expect(logs).toContainEqual(
      expect.objectContaining({
        level: 'INFO',
        message: 'file-staged',
        partition: { payer: '111122223333', period: '2026-10' },
        correlation_id: event.id,
        messageId: 'first',
        function_request_id: 'the-request',
        service: 'cur-reactor',
      }),
    );
  });

  it('is idempotent: the same message once more is acknowledged and changes nothing', async () => {
    const stage = await Deployment.create(server);
    const event = await stage.put('payer-cur', `${FOLDER}daily-00002.snappy.parquet`, parquetBytes(1));
    await copy(stage, { first: event });
    const staged = await stage.stagedKeys();

    const { answers, metrics } = await copy(stage, { second: event });

    expect(answers).toEqual([{ answer: { batchItemFailures: [] } }]);
    expect(metrics).toEqual({ FilesKnown: 1 });
    expect(await stage.stagedKeys()).toEqual(staged);
  });

  it('reports only the poison of a batch, and says why', async () => {
    const stage = await Deployment.create(server);
    const event = await stage.put('payer-cur', `${FOLDER}daily-00003.snappy.parquet`, parquetBytes(1));

    const { answers, logs, metrics } = await copy(stage, {
      good: event,
      text: 'no JSON',
      other: { ...event, 'detail-type': 'Object Deleted' },
    });

    expect(answers).toEqual([
      { answer: { batchItemFailures: [{ itemIdentifier: 'text' }, { itemIdentifier: 'other' }] } },
    ]);
    expect(metrics).toMatchObject({ FilesStaged: 1, MessagesMalformed: 2 });
    const errors = logs.filter(({ level }) => level === 'ERROR');
    expect(errors).toEqual([
      expect.objectContaining({
        messageId: 'text',
        receiveCount: 1,
        reason: expect.stringContaining('not valid JSON'),
      }),
      expect.objectContaining({ messageId: 'other', reason: expect.stringContaining('"Object Deleted"') }),
    ]);
  });

  it('acknowledges an object of a source that nobody configured, and counts it', async () => {
    const stage = await Deployment.create(server);

    const { answers, metrics } = await copy(stage, { stray: objectCreated('payer-cur', 'elsewhere/file.parquet') });

    expect(answers).toEqual([{ answer: { batchItemFailures: [] } }]);
    expect(metrics).toEqual({ SourceUnknown: 1 });
  });

  it('puts a file that it has quarantined into the outbox, where the stage has a broker', async () => {
    const stage = await Deployment.create(server);
    const corrupt = (file: string) =>
      stage.put('payer-cur', `${FOLDER}${file}.snappy.parquet`, Buffer.from('no Parquet'));

    await copy(stage, { silent: await corrupt('daily-00091') });
    expect(await stage.ledger.outbox()).toEqual([]);
    const event = await corrupt('daily-00092');
    await copy(stage, { notified: event }, { RABBITMQ_SECRET: 'the-broker' });

    expect(await stage.ledger.outbox()).toEqual([
      expect.objectContaining({
        routingKey: 'cur.111122223333.2026-10.quarantined',
        body: expect.objectContaining({ key: `${FOLDER}daily-00092.snappy.parquet`, correlationId: event.id }),
      }),
    ]);
  });

  it('goes by the payers table where reconcile has stored a copy of it, and no more by the payers file', async () => {
    const stage = await Deployment.create(server);
    const payer = parsePayer('444455556666');
    const sources = [payerSource({ payer, bucket: 'payer-cur', prefix: 'exports' })];
    await stage.ledger.saveConfiguration({ from: 'table', sources, readAt: 0 });
    const key = 'exports/daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet';
    const ofTable = await stage.put('payer-cur', key, parquetBytes(1));
    const ofFile = await stage.put('payer-cur', `${FOLDER}daily-00008.snappy.parquet`, parquetBytes(1));

    const { answers, metrics } = await copy(stage, { ofTable, ofFile });

    expect(answers).toEqual([{ answer: { batchItemFailures: [] } }]);
    expect(metrics).toMatchObject({ FilesStaged: 1, SourceUnknown: 1 });
    expect(await stage.stagedKeys()).toEqual([expect.stringContaining('/payer-444455556666/')]);
  });

  it('asks the ledger once for the payers of all its batches', async () => {
    const stage = await Deployment.create(server);
    const proxy = await startFaultProxy(server.endpoint);
    const strays = [1, 2, 3].map((nth) => objectCreated('payer-cur', `elsewhere/${nth}.parquet`));
    const environment = { ...stage.environment, AWS_ENDPOINT_URL: proxy.endpoint };

    const { metrics } = await functions.run('copy', environment, [
      sqsEvent({ first: strays[0], second: strays[1] }),
      sqsEvent({ third: strays[2] }),
    ]);
    await proxy.close();

    expect(metrics).toEqual({ SourceUnknown: 3 });
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['GetItem']);
  });

  it('keeps every message while the ledger cannot be reached, without failing as a whole', async () => {
    const stage = await Deployment.create(server);
    const one = await stage.put('payer-cur', `${FOLDER}daily-00004.snappy.parquet`, parquetBytes(1));
    const two = await stage.put('payer-cur', `${FOLDER}daily-00005.snappy.parquet`, parquetBytes(1));

    const lost = { LEDGER_TABLE: 'no-such-table' };
    const { answers, logs, metrics } = await copy(stage, { one, two }, lost);

    const failed = [{ itemIdentifier: 'one' }, { itemIdentifier: 'two' }];
    expect([failed, failed.toReversed()]).toContainEqual(Object(answers[0]?.answer).batchItemFailures);
    expect(metrics).toEqual({ MessagesFailed: 2 });
    expect(logs.filter(({ message }) => message === 'message kept for retry')).toHaveLength(2);
  });

  it('never loses a message because the staging bucket is not there', async () => {
    const stage = await Deployment.create(server);
    const event = await stage.put('payer-cur', `${FOLDER}daily-00006.snappy.parquet`, parquetBytes(1));

    const { answers } = await copy(stage, { only: event }, { STAGING_BUCKET: 'no-such-staging-bucket' });

    expect(answers).toEqual([{ answer: { batchItemFailures: [{ itemIdentifier: 'only' }] } }]);
  });

  it('says in each line which event it belongs to, though records are worked on at the same time', async () => {
    const stage = await Deployment.create(server);
    const events = await Promise.all(
      [1, 2, 3, 4, 5].map((nth) => stage.put('payer-cur', `${FOLDER}many-${nth}.parquet`, parquetBytes(nth))),
    );

    const { logs } = await copy(stage, Object.fromEntries(events.map((event, index) => [`message-${index}`, event])));

    const lines = logs.filter(({ message }) => message === 'file-staged');
    const byKey = new Map(lines.map(({ key, correlation_id }) => [key, correlation_id]));
    expect(byKey).toEqual(new Map(events.map(({ id, detail }) => [detail.object.key, id])));
  });

  it('falls back to the id of the message where the body has none that may stand in a log', async () => {
    const stage = await Deployment.create(server);
    const stray = objectCreated('payer-cur', 'elsewhere/file.parquet');

    const { logs } = await copy(stage, { odd: { ...stray, id: 'two\nlines' }, none: { ...stray, id: undefined } });

    expect(logs.map(({ correlation_id }) => correlation_id).sort()).toEqual(['none', 'odd']);
  });

  it('writes no character that moves a cursor or turns the reading direction, whatever keys hold', async () => {
    const stage = await Deployment.create(server);
    const hostile = 'cur/\u001b[2J\r\n{"level":"INFO"}\u009b31m\u202egnp.\u2028exe';

    const { output, logs } = await copy(stage, {
      ignored: objectCreated('payer-cur', hostile),
      unknown: objectCreated('payer-cur', hostile.slice(1)),
      malformed: `{"\u001b[2J\u202e`,
    });

    expect(logs.length).toBeGreaterThanOrEqual(3);
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(textsIn(logs).join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    for (const line of output.split('\n').filter(Boolean)) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('writes no credentials', async () => {
    const stage = await Deployment.create(server);
    const secrets = { AWS_SECRET_ACCESS_KEY: 'the-secret-key', AWS_SESSION_TOKEN: 'the-session-token' };
    const event = await stage.put('payer-cur', `${FOLDER}daily-00007.snappy.parquet`, parquetBytes(1));

    const good = await copy(stage, { good: event }, secrets);
    const bad = await copy(stage, { bad: event }, { ...secrets, LEDGER_TABLE: 'no-such-table' });

    expect(good.metrics).toMatchObject({ FilesStaged: 1 });
    expect(bad.metrics).toEqual({ MessagesFailed: 1 });
    expect(good.output + bad.output).not.toMatch(/the-secret-key|the-session-token/);
  });

  it('says in a sentence that there are no credentials', async () => {
    const stage = await Deployment.create(server);

    const { logs } = await copy(
      stage,
      { only: objectCreated('payer-cur', `${FOLDER}any.parquet`) },
      { AWS_ACCESS_KEY_ID: '' },
    );

    expect(logs).toContainEqual(
      expect.objectContaining({
        reason: expect.stringContaining('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set'),
      }),
    );
  });

  it('counts by stage alone, in the namespace of the service', async () => {
    const stage = await Deployment.create(server);

    const { emf } = await copy(stage, { stray: objectCreated('payer-cur', 'elsewhere/file.parquet') });

    expect(emf).toHaveLength(1);
    expect(emf[0]?._aws.CloudWatchMetrics).toEqual([
      expect.objectContaining({ Namespace: 'cur-reactor', Dimensions: [['stage']] }),
    ]);
    expect(emf[0]).toMatchObject({ stage: stage.environment.STAGE });
  });

  it('stops at its cold start when its environment is wrong, and names every variable', async () => {
    const { environment } = await Deployment.create(server);
    const { LEDGER_TABLE, FINALIZE_QUEUE, ...rest } = environment;

    const { answers, output, exitCode } = await functions.run('copy', { ...rest, QUIET_SECONDS: 'soon' }, [
      sqsEvent({}),
    ]);

    expect(answers).toEqual([]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('EnvironmentInvalid');
    expect(output).toContain('LEDGER_TABLE is not set');
    expect(output).toContain('FINALIZE_QUEUE is not set');
    expect(output).toContain('QUIET_SECONDS must be a whole number of seconds, 0 or more, got "soon"');
  });
});

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
