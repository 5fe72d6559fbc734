import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import type { Partition } from '../../src/billing/partition.ts';
import { type Period, parsePeriod, recentPeriods } from '../../src/billing/period.ts';
import { versionIdOf } from '../../src/billing/version.ts';
import type { PartitionUpdate } from '../../src/ledger/partitionUpdate.ts';
import { IN_PLAY_MS } from '../../src/ledger/periodInPlay.ts';
import type { QueueMessage } from '../../src/queue/queue.ts';
import type { Tick } from '../../src/queue/tick.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { DAILY, DEBOUNCE, LOOSE, NOON } from '../copy/copyWorld.ts';

const AUGUST = parsePeriod('2026-08');
const SEPTEMBER = parsePeriod('2026-09');
const OCTOBER = parsePeriod('2026-10');

let ledger: SqliteLedger;
let sent: QueueMessage<Tick>[];
beforeEach(() => {
  ledger = openSqliteLedger(':memory:');
  sent = [];
});
afterEach(() => ledger.close());

function sweepAt(now: number): Promise<number> {
  const finalizeQueue = { send: async (messages: readonly QueueMessage<Tick>[]) => void sent.push(...messages) };
  return sweep({ ledger, finalizeQueue, debounce: DEBOUNCE, now: () => now });
}

const inLoose = (period: Period): Partition => ({ payer: LOOSE.payer, period });
const inDaily = (period: Period): Partition => ({ payer: DAILY.payer, period });

/** A file of a partition becomes known at a moment: the partition is dirty since then. */
async function change(partition: Partition, at: number, awaitsManifest = false): Promise<void> {
  const key = `year=2026/month=${partition.period.slice(5)}/${at}.parquet`;
  const source = { bucket: LOOSE.bucket, key, etag: 'e', lastModified: at, sizeBytes: 0 };
  const outcome = { status: 'empty' } as const;
  await ledger.recordVersion({ id: versionIdOf(source), partition, source, folder: '', awaitsManifest, outcome }, at);
}

async function commit(partition: Partition, update: PartitionUpdate): Promise<void> {
  const lease = await ledger.acquireLease(partition.period, 'run', NOON, NOON);
  if (!lease.taken) throw new Error('the lease is taken');
  await ledger.commit(partition, lease.epoch, update);
}

const settle = (partition: Partition) => commit(partition, { kind: 'settled', changes: 1, readAt: NOON });
const tick = (period: Period, delaySeconds: number) => ({ body: { period }, delaySeconds, group: period });

