import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PayerSource, Source } from '../../src/billing/source.ts';
import type { PayersOrigins } from '../../src/config/loadPayers.ts';
import { PayersInUse } from '../../src/config/payersInUse.ts';
import type { PayerRow } from '../../src/config/payersTable.ts';
import type { Message } from '../../src/ledger/message.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { reconcile } from '../../src/reconcile/reconcile.ts';
import type { ReconcileAnswer } from '../../src/reconcile/reconcileAnswer.ts';
import { ReconcileInputInvalid } from '../../src/reconcile/reconcileInput.ts';
import type { ReconcileServices } from '../../src/reconcile/services.ts';
import { CopyWorld, chunk, DAILY, DEBOUNCE, LOOSE, NOON, OVERWRITE } from '../copy/copyWorld.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const configured = (source: Source): PayerSource => ({ ...source, bucketOwner: source.payer });
const rowOf = ({ payer, bucket, prefix }: Source): PayerRow => ({ PAYER_ID: payer, BUCKET: bucket, PREFIX: prefix });
const FILE = { sources: [configured(LOOSE)] };
const WRONG_ROW: PayerRow = { PAYER_ID: 'nobody', BUCKET: 'any-cur' };
const refuse = async () => {
  throw new Error('the warehouse cannot be reached');
};

/** Reconciles with LOOSE in the payers file. */
function run(
  readTable: PayersOrigins['readTable'],
  input?: unknown,
  changes: Partial<ReconcileServices> = {},
): Promise<ReconcileAnswer> {
  const { store, ledger, copyQueue, finalizeQueue, staging } = world;
  const services = {
    store,
    ledger,
    copyQueue,
    finalizeQueue,
    stagingBucket: staging.stagingBucket,
    debounce: DEBOUNCE,
    supersededGraceSeconds: 3600,
    reconcileQueue: { send: () => Promise.reject(new Error('three payers need no messages')) },
    inlinePayers: 3,
    concurrency: 2,
    sleep: () => Promise.reject(new Error('nothing is on its way')),
    tagUnowned: async () => {},
    staleAfterHours: 36,
    stage: 'prod',
    notify: (messages: readonly Message[]) => ledger.putIntoOutbox(messages),
    now: () => world.now,
    report: staging.report,
    ...changes,
  };
  const invocation = { id: 'the-request', yieldAt: world.now + 600_000 };
  return reconcile(services, { readTable, fallback: FILE }, input, invocation);
}

const payersIn = ({ partitions }: ReconcileAnswer) => [...new Set(partitions.map(({ payer }) => payer))];

