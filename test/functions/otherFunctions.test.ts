import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import { startFaultProxy } from '../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { payerSource } from '../config/payerSources.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';
import { BundledFunctions, sqsEvent } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYERS = `
- payer: '111122223333'
  bucket: first-cur
  bucketOwner: '123456789012'
- payer: '444455556666'
  bucket: gone-cur
  bucketOwner: self
`;
const FILE = 'daily/data/BILLING_PERIOD=2026-10/daily-00001.snappy.parquet';

let server: MotoServer;
let functions: BundledFunctions;

beforeAll(async () => {
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  await (await Deployment.create(server)).createBucket('first-cur');
});

afterAll(async () => {
  await functions?.close();
  await server?.close();
});

/** A stage with one file staged, and the tick of it taken away. */
async function stageWithDirtyPartition(): Promise<Deployment> {
  const stage = await Deployment.create(server);
  const event = await stage.put('first-cur', FILE, parquetBytes(2));
  const { metrics } = await functions.run('copy', stage.environment, [sqsEvent({ first: event })]);
  expect(metrics).toMatchObject({ FilesStaged: 1 });
  expect(await stage.take('FINALIZE_QUEUE')).toHaveLength(1);
  return stage;
}

describe('sweep', () => {
  it('sends a tick for each period that is dirty and asleep, and answers how many', async () => {
    const stage = await stageWithDirtyPartition();

    const { answers, metrics } = await functions.run('sweep', stage.environment, [{}]);

    expect(answers).toEqual([{ answer: { ticks: 1, outboxDepth: 0 } }]);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([{ period: '2026-10' }]);
    expect(metrics).toMatchObject({ TicksSwept: 1, DirtyPartitions: 1, OutboxDepth: 0 });
  });

  it('sends a tick for the outbox while a message lies there', async () => {
    const stage = await Deployment.create(server);
    const message = { id: 'm', routingKey: 'cur.all.all.reconciled', body: {}, createdAt: 0 };
    await stage.ledger.putIntoOutbox([message]);

    const { answers, metrics } = await functions.run('sweep', stage.environment, [{}]);

    expect(answers).toEqual([{ answer: { ticks: 0, outboxDepth: 1 } }]);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([{ outbox: true }]);
    expect(metrics).toMatchObject({ OutboxDepth: 1 });
  });

  it('reports how long each payer of the payers file has not delivered, though nothing happens', async () => {
    const stage = await Deployment.create(server);

    const { logs } = await functions.run('sweep', stage.environment, [{}]);

    for (const payer of ['111122223333', '444455556666']) {
      expect(logs).toContainEqual(
        expect.objectContaining({ message: 'payer-fresh', payer, hours: 8784, correlation_id: 'the-request' }),
      );
    }
  });

  it('sends nothing when nothing is dirty', async () => {
    const stage = await Deployment.create(server);

    const { answers } = await functions.run('sweep', stage.environment, [{}]);

    expect(answers).toEqual([{ answer: { ticks: 0, outboxDepth: 0 } }]);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([]);
  });

  it('fails, with a log line, when the ledger cannot be reached: the schedule tries it again', async () => {
    const stage = await Deployment.create(server);

    const { answers, logs } = await functions.run('sweep', { ...stage.environment, LEDGER_TABLE: 'no-such-table' }, [
      {},
    ]);

    expect(answers).toEqual([{ error: expect.stringContaining('ResourceNotFoundException') }]);
    expect(logs).toContainEqual(expect.objectContaining({ level: 'ERROR', message: 'invocation failed' }));
  });
});

describe('finalize', () => {
  it('reports a tick without a period as malformed', async () => {
    const stage = await Deployment.create(server);

    const { answers, logs } = await functions.run('finalize', stage.environment, [sqsEvent({ tick: { month: 10 } })]);

    expect(answers).toEqual([{ answer: { batchItemFailures: [{ itemIdentifier: 'tick' }] } }]);
    expect(logs).toContainEqual(
      expect.objectContaining({ level: 'ERROR', reason: expect.stringContaining('a tick must name a period') }),
    );
  });
});