describe('a sweep', () => {
  it('of an empty ledger wakes nothing', async () => {
    expect(await sweepAt(NOON)).toBe(0);
    expect(sent).toEqual([]);
  });

  it('wakes at once what was noted before the clock was set back: nothing waits for the old date', async () => {
    await change(inLoose(AUGUST), NOON + 30 * 86_400_000);
    expect(await sweepAt(NOON)).toBe(1);
    expect(sent).toEqual([tick(AUGUST, 0)]);
  });

  it('wakes exactly the periods with a dirty partition, once each', async () => {
    await change(inLoose(AUGUST), NOON);
    await change(inLoose(SEPTEMBER), NOON);
    await change(inLoose(OCTOBER), NOON);
    await change(inDaily(OCTOBER), NOON);
    await settle(inLoose(SEPTEMBER));
    await settle(inDaily(OCTOBER));
    expect(await sweepAt(NOON)).toBe(2);
    expect(sent).toEqual([tick(AUGUST, 300), tick(OCTOBER, 300)]);
  });

  it('wakes a period when its first partition is due', async () => {
    await change(inLoose(OCTOBER), NOON);
    await change(inDaily(OCTOBER), NOON - 120_000);
    await sweepAt(NOON + 1_000);
    expect(sent).toEqual([tick(OCTOBER, 179)]);
  });

  it('wakes at once what was due long ago: its tick was lost', async () => {
    await change(inLoose(AUGUST), NOON);
    await sweepAt(NOON + 86_400_000);
    expect(sent).toEqual([tick(AUGUST, 0)]);
  });

  it('wakes at once what changed before the clock was set back: nothing waits for an old date', async () => {
    await change(inLoose(AUGUST), NOON);
    await sweepAt(NOON - 86_400_000);
    expect(sent).toEqual([tick(AUGUST, 0)]);
  });

  it('wakes in hops what is due later than the queue can delay', async () => {
    await change(inDaily(OCTOBER), NOON, true);
    await sweepAt(NOON);
    await sweepAt(NOON + 7_000_000);
    expect(sent).toEqual([tick(OCTOBER, 900), tick(OCTOBER, 200)]);
  });

  it('wakes a partition that failed at the time set for its retry', async () => {
    await change(inLoose(OCTOBER), NOON);
    const problem = { what: 'verification-failed', message: 'm', attempts: 2, at: NOON, changes: 1 } as const;
    await commit(inLoose(OCTOBER), { kind: 'failed', problem: { ...problem, retryAt: NOON + 640_000 } });
    await sweepAt(NOON);
    expect(sent).toEqual([tick(OCTOBER, 640)]);
  });

  it('lets others see the records that it reads, those of clean partitions too', async () => {
    await change(inLoose(SEPTEMBER), NOON);
    await change(inDaily(OCTOBER), NOON);
    await settle(inLoose(SEPTEMBER));
    const seen: string[] = [];
    const finalizeQueue = { send: async () => {} };
    await sweep({ ledger, finalizeQueue, debounce: DEBOUNCE, now: () => NOON }, (records) =>
      seen.push(...records.map(({ partition }) => partition.period)),
    );
    expect(seen).toEqual([SEPTEMBER, OCTOBER]);
  });

  it('changes nothing in the ledger: a second one sends the same', async () => {
    await change(inLoose(OCTOBER), NOON);
    const before = await ledger.partitions(OCTOBER);
    await sweepAt(NOON);
    await sweepAt(NOON);
    expect(sent).toEqual([tick(OCTOBER, 300), tick(OCTOBER, 300)]);
    expect(await ledger.partitions(OCTOBER)).toEqual(before);
  });

  it('that cannot send throws: it is tried again', async () => {
    await change(inLoose(OCTOBER), NOON);
    const finalizeQueue = { send: () => Promise.reject(new Error('throttled')) };
    await expect(sweep({ ledger, finalizeQueue, debounce: DEBOUNCE, now: () => NOON })).rejects.toThrow('throttled');
  });

  it('reads the recent months and those in play, and no month that has been clean for an hour', async () => {
    const old = parsePeriod('2024-01');
    await change(inLoose(old), NOON);
    await settle(inLoose(old));
    const read: Period[] = [];
    const reading = new Proxy(ledger, {
      get: (target, name: keyof SqliteLedger) => {
        if (name !== 'partitions') return target[name].bind(target);
        return async (period: Period) => {
          read.push(period);
          return target.partitions(period);
        };
      },
    });
    const readAt = async (now: number) => {
      read.length = 0;
      const finalizeQueue = { send: async () => undefined };
      await sweep({ ledger: reading, finalizeQueue, debounce: DEBOUNCE, now: () => now });
      return [...read];
    };
    const recent = recentPeriods(NOON);
    expect(await readAt(NOON + IN_PLAY_MS - 1)).toEqual([old, ...recent]);
    expect(await readAt(NOON + IN_PLAY_MS)).toEqual([old, ...recent]);
    expect(await readAt(NOON + IN_PLAY_MS)).toEqual(recent);
    await change(inLoose(old), NOON + IN_PLAY_MS);
    expect(await readAt(NOON + 50 * IN_PLAY_MS)).toContain(old);
    expect(await readAt(NOON + 99 * IN_PLAY_MS)).toContain(old);
  });
});
