import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { Source } from '../../src/billing/source.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { discoverSource } from '../../src/reconcile/discover.ts';
import { AccessDenied, type ListedObject, ObjectGone, type ObjectStore } from '../../src/store/objectStore.ts';
import { md5 } from '../copy/contentEtags.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  execution,
  LOOSE,
  manifestBytes,
  NEIGHBOUR,
  NOON,
  OVERWRITE,
  OVERWRITE_MANIFEST,
  partitionOf,
} from '../copy/copyWorld.ts';
import { refusing } from '../copy/interception.ts';
import { foreignParquet, parquetBytes } from '../copy/parquetBytes.ts';

const MINUTE = 60_000;
const LOOSE_KEY = 'year=2026/month=10/a.parquet';

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

/** Discovers, and answers what was queued by key, with the answer's numbers. */
async function discover(source: Source = DAILY, store: ObjectStore = world.store) {
  const before = world.copyQueue.sent.length;
  const { queued, partitions } = await discoverSource({ ...world.staging, store }, source);
  const listed = partitions.reduce((sum, partition) => sum + partition.listed, 0);
  const messages = world.copyQueue.sent.slice(before).map(({ body, group }) => ({ group, ...parseCopyMessage(body) }));
  expect(queued).toBe(messages.length);
  return { listed, messages, keys: messages.map(({ key }) => key) };
}

const putLoose = (bytes: Uint8Array, at = world.now) => world.put(LOOSE_KEY, bytes, { bucket: LOOSE.bucket, at });

async function putDelivery(time: string, executionId: string, chunks = 2) {
  const { folder, manifest } = execution(time, executionId);
  const keys = Array.from({ length: chunks }, (_, index) => chunk(folder, index + 1));
  for (const [index, key] of keys.entries()) await world.put(key, parquetBytes(index + 1, executionId));
  await world.put(manifest, manifestBytes(executionId, keys));
  return { keys, manifest };
}

