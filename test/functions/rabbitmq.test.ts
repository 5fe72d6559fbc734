import { fileURLToPath } from 'node:url';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { snowflakeNames } from '../../src/adapters/snowflake/names.ts';
import { compactScript } from '../../src/analytics/checks/compact.ts';
import { loadWastageScript } from '../../src/analytics/checks/readChecks.ts';
import { analyticsStatements } from '../../src/analytics/script.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { bindQueue, takeAll } from '../adapters/rabbitmq/brokerWorld.ts';
import { type RabbitmqServer, startRabbitmqServer } from '../adapters/rabbitmq/rabbitmqServer.ts';
import { startTcpProxy, type TcpProxy } from '../adapters/rabbitmq/tcpProxy.ts';
import { type ProtocolServer, startProtocolServer } from '../adapters/snowflake/protocolServer.ts';
import { createKey } from '../adapters/snowflake/sessionHarness.ts';
import { makeSnowflakeState, type SnowflakeState } from '../adapters/snowflake/snowflakeState.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import type { Row } from '../warehouse/harness.ts';
import { type Answer, BundledFunctions, type Outcome, type StartedFunction, sqsEvent } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYER = parsePayer('111122223333');
const PERIOD = parsePeriod('2026-10');
const PAYERS = `
- payer: '${PAYER}'
  bucket: payer-cur
  bucketOwner: self
  manifests: false
- payer: '444455556666'
  bucket: gone-cur
  bucketOwner: self
`;
const FOLDER = 'daily/data/BILLING_PERIOD=2026-10/';
const PARTITION = `year=2026/month=10/payer-${PAYER}/`;
const SQL = fileURLToPath(new URL('../../sql/', import.meta.url));
const NAMES = snowflakeNames({ database: 'CUR_REACTOR', schema: 'CUR', target: 'external' });
const ACKNOWLEDGED = { answer: { batchItemFailures: [] } };

let moto: MotoServer;
let rabbitmq: RabbitmqServer;
/** Between the functions and RabbitMQ's TLS port: it counts who connects. */
let wire: TcpProxy;
let functions: BundledFunctions;
let secrets: SecretsManagerClient;
let script: ReadonlySet<string>;
let state: SnowflakeState;
let snowflake: ProtocolServer;
let stage: Deployment;
/** The stage's, with the name of the broker's secret. */
let environment: Record<string, string>;
let virtualHost: string;
const warm: StartedFunction[] = [];

beforeAll(async () => {
  [moto, rabbitmq, functions] = await Promise.all([
    startMotoServer(),
    startRabbitmqServer(),
    BundledFunctions.create(PAYERS),
  ]);
  secrets = new SecretsManagerClient(moto.clientConfig);
  const scope = { period: PERIOD, payers: [PAYER], tagKeys: DEFAULT_TAG_KEYS };
  const statements = analyticsStatements(compactScript(await loadWastageScript(SQL)), scope);
  script = new Set(statements.flatMap(({ sql }) => (/^(begin|commit)/.test(sql) ? [] : sql)));
  await (await Deployment.create(moto)).createBucket('payer-cur');
});
afterAll(async () => {
  secrets?.destroy();
  await functions?.close();
  await Promise.all([moto?.close(), rabbitmq?.close()]);
});
beforeEach(async () => {
  state = makeSnowflakeState(NAMES, (sessionId) => snowflake.openSessions().includes(sessionId));
  // What the wastage script finds is DuckDB's business to test: here it runs, and finds nothing of
  // its own.
  snowflake = await startProtocolServer(async (statement, running) =>
    script.has(statement.sql) || /^insert into cur_statement_outcomes /.test(statement.sql)
      ? { columns: [], rows: [] }
      : state.execute(statement, running),
  );
  wire = await startTcpProxy(rabbitmq.tlsPort);
  stage = await Deployment.create(moto);
  environment = { ...stage.environment, RABBITMQ_SECRET: `cur-reactor/${stage.environment.STAGE}/rabbitmq` };
  virtualHost = environment.RABBITMQ_VIRTUAL_HOST ?? '';
  await saveSecret(environment.SNOWFLAKE_SECRET, {
    account: 'example-account',
    accessUrl: snowflake.accessUrl,
    username: 'CUR_REACTOR',
    privateKey: createKey().privateKey,
  });
});
afterEach(async () => {
  await Promise.all(warm.splice(0).map((started) => started.end()));
  await wire.close();
  await snowflake.close();
});

