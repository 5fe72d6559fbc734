import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PayerSource } from '../../src/billing/source.ts';
import type { Message } from '../../src/ledger/message.ts';
import { type SurveyServices, type Swept, sweepAndSurvey } from '../../src/sweep/survey.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  DEBOUNCE,
  execution,
  LOOSE,
  manifestBytes,
  NOON,
  partitionOf,
} from '../copy/copyWorld.ts';
import { parquetBytes } from '../copy/parquetBytes.ts';

const HOUR = 3_600_000;
const LOOSE_KEY = 'year=2026/month=10/a.parquet';

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const configured = (source: typeof DAILY): PayerSource => ({ ...source, bucketOwner: 'self' });
const FALLBACK = { sources: [configured(DAILY), configured(LOOSE)] };

function survey(changes: Partial<SurveyServices> = {}): Promise<Swept> {
  world.reports.length = 0;
  world.finalizeQueue.sent.length = 0;
  const { ledger, finalizeQueue, staging } = world;
  return sweepAndSurvey({
    ledger,
    finalizeQueue,
    debounce: DEBOUNCE,
    fallback: FALLBACK,
    staleAfterHours: 36,
    payerMetrics: 'all',
    now: () => world.now,
    report: staging.report,
    ...changes,
  });
}

const putLoose = (text: string, key = LOOSE_KEY) => world.put(key, parquetBytes(1, text), { bucket: LOOSE.bucket });
const putCorrupt = () => world.put(LOOSE_KEY, Buffer.from('no Parquet'), { bucket: LOOSE.bucket });
const surveyed = () => world.reported('surveyed')[0];
const messageOf = (id: string): Message => ({ id, routingKey: 'cur.all.all.reconciled', body: {}, createdAt: NOON });

/** The run that would follow: everything that has changed is worked in, or cannot be. */
async function settle(held?: string): Promise<void> {
  const partition = partitionOf(LOOSE);
  const lease = await world.ledger.acquireLease(partition.period, 'run', world.now, world.now);
  if (!lease.taken) throw new Error('the lease is taken');
  const changes = (await world.ledger.partition(partition))?.changes ?? 0;
  const update = { kind: 'settled', changes, readAt: world.now, ...(held === undefined ? {} : { held }) } as const;
  await world.ledger.commit(partition, lease.epoch, update);
}