describe('of a partition with manifests', () => {
  it('only the newest is queued: it requests its own files, and old deliveries are never copied', async () => {
    await putDelivery('2026-10-03T10:00:00.000Z', 'e1');
    await putDelivery('2026-10-04T10:00:00.000Z', 'e2');
    const newest = await putDelivery('2026-10-05T10:00:00.000Z', 'e3');
    const { listed, messages } = await discover();
    // Three manifests, and the files of the newest delivery.
    expect(listed).toBe(5);
    expect(messages).toEqual([
      {
        group: DAILY.payer,
        bucket: DAILY.bucket,
        key: newest.manifest,
        etag: md5(manifestBytes('e3', newest.keys)),
        sizeBytes: manifestBytes('e3', newest.keys).length,
        kind: 'discovered',
      },
    ]);
    await world.play();
    const versions = await world.ledger.versions(partitionOf(DAILY));
    expect(versions.map(({ source }) => source.key).toSorted()).toEqual(newest.keys);
    expect(await world.ledger.partition(partitionOf(DAILY))).toMatchObject({ completeDelivery: { executionId: 'e3' } });
    expect((await discover()).keys).toEqual([]);
  });

  it('the newest is the one that its folder says, not the one that was copied to the bucket last', async () => {
    const newest = await putDelivery('2026-10-05T10:00:00.000Z', 'e2');
    world.now += MINUTE;
    await putDelivery('2026-10-04T10:00:00.000Z', 'e1');
    expect((await discover()).keys).toEqual([newest.manifest]);
  });

  it('each partition has its own newest', async () => {
    const october = await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    const september = october.manifest.replace('BILLING_PERIOD=2026-10', 'BILLING_PERIOD=2026-09');
    const data = october.keys.map((key) => key.replace('BILLING_PERIOD=2026-10', 'BILLING_PERIOD=2026-09'));
    await world.put(september, manifestBytes('e0', data));
    expect((await discover()).keys.toSorted()).toEqual([september, october.manifest]);
  });

  it('of the two copies that a legacy create-new report has, one is queued', async () => {
    const body = (assemblyId: string) =>
      Buffer.from(
        JSON.stringify({
          assemblyId,
          bucket: DAILY.bucket,
          billingPeriod: { start: '20261001T000000.000Z', end: '20261101T000000.000Z' },
          reportKeys: ['cur/r/20261001-20261101/a1/r-00001.snappy.parquet'],
        }),
      );
    await world.put('cur/r/20261001-20261101/a1/r-00001.snappy.parquet', parquetBytes(1));
    await world.put('cur/r/20261001-20261101/a1/r-Manifest.json', body('a1'));
    await world.put('cur/r/20261001-20261101/r-Manifest.json', body('a1'));
    expect((await discover()).keys).toHaveLength(1);
    await world.play();
    expect(await world.ledger.partition(partitionOf(DAILY))).toMatchObject({ completeDelivery: { executionId: 'a1' } });
    expect((await discover()).keys).toEqual([]);
  });

  it('a delivery with awaited files is asked for again, until it is whole', async () => {
    const { keys, manifest } = await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    expect((await discover()).keys).toEqual([manifest]);
    const [first] = world.copyQueue.memory.receive(1);
    await world.handle(first?.body);
    // The two requests are lost.
    for (const { receipt } of world.copyQueue.memory.receive(10)) world.copyQueue.memory.acknowledge(receipt);
    expect((await discover()).keys).toEqual([manifest]);
    await world.play();
    expect((await world.ledger.versions(partitionOf(DAILY))).map(({ source }) => source.key).toSorted()).toEqual(keys);
    expect((await discover()).keys).toEqual([]);
  });

  it('an overwritten manifest is new by its content', async () => {
    const key = chunk(OVERWRITE, 1);
    await world.put(key, parquetBytes(1, 'one'), { at: NOON - MINUTE });
    await world.put(OVERWRITE_MANIFEST, manifestBytes('e1', [key]));
    await discover();
    await world.play();
    world.now += 10 * MINUTE;
    await world.put(key, parquetBytes(1, 'two'), { at: world.now - MINUTE });
    await world.put(OVERWRITE_MANIFEST, manifestBytes('e2', [key]));
    expect((await discover()).keys).toEqual([OVERWRITE_MANIFEST]);
    await world.play();
    expect(await world.ledger.partition(partitionOf(DAILY))).toMatchObject({ completeDelivery: { executionId: 'e2' } });
  });

  it('a manifest older than the delivery that the ledger knows is left alone', async () => {
    const { manifest } = await putDelivery('2026-10-05T10:00:00.000Z', 'e2');
    await discover();
    await world.play();
    await world.remove(manifest);
    await putDelivery('2026-10-04T10:00:00.000Z', 'e1');
    expect((await discover()).keys).toEqual([]);
  });

  it('a manifest that was quarantined counts as none: the data files are queued instead', async () => {
    const key = chunk(OVERWRITE, 1);
    await world.put(key, parquetBytes(1), { at: NOON - MINUTE });
    await world.put(OVERWRITE_MANIFEST, Buffer.from('{'));
    expect((await discover()).keys).toEqual([OVERWRITE_MANIFEST]);
    await world.play();
    expect((await discover()).keys).toEqual([key]);
    await world.play();
    expect((await discover()).keys).toEqual([]);
  });
});

describe('a manifest that was set aside', () => {
  it('counts as none, and is not asked for again', async () => {
    const key = chunk(OVERWRITE, 1);
    await world.put(key, foreignParquet(2, ['BilledCost']), { at: NOON - MINUTE });
    const columns = [{ name: 'BilledCost' }];
    const manifest = JSON.parse(Buffer.from(manifestBytes('e1', [key])).toString());
    await world.put(OVERWRITE_MANIFEST, Buffer.from(JSON.stringify({ ...manifest, columns })));
    expect((await discover()).keys).toEqual([OVERWRITE_MANIFEST]);
    await world.play();
    expect((await discover()).keys).toEqual([key]);
    await world.play();
    expect((await discover()).keys).toEqual([]);
  });
});

