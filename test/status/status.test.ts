import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { type Payer, parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';
import type { Delivery } from '../../src/ledger/delivery.ts';
import type { HourlyCount } from '../../src/ledger/hourlyCounts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Operations } from '../../src/status/operations.ts';
import { status } from '../../src/status/status.ts';
import { statusAnswer } from '../../src/status/statusAnswer.ts';
import { payerSource } from '../config/payerSources.ts';
import { counted } from '../copy/interception.ts';
import { ALPHA, BETA, deliveryOf, PERIOD, START, versionOf } from '../ledger/records.ts';
import { DEBOUNCE, HOUR, MINUTE } from './statusRecords.ts';

/** In May: the period of the records is the month before. */
const NOW = START + 2 * HOUR;
const NOBODY = parsePayer('333333333333');
const FALLBACK = { sources: [ALPHA, BETA].map(({ payer }) => payerSource({ payer })) };

let ledger: SqliteLedger;
beforeEach(() => {
  ledger = openSqliteLedger(':memory:');
});
afterEach(() => ledger.close());

/** A stage with four queues: one with a dead letter, one that cannot be asked. */
const OPERATIONS: Operations = {
  release: '1.2.3+abc',
  queues: [
    { name: 'copy', isDeadLetters: false, depth: async () => ({ waiting: 3, inWork: 2, delayed: 1 }) },
    { name: 'finalize', isDeadLetters: false, depth: () => Promise.reject(new Error('Access\nDenied')) },
    { name: 'copy-dlq', isDeadLetters: true, depth: async () => ({ waiting: 1, inWork: 0, delayed: 0 }) },
    { name: 'finalize-dlq', isDeadLetters: true, depth: async () => ({ waiting: 0, inWork: 0, delayed: 0 }) },
  ],
};

const ask = (input: unknown, of: Pick<Ledger, keyof SqliteLedger & keyof Ledger> = ledger) =>
  status({ ledger: of, fallback: FALLBACK, debounce: DEBOUNCE, now: () => NOW }, input);

/** What a run does for a partition whose delivery is whole, when nothing goes wrong. */
async function publish(delivery: Delivery): Promise<void> {
  const { partition } = delivery;
  const lease = await ledger.acquireLease(partition.period, 'run', START, START + MINUTE);
  if (!lease.taken) throw new Error('the lease is held');
  const { epoch } = lease;
  const { changes } = (await ledger.partition(partition)) ?? { changes: 0 };
  const set = { setId: delivery.id, epoch, at: START + MINUTE };
  const published = { ...set, deliveryId: delivery.id, files: delivery.files.length, rows: 1234 };
  await ledger.commit(partition, epoch, { kind: 'published', published });
  await ledger.commit(partition, epoch, { kind: 'analysed', analysed: { ...set, watermark: START } });
  await ledger.commit(partition, epoch, { kind: 'settled', changes, readAt: START });
  await ledger.releaseLease(partition.period, epoch);
}

/** Alpha's month is complete, Beta's newest delivery lacks one of two files. */
async function twoPayers(): Promise<void> {
  const whole = versionOf();
  await ledger.recordVersion(whole, START);
  await ledger.recordDelivery(deliveryOf({ files: [whole] }), [], START);
  await publish(deliveryOf({ files: [whole] }));
  const [there, missing] = [versionOf({ partition: BETA }), versionOf({ partition: BETA, key: 'october-part-2' })];
  await ledger.recordVersion(there, START);
  await ledger.recordDelivery(deliveryOf({ partition: BETA, files: [there, missing] }), [missing.id], START);
}

describe('status', () => {
  it('answers whether a payer’s month is complete, and if not what is missing, to whoever knows nothing', async () => {
    await twoPayers();
    const { partitions, verdict, table = [] } = await ask({ periods: [PERIOD] });
    expect(verdict).toBe('incomplete');
    expect(partitions).toMatchObject([
      { payer: ALPHA.payer, period: PERIOD, verdict: 'complete', published: { files: 1, rows: 1234 }, why: [] },
      { payer: BETA.payer, period: PERIOD, verdict: 'incomplete', state: 'waiting', missing: { count: 1 } },
    ]);
    expect(table[1]).toMatch(/^111111111111 {2}2026-04 {2}complete /);
    expect(table[2]).toMatch(/^222222222222 {2}2026-04 {2}incomplete {2}waiting /);
    expect(table[3]).toBe(
      '    waiting for 1 of 2 files of delivery execution-of-delivery-1 (manifest of 2026-05-02T00:00:00Z)',
    );
    expect(table[4]).toBe('    missing: october-part-2.parquet (not staged yet)');
  });

  it('has a row for every configured payer, this month and the one before, also where nothing has arrived', async () => {
    await twoPayers();
    const { partitions, summary } = await ask({});
    expect(partitions?.map(({ payer, period, verdict }) => `${payer} ${period} ${verdict}`)).toEqual([
      '111111111111 2026-04 complete',
      '111111111111 2026-05 unknown',
      '222222222222 2026-04 incomplete',
      '222222222222 2026-05 unknown',
    ]);
    expect(summary[0]).toBe("as of 2026-05-02T02:00:00Z: 1 of 4 payers' months are complete, 1 incomplete, 2 unknown");
    expect(summary[1]).toBe('2 payers, from the payers file');
  });

  it('has every period that the ledger knows when it is asked for all', async () => {
    const old = { payer: ALPHA.payer, period: parsePeriod('2024-02') };
    await ledger.recordVersion(versionOf({ partition: old }), START);
    const { periods } = await ask({ periods: 'all' });
    expect(periods.map(({ period }) => period)).toEqual(['2024-02', '2026-04', '2026-05']);
  });

  it('reports a payer that is configured no more, and of a named one that never was', async () => {
    await ledger.recordVersion(versionOf({ partition: { payer: NOBODY, period: PERIOD } }), START);
    const { partitions } = await ask({ periods: [PERIOD] });
    expect(partitions?.find(({ payer }) => payer === NOBODY)).toMatchObject({ configured: false, state: 'pending' });
    const named = await ask({ payers: ['999999999999'], periods: [PERIOD] });
    expect(named.partitions).toMatchObject([{ verdict: 'unknown', configured: false }]);
  });

  it('says of a month that took longer than its turn that it waits for a longer one, and does not call it failed', async () => {
    await ledger.recordVersion(versionOf(), START);
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + MINUTE);
    await ledger.commit(ALPHA, lease.taken ? lease.epoch : 0, { kind: 'sliced', sliceSeconds: 90 });
    const { partitions } = await ask({ payers: [ALPHA.payer], periods: [PERIOD] });
    expect(partitions).toMatchObject([
      { state: 'pending', why: [expect.stringContaining('it has up to 90 s'), {}, {}] },
    ]);
  });

  it('narrows by payer, state and verdict, and its own verdict is of all that was asked for', async () => {
    await twoPayers();
    const alpha = await ask({ payers: [ALPHA.payer], periods: [PERIOD] });
    expect([alpha.verdict, alpha.partitions?.length]).toEqual(['complete', 1]);
    const published = await ask({ states: ['published'], periods: [PERIOD] });
    expect([published.verdict, published.partitions?.length]).toEqual(['incomplete', 1]);
    const problems = await ask({ problemsOnly: true, periods: [PERIOD] });
    expect(problems.partitions?.map(({ payer }) => payer)).toEqual([BETA.payer]);
  });

  it.each([
    ['table', true, false],
    ['json', false, true],
    ['both', true, true],
  ])('in the format %s', async (format, hasTable, hasPartitions) => {
    const report = await ask({ format });
    expect(['table' in report, 'partitions' in report]).toEqual([hasTable, hasPartitions]);
  });

  it('reports where the payers are from, and how old that is', async () => {
    const file = { from: 'fallback', payers: 2, readAt: null, ageHours: null, why: null };
    expect((await ask({})).configuration).toEqual(file);
    await ledger.saveConfiguration({ from: 'table', sources: [payerSource({ payer: NOBODY })], readAt: START });
    const { configuration, partitions, summary } = await ask({});
    const cache = { from: 'cache', payers: 1, readAt: '2026-05-02T00:00:00.000Z', ageHours: 2, why: null };
    expect(configuration).toEqual(cache);
    expect(partitions?.map(({ payer }) => payer)).toEqual([NOBODY, NOBODY]);
    expect(summary).toContain('1 payer, from the payers table as it was read at 2026-05-02T00:00:00.000Z, 2 h ago');
  });

  it('reports what waits for the broker, and for how long', async () => {
    const message = { routingKey: 'cur.all.all.x', body: {} };
    await ledger.putIntoOutbox([
      { ...message, id: 'b', createdAt: START + HOUR },
      { ...message, id: 'a', createdAt: START },
    ]);
    const { outbox, summary } = await ask({});
    expect(outbox).toEqual({
      messages: 2,
      isAtLeast: false,
      oldestAt: '2026-05-02T00:00:00.000Z',
      oldestAgeHours: 2,
    });
    expect(summary.at(-1)).toBe('2 messages wait for the broker, the oldest for 2 h');
  });

  it('reports who works on a month, who died doing so, and how far its analytics are', async () => {
    const lease = await ledger.acquireLease(PERIOD, 'finalize-1', START, NOW + MINUTE);
    const epoch = lease.taken ? lease.epoch : 0;
    const members = [{ payer: ALPHA.payer, publishedEpoch: 1, setId: 'set-1', watermark: START }];
    const run = {
      run: 1,
      status: 'running',
      members,
      scriptId: 's',
      steps: 10,
      stepsDone: 2,
      startedAt: START,
    } as const;
    await ledger.saveAnalytics(PERIOD, epoch, { ...run, inFlight: { number: 4, submittedAt: START, queryId: 'q' } });
    const { periods, summary } = await ask({ periods: [PERIOD] });
    expect(periods).toEqual([
      {
        period: PERIOD,
        epoch: 1,
        lease: { holder: 'finalize-1', until: '2026-05-02T02:01:00.000Z', hasRunOut: false },
        nextTickAt: null,
        analytics: {
          run: 1,
          status: 'running',
          payers: [ALPHA.payer],
          steps: 10,
          stepsDone: 2,
          inFlight: { step: 3, statement: 4, since: '2026-05-02T00:00:00.000Z', queryId: 'q' },
          failure: null,
          startedAt: '2026-05-02T00:00:00.000Z',
          endedAt: null,
        },
      },
    ]);
    expect(summary.slice(1, 3)).toEqual([
      '2026-04: held by run 1 until 2026-05-02T02:01:00Z',
      '2026-04: analytics (run 1) running: step 3 of 10 (statement 4) since 2026-05-02T00:00:00Z, query id q',
    ]);
    await ledger.renewLease(PERIOD, epoch, NOW);
    const died = await ask({ periods: [PERIOD] });
    expect(died.periods[0]?.lease?.hasRunOut).toBe(true);
    expect(died.summary[1]).toBe('2026-04: held by run 1, which has died: its lease ran out at 2026-05-02T02:00:00Z');
  });

  it('refuses a wrong input before it reads anything', async () => {
    const { target, calls } = counted(ledger);
    await expect(ask({ payer: 'x' }, target)).rejects.toThrow(/cannot report the status: payer is an unknown field/);
    expect(calls).toEqual({});
  });
});