describe('a survey', () => {
  it('is noted when it has ended, with the ticks that it sent', async () => {
    await world.handle(await putLoose('a'));
    await survey();
    expect(await world.ledger.activity()).toEqual({ sweep: { endedAt: world.now, ticks: 1 } });
  });

  it('of an empty ledger reports that all is clean, and that nobody has ever delivered', async () => {
    expect(await survey()).toEqual({ ticks: 0, outboxDepth: 0 });
    expect(world.finalizeQueue.sent).toEqual([]);
    expect(world.reports).toEqual([
      { what: 'payer-fresh', payer: DAILY.payer, hours: 8784, isStale: true, isMeasured: true },
      { what: 'payer-fresh', payer: LOOSE.payer, hours: 8784, isStale: true, isMeasured: true },
      { what: 'freshness-surveyed', payers: 2, stalestHours: 8784, stalePayers: 2 },
      {
        what: 'surveyed',
        dirtyPartitions: 0,
        oldestDirtyHours: 0,
        notVisibleHours: 0,
        outboxDepth: 0,
        quarantinedFiles: 0,
      },
    ]);
  });

  it('wakes what is dirty, and reports for how long it has been', async () => {
    await world.handle(await putLoose('a'));
    world.now += 3 * HOUR;
    expect(await survey()).toMatchObject({ ticks: 1 });
    expect(world.finalizeQueue.sent).toMatchObject([{ body: { period: '2026-10' } }]);
    expect(surveyed()).toMatchObject({ dirtyPartitions: 1, oldestDirtyHours: 3, notVisibleHours: 3 });
  });

  it('wakes whoever sends messages while any lie in the outbox', async () => {
    await world.ledger.putIntoOutbox([messageOf('a'), messageOf('b')]);
    expect(await survey()).toEqual({ ticks: 0, outboxDepth: 2 });
    expect(world.finalizeQueue.sent).toEqual([{ body: { outbox: true }, group: 'outbox' }]);
    expect(surveyed()).toMatchObject({ outboxDepth: 2 });
  });

  it('reports each payer’s freshness, and that of the stalest', async () => {
    await world.handle(await putLoose('a'));
    world.now += 36 * HOUR;
    await survey();
    expect(world.reported('payer-fresh')).toContainEqual(
      expect.objectContaining({ payer: LOOSE.payer, hours: 36, isStale: false }),
    );
    expect(world.reported('freshness-surveyed')).toMatchObject([{ payers: 2, stalestHours: 8784, stalePayers: 1 }]);
    world.now += HOUR;
    await survey();
    expect(world.reported('payer-fresh')).toContainEqual(
      expect.objectContaining({ payer: LOOSE.payer, hours: 37, isStale: true }),
    );
  });

  it('measures as many payers as the stage wants, the stalest ones, and reports them all', async () => {
    await world.handle(await putLoose('a'));
    await survey({ payerMetrics: 1 });
    expect(world.reported('payer-fresh')).toMatchObject([
      { payer: DAILY.payer, isMeasured: true },
      { payer: LOOSE.payer, isMeasured: false },
    ]);
  });

  it('reports the payers of the table, where reconcile has stored one', async () => {
    await world.ledger.saveConfiguration({ from: 'table', sources: [configured(LOOSE)], readAt: NOON });
    await survey();
    expect(world.reported('payer-fresh')).toMatchObject([{ payer: LOOSE.payer }]);
    await world.ledger.saveConfiguration({ from: 'fallback', sources: [], readAt: NOON });
    await survey();
    expect(world.reported('payer-fresh')).toHaveLength(2);
  });

  it('has sent its ticks when the configuration cannot be read', async () => {
    await world.handle(await putLoose('a'));
    await world.ledger.putIntoOutbox([messageOf('a')]);
    const { ledger } = world;
    const failing = new Proxy(ledger, {
      get: (target, name) => {
        if (name === 'configuration') return () => Promise.reject(new Error('throttled'));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    await expect(survey({ ledger: failing })).rejects.toThrow('throttled');
    expect(world.finalizeQueue.sent).toHaveLength(2);
  });
});

describe('the quarantined files of a survey', () => {
  it('are those that a held partition is held for, until it is delivered again', async () => {
    await world.handle(await putCorrupt());
    await settle('a.parquet is quarantined');
    await survey();
    expect(surveyed()).toMatchObject({ quarantinedFiles: 1 });
    world.now += HOUR;
    await world.handle(await putLoose('mended'));
    await settle('no run has published it yet');
    await survey();
    expect(surveyed()).toMatchObject({ quarantinedFiles: 0 });
  });

  it('are those that a delivery waits for', async () => {
    const { folder, manifest } = execution('2026-10-05T10:00:00.000Z', 'e1');
    const [good, bad] = [chunk(folder, 1), chunk(folder, 2)];
    await world.handle(await world.put(good, parquetBytes(1)));
    await world.handle(await world.put(bad, Buffer.from('no Parquet')));
    await world.handle(await world.put(manifest, manifestBytes('e1', [good, bad])));
    await survey();
    expect(surveyed()).toMatchObject({ quarantinedFiles: 1 });
  });

  it('are those that came, unreadable, after the delivery that names them', async () => {
    const { folder, manifest } = execution('2026-10-05T10:00:00.000Z', 'e1');
    const key = chunk(folder, 1);
    await world.handle(await world.put(manifest, manifestBytes('e1', [key])));
    await survey();
    expect(surveyed()).toMatchObject({ quarantinedFiles: 0 });
    await world.handle(await world.put(key, Buffer.from('no Parquet')));
    await survey();
    expect(surveyed()).toMatchObject({ quarantinedFiles: 1 });
  });

  it('are not looked for where all is published', async () => {
    const partition = partitionOf(LOOSE);
    await world.handle(await putLoose('a'));
    const lease = await world.ledger.acquireLease(partition.period, 'run', NOON, NOON);
    const epoch = lease.taken ? lease.epoch : 0;
    const published = { setId: 's', files: 1, rows: 1, epoch, at: NOON };
    await world.ledger.commit(partition, epoch, { kind: 'published', published });
    const analysed = { setId: 's', epoch, watermark: NOON, at: NOON };
    await world.ledger.commit(partition, epoch, { kind: 'analysed', analysed });
    await settle();
    const { ledger } = world;
    const blind = new Proxy(ledger, {
      get: (target, name) => {
        if (name === 'versions') return () => Promise.reject(new Error('the versions were read'));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    await survey({ ledger: blind });
    expect(surveyed()).toMatchObject({ dirtyPartitions: 0, quarantinedFiles: 0 });
  });
});