describe('of two reports of one month in a source', () => {
  const [HOURLY, HOURLY_REPORT] = ['cur/hourly/', 'payer-cur/cur/hourly'];
  const hourlyOf = (text: string) => text.replaceAll('cur/daily/', HOURLY);
  const choosing = (report: string) => ({ ...world.staging, place: placeBySources([{ ...DAILY, report }]) });
  const record = () => world.ledger.partition(partitionOf(DAILY));

  /** A daily report, which comes first and is the bill, and an hourly one. */
  async function putBoth(withManifests: boolean) {
    const [data, metadata] = [chunk(OVERWRITE, 1), OVERWRITE_MANIFEST];
    for (const [at, of] of [
      [NOON - 2 * MINUTE, String],
      [NOON - MINUTE, hourlyOf],
    ] as const) {
      await world.put(of(data), parquetBytes(1, of(data)), { at });
      if (withManifests) await world.put(of(metadata), manifestBytes(of('cur/daily/'), [of(data)]), { at });
    }
    return withManifests ? metadata : data;
  }

  it.each([
    ['with manifests', true],
    ['without manifests', false],
  ])('%s, each is asked for by itself; the one that is left out is not asked for again', async (_, withManifests) => {
    const first = await putBoth(withManifests);
    expect((await discover()).keys.toSorted()).toEqual([first, hourlyOf(first)].toSorted());
    await world.play();
    expect(await record()).toMatchObject({ report: 'payer-cur/cur/daily', otherReports: [{ report: HOURLY_REPORT }] });
    expect((await discover()).keys).toEqual([]);
    // A refresh of both.
    world.now += 10 * MINUTE;
    await world.put(chunk(OVERWRITE, 1), parquetBytes(1, 'new'));
    await world.put(hourlyOf(chunk(OVERWRITE, 1)), parquetBytes(1, 'new hour'));
    world.now += MINUTE;
    if (withManifests) await world.put(OVERWRITE_MANIFEST, manifestBytes('e2', [chunk(OVERWRITE, 1)]));
    if (withManifests) {
      await world.put(hourlyOf(OVERWRITE_MANIFEST), manifestBytes('h2', [hourlyOf(chunk(OVERWRITE, 1))]));
    }
    expect((await discover()).keys).toEqual([first]);
  });

  it.each([
    ['with manifests', true],
    ['without manifests', false],
  ])('%s, the one that the configuration names becomes the bill, and the other is not looked at', async (_, withM) => {
    const first = await putBoth(withM);
    await discover();
    await world.play();
    const before = await record();
    const { queued } = await discoverSource(choosing('cur/hourly'), DAILY);
    expect(await record()).toMatchObject({ report: HOURLY_REPORT, changes: (before?.changes ?? 0) + 1 });
    expect((await record())?.otherReports).toBeUndefined();
    // Its manifest is read again: the delivery that it names was not recorded. Files that are
    // staged already are not.
    expect(queued).toBe(withM ? 1 : 0);
    if (withM) {
      const [message] = world.copyQueue.memory.receive(1);
      expect(parseCopyMessage(message?.body).key).toBe(hourlyOf(first));
      await world.handle(message?.body);
      expect((await record())?.delivery?.executionId).toBe('cur/hourly/');
    }
    const after = await record();
    await discoverSource(choosing('cur/hourly'), DAILY);
    expect(await record()).toEqual(after);
  });

  it('the one that the configuration names is the bill from the start, and no other is noted', async () => {
    await putBoth(true);
    await discoverSource(choosing('cur/hourly'), DAILY);
    for (let [message] = world.copyQueue.memory.receive(1); message; [message] = world.copyQueue.memory.receive(1)) {
      await world.handle(message.body, choosing('cur/hourly'));
      world.copyQueue.memory.acknowledge(message.receipt);
    }
    expect(await record()).toMatchObject({ report: HOURLY_REPORT, completeDelivery: { executionId: 'cur/hourly/' } });
    expect((await record())?.otherReports).toBeUndefined();
  });
});