describe('the status of a stage', () => {
  const askStage = (operations: Operations = OPERATIONS) =>
    status({ ledger, fallback: FALLBACK, operations, debounce: DEBOUNCE, now: () => NOW }, {});

  it('reports the release, how much is in each queue, and that one cannot be read', async () => {
    const { operations, summary } = await askStage();
    expect(operations?.release).toBe('1.2.3+abc');
    const trouble = String.raw`Error: Access\u{a}Denied`;
    expect(operations?.queues).toEqual([
      { name: 'copy', isDeadLetters: false, waiting: 3, inWork: 2, delayed: 1 },
      { name: 'finalize', isDeadLetters: false, trouble },
      { name: 'copy-dlq', isDeadLetters: true, waiting: 1, inWork: 0, delayed: 0 },
      { name: 'finalize-dlq', isDeadLetters: true, waiting: 0, inWork: 0, delayed: 0 },
    ]);
    expect(summary.slice(-6)).toEqual([
      'release 1.2.3+abc',
      'queue copy: 3 waiting, 2 in work, 1 delayed',
      `queue finalize cannot be read: ${trouble}`,
      '1 dead letters in copy-dlq',
      'no reconcile has ended yet',
      'no sweep has ended yet',
    ]);
  });

  it('says once that no queue has dead letters', async () => {
    const queues = OPERATIONS.queues.filter(({ name }) => name === 'finalize-dlq');
    expect((await askStage({ ...OPERATIONS, queues })).summary).toContain('no dead letters in 1 queues');
  });

  it('follows a reconcile that is under way, until it has ended', async () => {
    const payers = [ALPHA.payer, BETA.payer];
    const configuration = { from: 'fallback', payers: 2, wrongRows: [] } as const;
    const asked = { payers, periods: [PERIOD], dryRun: false, full: false };
    const run = { id: 'run-1', startedAt: START, ...asked, sources: FALLBACK.sources, configuration };
    await ledger.openReconcile(run);
    await ledger.noteActivity({ reconcileBegun: { run: 'run-1', startedAt: START } });
    await ledger.recordReconciled(run, ALPHA.payer, {});
    const { operations, summary } = await askStage();
    expect(operations?.reconcileUnderWay).toEqual({
      run: 'run-1',
      at: new Date(START).toISOString(),
      ageHours: 2,
      payers: 2,
      done: 1,
    });
    expect(summary.join('\n')).toMatch(/^reconcile run-1 is under way since .*: 1 of 2 payers done$/m);
    await ledger.endReconcile(run, { at: NOW, ticks: 0 });
    expect((await askStage()).operations?.reconcileUnderWay).toBeNull();
  });

  it('reports when reconcile and the sweep have ended last, and what they did', async () => {
    const reconcile = { endedAt: START, payers: 2, periods: [PERIOD], queued: 3, unreadable: 1 };
    const why = 'the payers table is empty: none of its 0 rows is enabled';
    await ledger.noteActivity({
      reconcile: { ...reconcile, configuration: 'fallback', why },
      sweep: { endedAt: NOW - 6 * MINUTE, ticks: 4 },
    });
    const { operations, configuration, summary } = await askStage();
    const { endedAt: _, ...did } = reconcile;
    const at = '2026-05-02T00:00:00.000Z';
    expect(operations?.reconcile).toEqual({ ...did, at, ageHours: 2, configuration: 'fallback', why });
    expect(operations?.sweep).toEqual({ at: '2026-05-02T01:54:00.000Z', ageHours: 0.1, ticks: 4 });
    expect(configuration).toMatchObject({ from: 'fallback', why });
    expect(summary).toContain(`2 payers, from the payers file: ${why}`);
    expect(summary.slice(-2)).toEqual([
      'last reconcile 2026-05-02T00:00:00Z, 2 h ago: 2 payers, 2026-04, 3 messages queued, 1 sources unreadable',
      'last sweep 2026-05-02T01:54:00Z, 0.1 h ago: 4 months woken',
    ]);
  });

  it('is left out where nothing but the ledger runs', async () => {
    const { target, calls } = counted(ledger);
    expect(await ask({}, target)).not.toHaveProperty('operations');
    expect(calls).not.toHaveProperty('activity');
  });
});

