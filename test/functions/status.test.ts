import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../esbuild.config.cjs';
import { addMonths, periodAt } from '../../src/billing/period.ts';
import { type MotoServer, startMotoServer } from '../aws/motoServer.ts';
import { payerSource } from '../config/payerSources.ts';
import { ALPHA, BETA, deliveryOf, PERIOD, START, versionOf } from '../ledger/records.ts';
import { BundledFunctions, runFunction } from './bundledFunction.ts';
import { Deployment } from './deployment.ts';

const PAYERS = `
- payer: '${ALPHA.payer}'
  bucket: cur-source
`;

let server: MotoServer;
let functions: BundledFunctions;
let path: string;

beforeAll(async () => {
  [server, functions] = await Promise.all([startMotoServer(), BundledFunctions.create(PAYERS)]);
  path = join(functions.folder, 'status.cjs');
  const entry = fileURLToPath(new URL('../../functions/status.ts', import.meta.url));
  await bundle(entry, path, { payersFile: join(functions.folder, 'payers.yml') });
});

afterAll(async () => {
  await functions?.close();
  await server?.close();
});

/** What the function reads: queues that it counts, none that it sends to, no bucket. */
function environmentOf({ environment }: Deployment): Record<string, string> {
  const { STAGING_BUCKET: _, COPY_QUEUE: __, FINALIZE_QUEUE: ___, ...rest } = environment;
  return rest;
}

describe('status', () => {
  it('answers with the table and the rows, from the ledger as it is', async () => {
    const stage = await Deployment.create(server);
    const [there, missing] = [versionOf(), versionOf({ key: 'part-2' })];
    await stage.ledger.recordVersion(there, START);
    await stage.ledger.recordDelivery(deliveryOf({ files: [there, missing] }), [missing.id], START);
    await stage.ledger.putIntoOutbox([{ id: 'm', routingKey: 'cur.all.all.x', body: {}, createdAt: START }]);
    const before = await stage.ledger.partition(ALPHA);

    const { answers, logs } = await runFunction(path, environmentOf(stage), [{ periods: [PERIOD] }]);

    expect(answers).toEqual([
      {
        answer: expect.objectContaining({
          verdict: 'incomplete',
          partitions: [
            expect.objectContaining({
              payer: ALPHA.payer,
              verdict: 'incomplete',
              state: 'waiting',
              missing: { count: 1, files: [{ key: missing.source.key, why: 'not staged yet' }], more: 0 },
            }),
          ],
          table: expect.arrayContaining(['    missing: part-2.parquet (not staged yet)']),
          configuration: { from: 'fallback', payers: 1, readAt: null, ageHours: null, why: null },
          outbox: expect.objectContaining({ messages: 1 }),
        }),
      },
    ]);
    expect(await stage.ledger.partition(ALPHA)).toEqual(before);
    expect(logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });

  it('reports every payer of the table’s copy, this month and the one before, when it is asked for nothing', async () => {
    const stage = await Deployment.create(server);
    await stage.ledger.saveConfiguration({
      from: 'table',
      sources: [payerSource({ payer: BETA.payer })],
      readAt: START,
    });

    const { answers } = await runFunction(path, environmentOf(stage), [{}]);

    const month = periodAt(Date.now());
    const unknown = { payer: BETA.payer, verdict: 'unknown' };
    expect(answers).toMatchObject([
      {
        answer: {
          verdict: 'unknown',
          partitions: [
            { ...unknown, period: addMonths(month, -1) },
            { ...unknown, period: month },
          ],
          configuration: { from: 'cache', payers: 1 },
        },
      },
    ]);
  });

  it('reports how much is in the queues of the stage, what ran last, and the release; a queue that is not there too', async () => {
    const stage = await Deployment.create(server);
    const { QUEUES = '', DEAD_LETTER_QUEUES = '' } = stage.environment;
    const [copy = '', finalize = ''] = QUEUES.split(',');
    await stage.sendTo(copy);
    await stage.sendTo(copy);
    await stage.take('COPY_QUEUE');
    await stage.sendTo(copy);
    await stage.sendTo(finalize, 600);
    await stage.sendTo(DEAD_LETTER_QUEUES);
    await stage.ledger.noteActivity({ sweep: { endedAt: START, ticks: 3 } });
    const environment = { ...environmentOf(stage), DEAD_LETTER_QUEUES: `${DEAD_LETTER_QUEUES},no-such-dlq` };

    const { answers } = await runFunction(path, environment, [{}, { format: 'table' }]);

    const [report, table] = answers;
    const trouble = expect.stringMatching(/NonExistentQueue|QueueDoesNotExist/);
    expect(report?.answer).toMatchObject({
      operations: {
        release: '1.2.3+test',
        queues: [
          { name: copy, isDeadLetters: false, waiting: 1, inWork: 2, delayed: 0 },
          { name: finalize, isDeadLetters: false, waiting: 0, inWork: 0, delayed: 1 },
          { name: DEAD_LETTER_QUEUES, isDeadLetters: true, waiting: 1 },
          { name: 'no-such-dlq', isDeadLetters: true, trouble },
        ],
        reconcile: null,
        sweep: { at: new Date(START).toISOString(), ticks: 3 },
      },
    });
    expect(table?.answer).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^payer +period +verdict/),
        'release 1.2.3+test',
        `queue ${copy}: 1 waiting, 2 in work, 0 delayed`,
        `1 dead letters in ${DEAD_LETTER_QUEUES}`,
        expect.stringMatching(/^queue no-such-dlq cannot be read: /),
      ]),
    );
  });

  it('refuses an input that it does not know, and names field and value', async () => {
    const stage = await Deployment.create(server);

    const { answers } = await runFunction(path, environmentOf(stage), [{ periods: ['October'] }]);

    expect(answers).toEqual([
      { error: expect.stringMatching(/^StatusInputInvalid: .*periods\[0\] must be a month .*got "October"/) },
    ]);
  });

  it('fails when the ledger cannot be reached, and its log names our classes though the bundle is minified', async () => {
    const stage = await Deployment.create(server);
    const { answers, logs } = await runFunction(path, { ...environmentOf(stage), LEDGER_TABLE: 'no-such-table' }, [{}]);
    expect(answers).toEqual([{ error: expect.stringContaining('ResourceNotFoundException') }]);
    const stack = expect.stringMatching(/at async DynamodbTable\.get /);
    expect(logs).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ stack }) }));
  });
});