describe('of a partition without manifests', () => {
  it('every data file that the ledger does not know is queued, under its etag', async () => {
    const bytes = parquetBytes(1);
    await putLoose(bytes);
    const { listed, messages } = await discover(LOOSE);
    expect([listed, messages]).toEqual([
      1,
      [
        {
          group: LOOSE.payer,
          bucket: LOOSE.bucket,
          key: LOOSE_KEY,
          etag: md5(bytes),
          sizeBytes: bytes.length,
          kind: 'discovered',
        },
      ],
    ]);
  });

  it.each([
    ['staged', parquetBytes(1)],
    ['empty', new Uint8Array()],
    ['quarantined', Buffer.from('no Parquet at all')],
    ['set-aside', foreignParquet()],
  ])('what is known as %s is not queued again', async (status, bytes) => {
    await putLoose(bytes);
    await discover(LOOSE);
    await world.play();
    expect(await world.ledger.versions(partitionOf(LOOSE))).toMatchObject([{ outcome: { status } }]);
    expect((await discover(LOOSE)).keys).toEqual([]);
  });

  it('what is known of several partitions is not queued again', async () => {
    for (const month of ['08', '09', '10']) {
      await world.put(`year=2026/month=${month}/a.parquet`, parquetBytes(1), { bucket: LOOSE.bucket });
    }
    expect((await discover(LOOSE)).keys).toHaveLength(3);
    await world.play();
    expect((await discover(LOOSE)).keys).toEqual([]);
  });

  it('what is queued and not yet worked off is queued again: the first may have been lost', async () => {
    await putLoose(parquetBytes(1));
    expect((await discover(LOOSE)).keys).toEqual([LOOSE_KEY]);
    expect((await discover(LOOSE)).keys).toEqual([LOOSE_KEY]);
  });

  it('another content of a known key is queued', async () => {
    await world.handle(await putLoose(parquetBytes(1, 'a'), NOON - MINUTE));
    await putLoose(parquetBytes(1, 'b'));
    expect((await discover(LOOSE)).messages).toMatchObject([{ etag: md5(parquetBytes(1, 'b')) }]);
  });

  it('content that has come back is queued, and then is the newest', async () => {
    await world.handle(await putLoose(parquetBytes(1, 'a'), NOON - 3 * MINUTE));
    await world.handle(await putLoose(parquetBytes(1, 'b'), NOON - 2 * MINUTE));
    await putLoose(parquetBytes(1, 'a'), NOON - MINUTE);
    expect((await discover(LOOSE)).keys).toEqual([LOOSE_KEY]);
    await world.play();
    expect((await discover(LOOSE)).keys).toEqual([]);
    const versions = await world.ledger.versions(partitionOf(LOOSE));
    expect(versions.find(({ source }) => source.etag === md5(parquetBytes(1, 'a')))?.source.lastModified).toBe(
      NOON - MINUTE,
    );
  });

  it('a partition whose manifest has not come is known by its data files', async () => {
    await world.put(chunk(OVERWRITE, 1), parquetBytes(1));
    expect((await discover()).keys).toEqual([chunk(OVERWRITE, 1)]);
  });

  it('a partition with a manifest does not hide the data files of one without', async () => {
    const { manifest } = await putDelivery('2026-10-05T10:00:00.000Z', 'e1');
    const september = chunk('cur/daily/data/BILLING_PERIOD=2026-09/', 1);
    await world.put(september, parquetBytes(1));
    expect((await discover()).keys.toSorted()).toEqual([september, manifest].toSorted());
  });
});