describe('reconcile', () => {
  it('works on a message for one payer, and answers about a run by its id', async () => {
    const stage = await Deployment.create(server);
    await stage.put('first-cur', FILE, parquetBytes(2));
    const periods = [parsePeriod('2026-10')];
    const sources = [payerSource({ payer: parsePayer('111122223333'), bucket: 'first-cur', prefix: '' })];
    const payers = sources.map(({ payer }) => payer);
    const configuration = { from: 'fallback', payers: 1, wrongRows: [] } as const;
    const run = { id: 'run-1', startedAt: Date.now(), payers, periods, dryRun: false, full: false };
    await stage.ledger.openReconcile({ ...run, sources, configuration });

    const { answers } = await functions.run('reconcile', stage.environment, [
      { run: 'run-1' },
      sqsEvent({ first: { run: 'run-1', payer: payers[0] } }),
      { run: 'run-1' },
      sqsEvent({ wrong: { run: 'run-1', payer: 'nobody' } }),
    ]);

    expect(answers).toMatchObject([
      { answer: { run: 'run-1', isComplete: false, done: 0, onItsWay: 1 } },
      { answer: { batchItemFailures: [] } },
      { answer: { isComplete: true, done: 1, onItsWay: 0, partitions: [{ payer: payers[0], queued: 1 }] } },
      { answer: { batchItemFailures: [{ itemIdentifier: 'wrong' }] } },
    ]);
    expect(await stage.take('COPY_QUEUE')).toEqual([expect.objectContaining({ key: FILE, correlationId: 'run-1' })]);
  });

  it.each([
    ['by hand', undefined, () => ({ periods: ['2026-10'] })],
    ['by a message', '123456789012', (payer: Payer) => sqsEvent({ first: { run: 'run-1', payer } })],
  ])('asked %s, says in every request to S3 whose the bucket must be', async (_, ours, inputFor) => {
    const stage = await Deployment.create(server);
    await stage.put('first-cur', FILE, parquetBytes(2));
    const payer = parsePayer('111122223333');
    const sources = [payerSource({ payer, bucket: 'first-cur', prefix: '', bucketOwner: '123456789012' })];
    const run = { id: 'run-1', startedAt: Date.now(), payers: [payer], periods: [parsePeriod('2026-10')] };
    const configuration = { from: 'fallback', payers: 1, wrongRows: [] } as const;
    await stage.ledger.openReconcile({ ...run, dryRun: false, full: false, sources, configuration });
    const proxy = await startFaultProxy(server.endpoint);

    await functions.run('reconcile', { ...stage.environment, AWS_ENDPOINT_URL_S3: proxy.endpoint }, [inputFor(payer)]);
    await proxy.close();

    const said = (bucket: string) =>
      proxy.requests
        .filter(({ path }) => path.startsWith(`/${bucket}`))
        .map(({ headers }) => headers['x-amz-expected-bucket-owner']);
    expect(new Set(said('first-cur'))).toEqual(new Set(['123456789012']));
    expect(new Set(said(stage.stagingBucket))).toEqual(new Set([ours]));
  });

  it('queues what the ledger does not know, and reports a source that cannot be read', async () => {
    const stage = await Deployment.create(server);
    await stage.put('first-cur', FILE, parquetBytes(2));

    const { answers, logs, metrics } = await functions.run('reconcile', stage.environment, [{ periods: ['2026-10'] }]);

    expect(answers).toEqual([
      {
        answer: expect.objectContaining({
          dryRun: false,
          partitions: [expect.objectContaining({ payer: '111122223333', queued: 1, missing: 1 })],
          unreadable: [expect.objectContaining({ payer: '444455556666', bucket: 'gone-cur' })],
          configuration: { from: 'fallback', payers: 2, wrongRows: [], readAt: null },
        }),
      },
    ]);
    expect(await stage.take('COPY_QUEUE')).toEqual([
      expect.objectContaining({ kind: 'discovered', bucket: 'first-cur', key: FILE, correlationId: 'the-request' }),
    ]);
    expect(metrics).toEqual({
      SourcesUnreadable: 1,
      ConfigurationsLoaded: 1,
      ConfigurationsFromFallback: 1,
      PayersConfigured: 2,
    });
    expect(logs).toContainEqual(
      expect.objectContaining({ message: 'source-unreadable', correlation_id: 'the-request' }),
    );
    expect(logs).toContainEqual(
      expect.objectContaining({
        message: 'reconciled',
        unreadable: 1,
        configuration: expect.objectContaining({ from: 'fallback', payers: 2 }),
      }),
    );
    expect(logs).toContainEqual(
      expect.objectContaining({ level: 'INFO', message: 'configuration-loaded', from: 'fallback' }),
    );
  });

  it('puts what other systems must hear into the outbox, and wakes whoever sends it', async () => {
    const stage = await Deployment.create(server);
    const environment = { ...stage.environment, RABBITMQ_SECRET: 'the-broker' };

    await functions.run('reconcile', environment, [{}]);

    const messages = await stage.ledger.outbox();
    expect(messages.map(({ routingKey }) => routingKey).sort()).toEqual([
      'cur.111122223333.all.stale',
      'cur.444455556666.all.stale',
      'cur.444455556666.all.unreadable',
      'cur.all.all.reconciled',
    ]);
    expect(messages.map(({ id }) => id)).toContain('reconciled/the-request');
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([{ outbox: true }]);
  });

  it('notifies nobody where the stage has no broker', async () => {
    const stage = await Deployment.create(server);

    await functions.run('reconcile', stage.environment, [{}]);

    expect(await stage.ledger.outbox()).toEqual([]);
    expect(await stage.take('FINALIZE_QUEUE')).toEqual([]);
  });

  it('takes a copy of a payers table that is configured no more out of use', async () => {
    const stage = await Deployment.create(server);
    await stage.ledger.saveConfiguration({ from: 'table', readAt: 0, sources: [payerSource({ bucket: 'old-cur' })] });

    const dryRun = await functions.run('reconcile', stage.environment, [{ dryRun: true }]);
    expect(await stage.ledger.configuration()).toMatchObject({ from: 'table' });
    await functions.run('reconcile', stage.environment, [{}]);

    expect(dryRun.answers).toMatchObject([{ answer: { configuration: { from: 'fallback' } } }]);
    expect(await stage.ledger.configuration()).toMatchObject({ from: 'fallback' });
    const event = await stage.put('first-cur', FILE, parquetBytes(2));
    const { metrics } = await functions.run('copy', stage.environment, [sqsEvent({ first: event })]);
    expect(metrics).toMatchObject({ FilesStaged: 1 });
  });

  it('does nothing in a dry run', async () => {
    const stage = await Deployment.create(server);
    await stage.put('first-cur', FILE, parquetBytes(2));

    const input = { periods: ['2026-10'], dryRun: true };
    const { answers } = await functions.run('reconcile', stage.environment, [input]);

    expect(answers).toEqual([{ answer: expect.objectContaining({ dryRun: true }) }]);
    expect(await stage.take('COPY_QUEUE')).toEqual([]);
  });

  it('refuses an input that it does not know, and names it', async () => {
    const stage = await Deployment.create(server);

    const { answers } = await functions.run('reconcile', stage.environment, [{ payer: '111122223333' }]);

    expect(answers).toEqual([{ error: expect.stringContaining('payer is an unknown field') }]);
  });
});
