import { afterEach, describe, expect, it } from 'vitest';
import type { PartitionReport } from '../../src/reconcile/reconcileReport.ts';
import { CutOff, cutAt } from '../copy/interception.ts';
import { FanOutWorld } from './fanOutWorld.ts';

const MONTHS: [string, number][] = [
  ['2026-09', 4],
  ['2026-10', 3],
];

let world: FanOutWorld;
afterEach(() => world.close());
const withPayers = (payers: number, files = 3, months = MONTHS) => {
  world = new FanOutWorld(payers, { files }, months);
  return world;
};
const missing = (partitions: readonly PartitionReport[]) =>
  partitions.map(({ payer, period, missing: files, queued }) => [payer.slice(-2), period, files, queued]);

describe('a reconcile of many payers', () => {
  it('sends a message for each, waits while it has time, and answers what is done and what is on its way', async () => {
    const { queue } = withPayers(3);
    const answer = await world.ask();
    expect(queue.map(({ run, payer }) => [run, payer.slice(-2)])).toEqual([
      ['the-run', '00'],
      ['the-run', '01'],
      ['the-run', '02'],
    ]);
    expect(answer).toMatchObject({ run: 'the-run', isComplete: false, done: 0, onItsWay: 3, partitions: [] });
    expect(answer.summary[0]).toBe(
      '0 of 3 payers are done, the others are on their way: ask again with {"run": "the-run"}',
    );
  });

  it('is followed by its id, and is complete when the last payer is done: then it is noted and reported', async () => {
    const { queue } = withPayers(3);
    await world.ask();
    for (const message of queue.splice(0, 2)) await world.work(message);
    const half = await world.ask({ run: 'the-run' });
    expect(half).toMatchObject({ isComplete: false, done: 2, onItsWay: 1 });
    expect(missing(half.partitions)).toEqual([
      ['00', '2026-09', 3, 1],
      ['00', '2026-10', 3, 1],
      ['01', '2026-09', 3, 1],
      ['01', '2026-10', 3, 1],
    ]);
    expect(await world.ledger.activity()).not.toHaveProperty('reconcile');
    await world.workOff();
    const whole = await world.ask({ run: 'the-run' });
    expect(whole).toMatchObject({ isComplete: true, done: 3, onItsWay: 0 });
    expect(whole.partitions).toHaveLength(6);
    expect(whole.summary[0]).toBe('6 messages queued, 0 sources unreadable');
    expect(await world.ledger.activity()).toMatchObject({ reconcile: { payers: 3, queued: 6 } });
    expect(world.notices).toContain('reconciled/the-run');
  });

  it('answers the whole report when all is done while it waits', async () => {
    withPayers(3);
    const answer = await world.ask({}, { sleep: async () => void (await world.workOff()) });
    expect(answer).toMatchObject({ isComplete: true, done: 3 });
    expect(answer.partitions).toHaveLength(6);
  });

  it('asks for nothing in a dry run, and reports the same', async () => {
    withPayers(3);
    await world.ask({ dryRun: true });
    await world.workOff();
    const answer = await world.ask({ run: 'the-run' });
    expect(answer).toMatchObject({ isComplete: true, dryRun: true });
    expect(answer.summary[0]).toBe('dry run: 6 messages would have been queued, 0 sources unreadable');
    expect([world.asked, world.notices, await world.ledger.activity()]).toEqual([[], [], {}]);
  });

  it('counts a payer once, whose message comes again before and after the end', async () => {
    const { queue } = withPayers(2);
    await world.ask();
    const [first, second] = queue.splice(0);
    if (!first || !second) throw new Error('a message a payer');
    for (const message of [first, first, second, first, second]) await world.work(message);
    expect(await world.ledger.reconcileProgress('the-run')).toMatchObject({ payers: 2, done: 2 });
    // Each payer was asked for once: what is done is not done again.
    expect(world.asked).toHaveLength(4);
    expect(world.notices.filter((id) => id.startsWith('reconciled/'))).toHaveLength(1);
  });

  it.each(['before' as const, 'after' as const])(
    'ends whole, wherever a worker dies, %s any effect: its message comes back',
    async (moment) => {
      for (let nth = 1; ; nth += 1) {
        const { queue, services } = withPayers(2);
        await world.ask();
        const messages = queue.splice(0);
        const cut = cutAt(nth, moment);
        const [ledger, copyQueue, finalizeQueue] = [services.ledger, services.copyQueue, services.finalizeQueue].map(
          cut.wrap,
        ) as [typeof services.ledger, typeof services.copyQueue, typeof services.finalizeQueue];
        for (const message of messages) {
          const dies = await world.work(message, { changes: { ledger, copyQueue, finalizeQueue } }).then(
            () => false,
            (error: unknown) => error instanceof CutOff,
          );
          if (dies) await world.work(message);
        }
        const answer = await world.ask({ run: 'the-run' });
        expect([nth, answer.isComplete, answer.done, answer.partitions.length]).toEqual([nth, true, 2, 4]);
        if (!cut.happened()) break;
        world.close();
      }
    },
  );

  it('ends without a payer that fails to the last, and reports it with the reason', async () => {
    const { queue } = withPayers(2);
    await world.ask();
    const [first, second] = queue.splice(0);
    if (!first || !second) throw new Error('a message a payer');
    await world.work(second);
    const changes = { copyQueue: { send: () => Promise.reject(new Error('SQS is away')) } };
    await expect(world.work(first, { changes })).rejects.toThrow('SQS is away');
    expect(await world.ask({ run: 'the-run' })).toMatchObject({ isComplete: false, done: 1 });
    await expect(world.work(first, { changes, isLast: true })).rejects.toThrow('SQS is away');
    const answer = await world.ask({ run: 'the-run' });
    expect(answer).toMatchObject({ isComplete: true, done: 2 });
    expect(answer.unreadable).toEqual([
      {
        payer: first.payer,
        bucket: 'payer-0',
        prefix: 'exports',
        reason: 'given up after the last attempt: Error: SQS is away',
      },
    ]);
  });

  it('that AWS invokes again goes on with the same run: what is done stays done', async () => {
    const { queue } = withPayers(2);
    const fails = { reconcileQueue: { send: () => Promise.reject(new Error('SQS is away')) } };
    await expect(world.ask({}, fails)).rejects.toThrow('SQS is away');
    await world.ask();
    await world.ask();
    expect(queue).toHaveLength(4);
    await world.workOff();
    expect(await world.ledger.reconcileProgress('the-run')).toMatchObject({ payers: 2, done: 2 });
    expect(world.asked).toHaveLength(4);
  });

  it('that is asked for under the id of one that has ended is another one', async () => {
    withPayers(2);
    await world.ask();
    await world.workOff();
    expect(await world.ask()).toMatchObject({ run: 'the-run-2', isComplete: false, done: 0 });
    expect(await world.ask({ run: 'the-run' })).toMatchObject({ run: 'the-run', isComplete: true });
  });

  it.each([
    ['run beside another field', { run: 'the-run', dryRun: true }, 'dryRun must not stand beside run'],
    ['a run that nobody knows', { run: 'another' }, 'run must be one of the last days, got "another"'],
    ['what is no id', { run: 'a b' }, 'run must be the id of a run, got "a b"'],
  ])('refuses %s', async (_what, input, complaint) => {
    withPayers(1);
    await expect(world.ask(input)).rejects.toThrow(complaint);
  });
});

