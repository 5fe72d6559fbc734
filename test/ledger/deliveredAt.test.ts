import { beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger, type SqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { finalizedBy } from '../../src/finalize/finalized.ts';
import { deliveredAt } from '../../src/ledger/deliveredAt.ts';
import type { PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { reportPartition } from '../../src/reconcile/reconcileReport.ts';
import { partitionStatus } from '../../src/status/partitionStatus.ts';
import { freshness } from '../../src/sweep/freshness.ts';
import { ALPHA, type DeliverySketch, deliveryOf, PERIOD, START, type VersionSketch, versionOf } from './records.ts';

const MINUTE = 60_000;
const NOW = START + 120 * MINUTE;
const DEBOUNCE = { quietSeconds: 300, maxWaitSeconds: 3600 };
const FILE = versionOf({ key: 'a', lastModified: START - MINUTE });

let ledger: SqliteLedger;
beforeEach(() => {
  ledger = openSqliteLedger(':memory:');
  return () => ledger.close();
});

const stage = (sketch: VersionSketch) => ledger.recordVersion(versionOf(sketch), NOW);
const deliver = (sketch: DeliverySketch, awaited: readonly string[] = []) =>
  ledger.recordDelivery(deliveryOf({ files: [FILE], ...sketch }), awaited, NOW);

async function storedRecord(): Promise<PartitionRecord> {
  const record = await ledger.partition(ALPHA);
  if (!record) throw new Error('nothing was recorded');
  return record;
}

/**
 * The moment that all who say when the month was delivered agree on; undefined where they agree
 * that it was not.
 */
async function agreedMoment(): Promise<number | undefined> {
  const record = await storedRecord();
  const moment = deliveredAt(record);
  const [fresh] = freshness([ALPHA.payer], [record], NOW);
  expect(fresh?.lastDelivery).toBe(moment);
  const period = { period: PERIOD, epoch: 1 };
  const facts = { partition: ALPHA, record, period, analytics: undefined, configured: true };
  const time = moment === undefined ? null : new Date(moment).toISOString();
  expect(partitionStatus({ ...facts, debounce: DEBOUNCE, now: NOW }).deliveredAt).toBe(time);
  const known = { partition: ALPHA, record, countedObjects: new Set<string>() };
  expect(reportPartition(known, [], { unowned: 0, isWhole: true }, NOW).deliveredAt).toBe(time);
  return moment;
}

/** Publishes the newest complete delivery, or what has come without one. */
async function publish(): Promise<void> {
  const { watermark, completeDelivery } = await storedRecord();
  const epoch = await nextEpoch();
  const published = { setId: `set-${epoch}`, deliveryId: completeDelivery?.id, files: 1, rows: 10, epoch, at: NOW };
  await ledger.commit(ALPHA, epoch, { kind: 'published', published: { ...published, asOf: watermark } });
}

async function nextEpoch(): Promise<number> {
  const { epoch } = await ledger.period(PERIOD);
  const lease = await ledger.acquireLease(PERIOD, 'run', NOW, NOW + MINUTE);
  if (!lease.taken) throw new Error('the lease is held');
  await ledger.releaseLease(PERIOD, epoch + 1);
  return epoch + 1;
}

/** From when the delivery lag is measured of what is published now. */
async function lagSince(): Promise<number | undefined> {
  const { epoch } = await ledger.period(PERIOD);
  const member = { payer: ALPHA.payer, publishedEpoch: epoch, setId: `set-${epoch}`, watermark: START };
  const totals = new Map([[ALPHA.payer, { costs: [], findings: [], failedChecks: [], unknownChecks: [] }]]);
  const warehouse = { totals: async () => totals, published: async () => new Map() };
  const { finalized } = await finalizedBy({ ledger, warehouse }, { period: PERIOD }, { members: [member], run: epoch });
  expect(finalized).toHaveLength(1);
  return finalized[0]?.deliveredAt;
}

describe('a month was delivered, as all who say so agree,', () => {
  it('when its manifest was written, though its files come after it: once the last of them is staged', async () => {
    await deliver({ lastModified: START }, [FILE.id]);
    expect(await agreedMoment()).toBeUndefined();
    await stage({ key: 'a', lastModified: START - MINUTE });
    expect(await agreedMoment()).toBe(START);
    await publish();
    expect(await lagSince()).toBe(START);
  });

  it('when its manifest was written, though a file of it is newer', async () => {
    await stage({ key: 'a', lastModified: START + 10 * MINUTE });
    await deliver({ lastModified: START });
    expect(await agreedMoment()).toBe(START);
    await publish();
    expect(await lagSince()).toBe(START);
  });

  it('when the same bytes were delivered again', async () => {
    await stage({ key: 'a', lastModified: START - MINUTE });
    await deliver({ lastModified: START });
    await publish();
    await stage({ key: 'a', lastModified: START + 30 * MINUTE });
    await deliver({ lastModified: START + 31 * MINUTE });
    expect(await agreedMoment()).toBe(START + 31 * MINUTE);
    expect(await lagSince()).toBe(START + 31 * MINUTE);
  });

  it('when the older of two deliveries was, while the newer one waits, and then when the newer one was', async () => {
    await deliver({ id: 'older', lastModified: START });
    await publish();
    await deliver({ id: 'newer', lastModified: START + MINUTE }, [FILE.id]);
    expect(await agreedMoment()).toBe(START);
    expect(await lagSince()).toBe(START);
    await stage({ key: 'a', lastModified: START - MINUTE });
    expect(await agreedMoment()).toBe(START + MINUTE);
    // Readers see the older one still: no lag is measured by the time of another delivery.
    expect(await lagSince()).toBeUndefined();
    await publish();
    expect(await lagSince()).toBe(START + MINUTE);
  });

  it('when the newest delivery was, though an older one is recorded after it', async () => {
    await deliver({ id: 'newer', lastModified: START + MINUTE });
    await deliver({ id: 'older', lastModified: START });
    expect(await agreedMoment()).toBe(START + MINUTE);
  });

  it('when its newest file was written, where its source writes no manifests', async () => {
    await stage({ key: 'a', lastModified: START });
    await stage({ key: 'b', lastModified: START - MINUTE });
    expect(await agreedMoment()).toBe(START);
    await publish();
    expect(await lagSince()).toBe(START);
    await stage({ key: 'c', lastModified: START + MINUTE });
    expect(await agreedMoment()).toBe(START + MINUTE);
    expect(await lagSince()).toBeUndefined();
  });

  it('never, where its source writes manifests and none has come, whatever is published', async () => {
    await stage({ key: 'a', lastModified: START, awaitsManifest: true });
    expect(await agreedMoment()).toBeUndefined();
    await publish();
    expect(await agreedMoment()).toBeUndefined();
    expect(await lagSince()).toBeUndefined();
  });

  it('at the time in the name of its folder, which survives a copy of the bucket', async () => {
    const folder = 'cur/metadata/BILLING_PERIOD=2026-04/2026-05-01T23:00:00.000Z-e1';
    await deliver({ lastModified: START, manifestKey: `${folder}/cur-Manifest.json` });
    expect(await agreedMoment()).toBe(Date.UTC(2026, 4, 1, 23));
    await publish();
    expect(await lagSince()).toBe(Date.UTC(2026, 4, 1, 23));
  });
});