async function saveSecret(Name: string | undefined, secret: object): Promise<void> {
  await secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }));
}

const brokerSecret = (password = rabbitmq.password) => ({
  host: '127.0.0.1',
  port: wire.port,
  username: rabbitmq.username,
  password,
  ca: rabbitmq.certificate,
});

/** Makes the stage's virtual host, and a queue of it named by its pattern. */
async function bind(pattern: string): Promise<void> {
  await rabbitmq.createVirtualHost(virtualHost);
  await bindQueue(rabbitmq, virtualHost, { exchange: 'cur-reactor', queue: pattern, pattern });
}

const arrived = (pattern: string) => takeAll(rabbitmq, virtualHost, pattern);

/** One row of a report, as Snowflake reads it. */
const row = (id: string, cost = 1): Row => ({
  identity_line_item_id: id,
  line_item_currency_code: 'USD',
  line_item_unblended_cost: cost,
});

/**
 * Delivers a file and lets the bundled copy function stage it; answers the S3 event, and what copy
 * did.
 */
async function deliver(file: string, rows: readonly Row[]) {
  const before = new Set(await stage.stagedKeys());
  const bytes = parquetBytes(rows.length, String(rows[0]?.identity_line_item_id));
  const event = await stage.put('payer-cur', `${FOLDER}${file}`, bytes);
  const outcome = await functions.run('copy', environment, [sqsEvent({ m: event })]);
  for (const key of await stage.stagedKeys()) if (!before.has(key)) state.stage.set(key, rows);
  return { event, outcome };
}

/** The tick that lies in the queue, as the finalizer gets it. */
async function nextTick() {
  const ticks = await stage.take('FINALIZE_QUEUE');
  expect(ticks).toHaveLength(1);
  return sqsEvent({ tick: ticks[0] });
}

/** A finalizer that stays warm, ended when the test is over. */
async function startFinalizer() {
  const started = await functions.start('finalize', environment);
  warm.push(started);
  return {
    tick: async (): Promise<Answer | undefined> => started.invoke(await nextTick()),
    end: (): Promise<Outcome> => started.end(),
  };
}

/** Sends what the schedule sends. */
async function sweep(): Promise<unknown> {
  const { answers } = await functions.run('sweep', environment, [{}]);
  return answers[0]?.answer;
}

const idsInOutbox = async () => (await stage.ledger.outbox()).map(({ id }) => id);
const seenByReaders = () => state.lineItems(PARTITION).map(({ identity_line_item_id: id }) => id);
const lineOf = ({ logs }: Outcome, message: string) => logs.find((line) => line.message === message);

describe('a delivery', () => {
  it('reaches whoever has bound a queue, under the id of its S3 event, which is in the logs on its way', async () => {
    await saveSecret(environment.RABBITMQ_SECRET, brokerSecret());
    await bind('cur.*.*.finalized');
    state.tables.findings.push({ payer: PAYER, year: 2026, month: 10 });

    const { event, outcome: copied } = await deliver('daily-1.parquet', [row('a'), row('b', 2.5), row('c')]);
    const finalized = await functions.run('finalize', environment, [await nextTick()]);

    const messages = await arrived('cur.*.*.finalized');
    expect(messages).toEqual([
      expect.objectContaining({
        routingKey: 'cur.111122223333.2026-10.finalized',
        properties: expect.objectContaining({ type: 'finalized', deliveryMode: 2, appId: 'cur-reactor' }),
      }),
    ]);
    expect(messages[0]?.body).toEqual({
      schema: 'cur-reactor/1',
      what: 'finalized',
      id: messages[0]?.id,
      stage: environment.STAGE,
      payer: PAYER,
      period: PERIOD,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      correlationId: event.id,
      files: 1,
      rows: 3,
      costs: [{ currency: 'USD', cost: 4.5 }],
      asOf: expect.stringMatching(/^\d{4}-.*Z$/),
      findings: [{ check: 'ran', currency: null, count: 1, estimatedSaving: 0 }],
      findingsLeftOut: 0,
      checksFailed: [],
      checksUnknown: [],
    });
    expect(messages[0]?.id).toMatch(/^finalized\/.*111122223333/);
    expect(lineOf(copied, 'file-staged')).toMatchObject({ correlation_id: event.id });
    expect(lineOf(finalized, 'partition-finalized')).toMatchObject({ correlation_id: event.id });
    expect(lineOf(finalized, 'messages-sent')).toMatchObject({ correlation_id: event.id, count: 1 });
    expect(finalized.output).not.toContain(rabbitmq.password);
    expect(await idsInOutbox()).toEqual([]);
  });
});