describe('a payer whose listing takes longer than an invocation', () => {
  it.each([
    ['the newest deliveries', {}],
    ['all deliveries', { full: true }],
  ])('goes on in further messages, and its report is the same: %s', async (_what, input) => {
    const months: [string, number][] = [
      ['2026-09', 5],
      ['2026-10', 5],
    ];
    withPayers(1, 400, months);
    await world.ask(input);
    expect(await world.workOff()).toBe(1);
    const { partitions } = await world.ask({ run: 'the-run' });
    const [asked, requests] = [world.asked, world.requests.length];
    world.close();

    withPayers(1, 400, months);
    world.listMs = 100;
    await world.ask(input);
    expect(await world.workOff(1)).toBeGreaterThan(2);
    const again = await world.ask({ run: 'the-run' });
    expect(again.isComplete).toBe(true);
    expect(again.partitions).toEqual(partitions);
    expect(world.asked).toEqual(asked);
    // What was listed is not listed again, but for the export's months.
    expect(world.requests.length - requests).toBeLessThan(10);
  });

  it('dies in between, and goes on where the message before had stopped', async () => {
    const { queue } = withPayers(1, 400);
    world.listMs = 100;
    await world.ask({ full: true });
    const first = queue.shift();
    if (!first) throw new Error('a message a payer');
    await world.work(first, { ms: 1 });
    // The first message comes again, and then there are two of the second.
    await world.work(first, { ms: 1 });
    expect(queue).toEqual([
      { run: 'the-run', payer: first.payer, hop: 1 },
      { run: 'the-run', payer: first.payer, hop: 1 },
    ]);
    await world.workOff(1);
    const answer = await world.ask({ run: 'the-run' });
    expect(answer).toMatchObject({ isComplete: true, done: 1 });
    expect(answer.partitions.map(({ listed }) => listed)).toEqual([4 * 401, 3 * 401]);
  });
});