describe('a payer over a limit of this hour', () => {
  const asked: number[] = [];
  const askWith = (sums: readonly HourlyCount[], input: object = { periods: [PERIOD] }) => {
    const hourlyCounts = {
      sums: async (payers: readonly Payer[], hour: number) => {
        asked.push(hour);
        return sums.filter(({ payer }) => payers.includes(payer));
      },
    };
    return status({ ledger, hourlyCounts, fallback: FALLBACK, debounce: DEBOUNCE, now: () => NOW }, input);
  };
  beforeEach(twoPayers);

  it('is named with the number and when it ends; nobody calls its months complete', async () => {
    const { overLimits, partitions, verdict, summary } = await askWith(
      [{ payer: ALPHA.payer, what: 'files', count: 50_020 }],
      { periods: [PERIOD], payers: [ALPHA.payer] },
    );
    const until = '2026-05-02T03:00:00.000Z';
    expect(asked.at(-1)).toBe(NOW / HOUR);
    expect(overLimits).toEqual([{ payer: ALPHA.payer, what: 'files', count: 50_020, limit: 50_000, until }]);
    const sentence =
      'payer 111111111111 is over its limit of 50000 files an hour, with 50020: more of them are dropped until 2026-05-02T03:00:00Z, and reconcile asks for them after that';
    expect(summary).toContain(sentence);
    expect([verdict, partitions]).toMatchObject(['unknown', [{ verdict: 'unknown', why: [sentence] }]]);
  });

  it('of messages alone loses no file', async () => {
    const { partitions, summary } = await askWith([{ payer: ALPHA.payer, what: 'quarantine-messages', count: 101 }]);
    expect(partitions?.[0]).toMatchObject({ verdict: 'complete', why: [] });
    expect(summary).toContain(
      'payer 111111111111 is over its limit of 100 messages about quarantined files an hour, with 101: more of them are not sent until 2026-05-02T03:00:00Z',
    );
  });

  it('is not one that has reached it', async () => {
    const { overLimits, partitions } = await askWith([{ payer: ALPHA.payer, what: 'files', count: 50_000 }]);
    expect([overLimits, partitions?.[0]]).toMatchObject([[], { verdict: 'complete' }]);
  });

  it('leaves what is incomplete incomplete', async () => {
    const { partitions } = await askWith([{ payer: BETA.payer, what: 'manifests', count: 501 }]);
    expect(partitions?.map(({ verdict }) => verdict)).toEqual(['complete', 'incomplete']);
  });
});