describe('owners of what was found', () => {
  it('get a digest each, by a routing key with their name, where the stage asks for it', async () => {
    await saveSecret(environment.RABBITMQ_SECRET, brokerSecret());
    await bind('cur.*.*.owner.*');
    await bind('cur.*.*.finalized');
    state.tables.findings.push({ payer: PAYER, year: 2026, month: 10 });
    await deliver('daily-1.parquet', [row('a')]);
    await functions.run('finalize', { ...environment, OWNER_DIGESTS: 'on' }, [await nextTick()]);

    const [digest, ...others] = await arrived('cur.*.*.owner.*');
    expect(others).toEqual([]);
    // The finding that the warehouse stands in for has no owner, and no account.
    expect(digest?.routingKey).toMatch(/^cur\.111122223333\.2026-10\.owner\.owner-[0-9a-f]{16}$/);
    expect(digest?.body).toMatchObject({
      what: 'owner',
      owner: '',
      findings: 1,
      leftOut: 0,
      largest: [{ check: 'ran' }],
    });
    const [finalized] = await arrived('cur.*.*.finalized');
    expect(finalized?.body).toMatchObject({ owners: { notified: 1, leftOut: 0 } });
    expect(await idsInOutbox()).toEqual([]);
  });
});

describe('a RabbitMQ that is killed while the finalizer is at work', () => {
  it('keeps no data from readers, runs nothing again, and gets the message by a tick of the sweep when it is back', async () => {
    await saveSecret(environment.RABBITMQ_SECRET, brokerSecret());
    await bind('cur.*.*.finalized');
    const finalizer = await startFinalizer();
    await deliver('daily-1.parquet', [row('old')]);
    expect(await finalizer.tick()).toEqual(ACKNOWLEDGED);
    expect(wire.accepted()).toBe(1);

    const { event } = await deliver('daily-1.parquet', [row('new-1'), row('new-2')]);
    let deaths = 0;
    state.beforeStatement = async (text) => {
      if (!text.startsWith('insert into <currentFiles>')) return;
      deaths += 1;
      await rabbitmq.stop('SIGKILL');
    };
    const answer = await finalizer.tick();
    await rabbitmq.start();

    expect(answer).toEqual(ACKNOWLEDGED);
    expect(deaths).toBe(1);
    expect(seenByReaders()).toEqual(['new-1', 'new-2']);
    const [waiting] = await stage.ledger.outbox();
    expect(await idsInOutbox()).toEqual([waiting?.id]);
    expect(waiting?.body).toMatchObject({ what: 'finalized', rows: 2, correlationId: event.id });
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([]);

    const sent = snowflake.queries.length;
    expect(await sweep()).toEqual({ ticks: 0, outboxDepth: 1 });
    expect(await finalizer.tick()).toEqual(ACKNOWLEDGED);

    expect(snowflake.queries).toHaveLength(sent);
    expect(await idsInOutbox()).toEqual([]);
    const messages = await arrived('cur.*.*.finalized');
    expect(messages.map(({ body }) => body)).toEqual([expect.objectContaining({ rows: 1 }), waiting?.body]);
    expect(await sweep()).toEqual({ ticks: 0, outboxDepth: 0 });
    const { metrics } = await finalizer.end();
    expect(metrics).toMatchObject({ RunsStarted: 2, AnalyticsStarted: 2, MessagesSent: 2, MessagesKept: 1 });
  });
});