describe('reconcile', () => {
  it('looks at the sources of the table, stores them, and says so', async () => {
    const report = await run(async () => [rowOf(DAILY)]);
    expect(payersIn(report)).toEqual([DAILY.payer]);
    const readAt = new Date(NOON).toISOString();
    expect(report.configuration).toEqual({ from: 'table', payers: 1, wrongRows: [], readAt });
    expect(await world.ledger.configuration()).toEqual({ from: 'table', sources: [configured(DAILY)], readAt: NOON });
  });

  it('looks at the sources of the payers file where there is no table, and stores nothing', async () => {
    const report = await run(undefined);
    expect(payersIn(report)).toEqual([LOOSE.payer]);
    expect(report.configuration).toEqual({ from: 'fallback', payers: 1, wrongRows: [], readAt: null });
    expect(await world.ledger.configuration()).toBeUndefined();
    expect(report.summary[0]).toBe('0 messages queued, 0 sources unreadable');
  });

  it('goes on with the last good copy while the table cannot be read, else with the payers file, and says so first', async () => {
    const alone = await run(refuse);
    expect([payersIn(alone), alone.configuration.from]).toEqual([[LOOSE.payer], 'fallback']);
    expect(alone.summary[0]).toBe(
      'payers are from the fallback, the payers file: "Error: the warehouse cannot be reached"',
    );
    await run(async () => [rowOf(DAILY)]);
    world.now += 1000;
    const copied = await run(refuse);
    expect([payersIn(copied), copied.configuration]).toMatchObject([[DAILY.payer], { from: 'cache', payers: 1 }]);
    expect(copied.summary[0]).toContain(`from the cache, the copy of ${new Date(NOON).toISOString()}`);
    expect(await world.ledger.configuration()).toMatchObject({ from: 'table', readAt: NOON });
  });

  it('notes that it has ended, what it did, and why the payers table does not count; a dry run notes nothing', async () => {
    await run(async () => [], { dryRun: true });
    expect(await world.ledger.activity()).toEqual({});
    world.now += 1000;
    const { periods } = await run(async () => []);
    const why = 'the payers table is empty: none of its 0 rows is enabled';
    expect(await world.ledger.activity()).toEqual({
      reconcileBegun: { run: 'the-request-2', startedAt: NOON + 1000 },
      reconcile: { endedAt: NOON + 1000, payers: 1, periods, queued: 0, unreadable: 0, configuration: 'fallback', why },
    });
    await run(async () => [rowOf(DAILY)]);
    expect((await world.ledger.activity()).reconcile).not.toHaveProperty('why');
  });

  it('leaves a wrong row out, says which one, and goes on with the others', async () => {
    const report = await run(async () => [WRONG_ROW, rowOf(DAILY)]);
    expect(report.configuration.wrongRows).toEqual([{ row: 1, reason: expect.stringContaining('PAYER_ID') }]);
    expect(report.summary[0]).toMatch(/^row 1 of the payers table does not count: PAYER_ID .*got "nobody"$/);
    expect(payersIn(report)).toEqual([DAILY.payer]);
    expect(world.reported('payer-row-wrong')).toHaveLength(1);
  });

  it('takes payers by their ids from the configuration that counts', async () => {
    const table = async () => [rowOf(DAILY)];
    expect(payersIn(await run(table, { payers: [DAILY.payer] }))).toEqual([DAILY.payer]);
    await expect(run(table, { payers: [LOOSE.payer] })).rejects.toThrow(ReconcileInputInvalid);
  });

  it.each([
    ['a dry run', { dryRun: true }, undefined],
    ['an input that it does not know', { dry: true }, ReconcileInputInvalid],
  ])('stores nothing in %s', async (_what, input, refusal) => {
    const running = run(async () => [rowOf(DAILY)], input);
    if (refusal) await expect(running).rejects.toThrow(refusal);
    else expect((await running).configuration.from).toBe('table');
    expect(await world.ledger.configuration()).toBeUndefined();
  });

  it('queues nothing before the configuration is stored: the copy function finds whose object it is', async () => {
    const payers = new PayersInUse({
      stored: () => world.ledger.configuration(),
      fallback: FILE,
      now: () => world.now,
    });
    const key = chunk(OVERWRITE, 1);
    const event = parseCopyMessage(await world.put(key, parquetBytes(1)));
    const placementOf = async (of: typeof event) => (await payers.placed(of, () => {})).placement.is;
    expect(await placementOf(event)).toBe('unknown-source');
    const placements: string[] = [];
    const copyQueue: ReconcileServices['copyQueue'] = {
      send: async (messages) => {
        for (const { body } of messages) placements.push(await placementOf(parseCopyMessage(body)));
      },
    };
    await run(async () => [rowOf(DAILY)], undefined, { copyQueue });
    expect(placements).toEqual(['data']);
  });

  it('does nothing while the configuration cannot be stored: nobody would know whose the objects are', async () => {
    await world.put(chunk(OVERWRITE, 1), parquetBytes(1));
    world.ledger.saveConfiguration = () => Promise.reject(new Error('throttled'));
    await expect(run(async () => [rowOf(DAILY)])).rejects.toThrow('throttled');
    expect(world.copyQueue.sent).toEqual([]);
  });

  it('reports at its end what it has found, and wakes whoever sends messages', async () => {
    await world.put(chunk(OVERWRITE, 1), parquetBytes(1));
    await run(async () => [rowOf(DAILY), WRONG_ROW]);
    const notices = (await world.ledger.outbox()).filter(({ body }) => body.what === 'reconciled');
    expect(notices).toEqual([
      expect.objectContaining({ id: 'reconciled/the-request', routingKey: 'cur.all.all.reconciled' }),
    ]);
    expect(notices[0]?.body).toMatchObject({
      periods: ['2026-09', '2026-10'],
      partitions: 2,
      missing: 1,
      queued: 1,
      unreadable: 0,
      configuration: 'table',
      wrongRows: 1,
      correlationId: 'the-request',
    });
    expect(world.finalizeQueue.sent.at(-1)).toEqual({ body: { outbox: true }, group: 'outbox' });
  });

  it('notifies and wakes nobody on a dry run, or where nobody listens', async () => {
    await run(async () => [rowOf(DAILY)], { dryRun: true });
    await run(async () => [rowOf(DAILY)], {}, { notify: async () => {} });
    expect(await world.ledger.outbox()).toEqual([]);
    expect(world.finalizeQueue.sent).toEqual([]);
  });
});