describe('a source', () => {
  it('is listed below its prefix only: its neighbour in the bucket is another payer', async () => {
    const own = chunk(OVERWRITE, 1);
    const neighbours = own.replace('cur/', 'neighbour/');
    await world.put(own, parquetBytes(1));
    await world.put(neighbours, parquetBytes(2));
    await world.put(own.replace('cur/', 'cur-archive/'), parquetBytes(3));
    expect(await discover(DAILY)).toMatchObject({ listed: 1, messages: [{ key: own, group: DAILY.payer }] });
    expect(await discover(NEIGHBOUR)).toMatchObject({
      listed: 1,
      messages: [{ key: neighbours, group: NEIGHBOUR.payer }],
    });
    await world.play();
    expect(await world.ledger.versions(partitionOf(DAILY))).toMatchObject([{ source: { key: own } }]);
    expect(await world.ledger.versions(partitionOf(NEIGHBOUR))).toMatchObject([{ source: { key: neighbours } }]);
  });

  it('with keys outside of the layouts queues none of them', async () => {
    for (const key of [
      'aws-programmatic-access-test-object',
      'daily/data/BILLING_PERIOD=2026-10/x.csv.gz',
      'daily/x.parquet',
      'daily/metadata/BILLING_PERIOD=2026-10/x.parquet',
      'daily/data/BILLING_PERIOD=2026-13/x.parquet',
      'r/r/cost_and_usage_data_status/status.parquet',
      'r/20261001-20261101/r-create-table.sql',
      'r/r/year=2026/month=10/_SUCCESS',
    ]) {
      await world.put(`cur/${key}`, parquetBytes(1));
    }
    expect(await discover()).toMatchObject({ listed: 0, keys: [] });
  });

  it('that is empty queues nothing', async () => {
    expect(await discover(LOOSE)).toEqual({ listed: 0, messages: [], keys: [] });
  });

  it('whose bucket is not there throws ObjectGone', async () => {
    await expect(discover({ ...LOOSE, bucket: 'no-such-bucket' })).rejects.toThrow(ObjectGone);
  });

  it('that may not be listed throws AccessDenied', async () => {
    const store: ObjectStore = refusing(world.store, 'list', new AccessDenied('no s3:ListBucket'));
    await expect(discover(LOOSE, store)).rejects.toThrow(AccessDenied);
  });
});

/** V8's own collection, at once: without it, nobody can say what is still held. */
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const PAGE = 1_000;
const PAGES = 20;

function refuseToList(): never {
  throw new Error('listed as a whole');
}

/**
 * 20,000 data files in 20 partitions, made page by page. Counts the earlier pages that somebody
 * still holds.
 */
function manyObjects(withManifests: boolean) {
  const seen = { listings: 0, mostPagesHeld: 0 };
  const refuse = () => Promise.reject(new Error('discovery only lists'));
  const list: ObjectStore['list'] = async function* (bucket) {
    if (bucket !== DAILY.bucket) return;
    seen.listings += 1;
    const pages: WeakRef<ListedObject[]>[] = [];
    const firsts: WeakRef<ListedObject>[] = [];
    for (let number = 0; number < PAGES; number++) {
      const page = pageOf(number, withManifests);
      const [first] = page;
      pages.push(new WeakRef(page));
      if (first) firsts.push(new WeakRef(first));
      yield page;
      await setImmediate();
      collectGarbage();
      const held = [pages, firsts].map((refs) => refs.filter((ref) => ref.deref() !== undefined).length);
      seen.mostPagesHeld = Math.max(seen.mostPagesHeld, ...held);
    }
  };
  const listFolder = refuseToList;
  const store: ObjectStore = { read: refuse, copy: refuse, list, listFolder, delete: refuse };
  return { store, seen };
}

function pageOf(number: number, withManifests: boolean): ListedObject[] {
  const month = `${2020 + Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}`;
  return Array.from({ length: PAGE }, (_, index) => {
    const isManifest = withManifests && index === PAGE - 1;
    const folder = `cur/daily/${isManifest ? 'metadata' : 'data'}/BILLING_PERIOD=${month}/`;
    const key = isManifest ? `${folder}daily-Manifest.json` : chunk(folder, index);
    return { key, etag: `etag-${number}-${index}`, sizeBytes: 1, lastModified: NOON };
  });
}

describe('20,000 objects', () => {
  it.each([
    ['with manifests', true, 20],
    ['without manifests', false, 20_000],
  ])('%s are listed twice, page by page, and never held', async (_what, withManifests, expected) => {
    const { store, seen } = manyObjects(withManifests);
    let sent = 0;
    const copyQueue = {
      send: async (messages: readonly unknown[]) => {
        sent += messages.length;
      },
    };
    const ledger = openSqliteLedger(':memory:');
    const { queued, partitions } = await discoverSource(
      { ...world.staging, store, ledger, copyQueue, now: () => NOON },
      DAILY,
      { full: true },
    );
    ledger.close();
    const listed = partitions.reduce((sum, partition) => sum + partition.listed, 0);
    expect([listed, queued, sent, partitions.length]).toEqual([20_000, expected, expected, PAGES]);
    expect(seen.listings).toBe(2);
    // The page at work, and perhaps the one before it that a paused frame still points to.
    expect(seen.mostPagesHeld).toBeLessThanOrEqual(2);
  });
});