describe('a RabbitMQ that refuses', () => {
  it.each([
    {
      why: 'the password of the secret is wrong',
      password: 'hunter2-hunter2',
      isHostThere: true,
      reason: /: 403: .*ACCESS_REFUSED/,
    },
    {
      why: 'the stage has no virtual host there',
      password: undefined,
      isHostThere: false,
      reason: /there is no such virtual host/,
    },
  ])('keeps no data from readers, and gets its messages once it is mended: $why', async (trouble) => {
    const { password, isHostThere, reason } = trouble;
    await saveSecret(environment.RABBITMQ_SECRET, brokerSecret(password));
    if (isHostThere) await bind('#');
    const finalizer = await startFinalizer();
    await deliver('daily-1.parquet', [row('a')]);

    expect(await finalizer.tick()).toEqual(ACKNOWLEDGED);
    expect(seenByReaders()).toEqual(['a']);
    const [waiting] = await idsInOutbox();
    expect(waiting).toMatch(/^finalized\//);

    if (!isHostThere) await bind('#');
    const SecretString = JSON.stringify(brokerSecret());
    await secrets.send(new PutSecretValueCommand({ SecretId: environment.RABBITMQ_SECRET, SecretString }));
    await sweep();
    expect(await finalizer.tick()).toEqual(ACKNOWLEDGED);

    expect(await arrived('#')).toMatchObject([{ id: waiting }]);
    expect(await idsInOutbox()).toEqual([]);
    const outcome = await finalizer.end();
    expect(lineOf(outcome, 'messages-kept')).toMatchObject({ level: 'WARN', reason: expect.stringMatching(reason) });
    expect(outcome.metrics).toMatchObject({ RunsStarted: 1, MessagesKept: 1, MessagesSent: 1 });
    expect(outcome.output).not.toContain(password ?? rabbitmq.password);
    expect(outcome.output).not.toContain(rabbitmq.password);
  });
});

describe('copy and reconcile', () => {
  it('never speak with RabbitMQ: what they have to say waits for the next tick of the outbox', async () => {
    await saveSecret(environment.RABBITMQ_SECRET, brokerSecret());
    await bind('#');
    const event = await stage.put('payer-cur', `${FOLDER}daily-9.parquet`, Buffer.from('no Parquet'));

    await functions.run('copy', environment, [sqsEvent({ m: event })]);
    expect(await idsInOutbox()).toEqual([expect.stringMatching(/^quarantined\//)]);
    await stage.take('FINALIZE_QUEUE');
    await functions.run('reconcile', environment, [{ periods: [PERIOD] }]);
    const waiting = await idsInOutbox();
    expect(wire.accepted()).toBe(0);
    const ticks = await stage.take('FINALIZE_QUEUE');
    expect(ticks).toContainEqual({ outbox: true });
    await functions.run('finalize', environment, [sqsEvent({ tick: { outbox: true } })]);

    const messages = await arrived('#');
    expect(messages.map(({ id }) => id).sort()).toEqual(waiting.sort());
    expect(messages.map(({ routingKey }) => routingKey)).toEqual(
      expect.arrayContaining([
        'cur.111122223333.2026-10.quarantined',
        'cur.444455556666.all.unreadable',
        'cur.all.all.reconciled',
      ]),
    );
    expect(messages).toContainEqual(
      expect.objectContaining({
        body: expect.objectContaining({ key: event.detail.object.key, correlationId: event.id }),
      }),
    );
    expect(await idsInOutbox()).toEqual([]);
    expect(snowflake.requests).toEqual([]);
    expect(wire.accepted()).toBe(1);
  });
});

describe('a stage without a broker', () => {
  it('notifies nobody, and nothing fails', async () => {
    environment = { ...environment, RABBITMQ_SECRET: 'none' };
    const other = FOLDER.replace(PERIOD, '2026-09');
    const corrupt = await stage.put('payer-cur', `${other}daily-8.parquet`, Buffer.from('no Parquet'));

    const copied = await functions.run('copy', environment, [sqsEvent({ m: corrupt })]);
    const reconciled = await functions.run('reconcile', environment, [{ periods: [PERIOD] }]);
    await deliver('daily-1.parquet', [row('a')]);
    const tick = sqsEvent({ tick: { period: PERIOD } });
    const finalized = await functions.run('finalize', environment, [tick]);

    expect([...copied.answers, ...finalized.answers]).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(copied.metrics).toMatchObject({ FilesQuarantined: 1 });
    expect(reconciled.answers).toEqual([{ answer: expect.objectContaining({ dryRun: false }) }]);
    expect(finalized.metrics).toMatchObject({ PartitionsFinalized: 1 });
    expect(Object.keys(finalized.metrics).filter((name) => name.startsWith('Messages'))).toEqual([]);
    expect(seenByReaders()).toEqual(['a']);
    expect(await idsInOutbox()).toEqual([]);
    expect(await sweep()).toMatchObject({ outboxDepth: 0 });
    expect(wire.accepted()).toBe(0);
  });
});