const MOST_PAGES = 8;
/** S3's answer to a listing, and what the ledger and the queues take beside it. */
const LIST_MS = 80;
const BESIDE_MS = 500;
const FUNCTION_MS = 750_000;

/** Works off the queue; answers how many requests of the store each payer's message took. */
async function workInVirtualTime(): Promise<ReadonlyMap<string, number>> {
  const requestsOf = new Map<string, number>();
  for (let message = world.queue.shift(); message; message = world.queue.shift()) {
    const before = world.requests.length;
    await world.work(message, { ms: FUNCTION_MS });
    world.now += BESIDE_MS;
    requestsOf.set(message.payer, (requestsOf.get(message.payer) ?? 0) + world.requests.length - before);
  }
  return requestsOf;
}

describe('at the end of a month, with 90 deliveries of it and of the one before', () => {
  const FULL_MONTHS: [string, number][] = [
    ['2026-09', 90],
    ['2026-10', 90],
  ];

  it(`payers of 500 files a delivery take at most ${MOST_PAGES} pages each`, async () => {
    withPayers(20, 500, FULL_MONTHS);
    await world.ask();
    const requestsOf = await workInVirtualTime();
    expect(Math.max(...requestsOf.values())).toBeLessThanOrEqual(MOST_PAGES);
    const { partitions } = await world.ask({ run: 'the-run' });
    expect(partitions.every(({ missing: files, queued }) => files === 500 && queued === 1)).toBe(true);
  });

  it('2,000 payers are all done within an hour at eight at once, none is starved, and the answer has all', async () => {
    const PAYERS = 2_000;
    const CONCURRENCY = 8;
    withPayers(PAYERS, 2);
    world.listMs = LIST_MS;
    await world.ask();
    const startedAt = world.now;
    expect((await workInVirtualTime()).size).toBe(PAYERS);
    expect((world.now - startedAt) / 60_000 / CONCURRENCY).toBeLessThan(60);
    const answer = await world.ask({ run: 'the-run' });
    expect(answer).toMatchObject({ isComplete: true, done: PAYERS, onItsWay: 0, leftOut: 0 });
    expect(answer.partitions).toHaveLength(2 * PAYERS);
    // Lambda answers up to 6 MB.
    expect(JSON.stringify(answer).length).toBeLessThan(6_000_000);
  });
});