describe('the answer to a caller', () => {
  it('that wants the table is lines for reading: the rows, and below them the summary, without what JSON escapes', async () => {
    await twoPayers();
    const reading = { ledger, fallback: FALLBACK, debounce: DEBOUNCE, now: () => NOW };
    const lines = await statusAnswer(reading, { format: 'table', periods: [PERIOD] });
    const { table = [], summary } = await status(reading, { periods: [PERIOD] });
    expect(lines).toEqual([...table, '', ...summary]);
    expect(await statusAnswer(reading, { periods: [PERIOD] })).toMatchObject({ table, summary, verdict: 'incomplete' });
    const quoting = { ...OPERATIONS, queues: [], release: 'a"b' };
    const quoted = await statusAnswer({ ...reading, operations: quoting }, { format: 'table' });
    expect(quoted).toContain("release a'b");
  });
});

describe('what status costs', () => {
  it('is three calls a month, however many payers there are', async () => {
    const whole = versionOf();
    await ledger.recordVersion(whole, START);
    await ledger.recordDelivery(deliveryOf({ files: [whole] }), [], START);
    await publish(deliveryOf({ files: [whole] }));
    const { target, calls } = counted(ledger);
    await ask({}, target);
    expect(calls).toEqual({ configuration: 1, outbox: 1, period: 2, analytics: 2, partitions: 2 });
  });

  it('is two calls more for a partition that waits for files, and none for the others', async () => {
    await twoPayers();
    const { target, calls } = counted(ledger);
    await ask({ periods: 'all' }, target);
    const once = { configuration: 1, outbox: 1, periods: 1 };
    expect(calls).toEqual({ ...once, period: 2, analytics: 2, partitions: 2, versions: 1, delivery: 1 });
  });

  it('is the versions’ call more for a partition that is held or lacks its manifest', async () => {
    const bad = versionOf({ outcome: { status: 'quarantined', reason: 'no Parquet file' } });
    await ledger.recordVersion(bad, START);
    await ledger.recordVersion(versionOf({ partition: BETA, awaitsManifest: true }), START);
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + MINUTE);
    const epoch = lease.taken ? lease.epoch : 0;
    await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: 1, readAt: START, held: 'no file with data' });
    const { target, calls } = counted(ledger);
    const { partitions } = await ask({ periods: [PERIOD] }, target);
    expect(partitions).toMatchObject([
      { state: 'held', missing: { count: 1 } },
      { state: 'pending', missing: null },
    ]);
    expect(calls).toMatchObject({ versions: 2, partitions: 1 });
    expect(calls).not.toHaveProperty('delivery');
  });
});

describe('where nobody configures payers', () => {
  it('the payers are those that the ledger knows, and a month that one of them has nothing of is no gap', async () => {
    await twoPayers();
    const reading = { ledger, debounce: DEBOUNCE, now: () => NOW };
    const { configuration, partitions, verdict } = await status(reading, { payers: [ALPHA.payer], periods: 'all' });
    expect(configuration).toBeNull();
    expect([verdict, ...(partitions ?? []).map(({ period }) => period)]).toEqual(['complete', PERIOD]);
    const nobody = await status(reading, { payers: [NOBODY], periods: [PERIOD] });
    expect(nobody).toMatchObject({ verdict: 'unknown', partitions: [{ payer: NOBODY, verdict: 'unknown' }] });
  });

  it('an empty ledger is not complete', async () => {
    const { verdict, partitions } = await status({ ledger, debounce: DEBOUNCE, now: () => NOW }, { periods: 'all' });
    expect([verdict, partitions]).toEqual(['unknown', []]);
  });
});
