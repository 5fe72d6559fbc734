import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { versionIdOf } from '../../src/billing/version.ts';
import { md5 } from './contentEtags.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  eventOf,
  execution,
  LOOSE,
  manifestBytes,
  NOON,
  OVERWRITE,
  OVERWRITE_MANIFEST,
  partitionOf,
} from './copyWorld.ts';
import { intercepted } from './interception.ts';
import { manifestsIn } from './manifests.ts';
import { parquetBytes } from './parquetBytes.ts';

const partition = partitionOf(DAILY);
const FIRST = execution('2026-10-05T10:00:00.000Z', 'e1');
const MINUTE = 60_000;

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const { record, currentSet, putChunks, putManifest, requests } = manifestsIn(() => world);

describe('a manifest of an export that is no part of a bill', () => {
  const focus = (keys: readonly string[]) => {
    const columns = ['BilledCost', 'ChargeCategory'].map((name) => ({ name, type: 'string' }));
    return Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(manifestBytes('e1', keys)).toString()), columns }));
  };
  const reason = 'a FOCUS export, and only cost and usage reports (CUR) are supported';

  it('is set aside with its reason: no delivery comes of it, nothing is asked for, and nobody is alarmed', async () => {
    await world.handle(await world.put(OVERWRITE_MANIFEST, focus([chunk(OVERWRITE, 1)])));
    expect((await world.ledger.versions(partition)).map(({ outcome }) => outcome)).toEqual([
      { status: 'set-aside', reason },
    ]);
    expect(world.reports).toEqual([{ what: 'file-set-aside', partition, key: OVERWRITE_MANIFEST, reason }]);
    expect([(await record()).delivery, (await record()).report, requests()]).toEqual([undefined, undefined, []]);
    expect(await world.ledger.outbox()).toEqual([]);
  });

  it('is known when it comes again', async () => {
    const event = await world.put(OVERWRITE_MANIFEST, focus([chunk(OVERWRITE, 1)]));
    await world.handle(event);
    const before = await record();
    await world.handle(event);
    expect([await record(), world.reported('file-set-aside')]).toEqual([before, [expect.anything()]]);
  });

  it('takes nothing from the bill beside it', async () => {
    const files = await putChunks(FIRST.folder, [parquetBytes(2)]);
    const keys = files.map(({ key }) => key);
    await world.handle(await putManifest('e1', keys, NOON, FIRST.manifest));
    const before = await record();
    const key = 'cur/focus/metadata/BILLING_PERIOD=2026-10/focus-Manifest.json';
    await world.handle(await world.put(key, focus(['cur/focus/data/BILLING_PERIOD=2026-10/focus-1.parquet'])));
    expect([await record(), await currentSet()]).toEqual([before, files]);
  });
});

describe('a manifest of another report than the bill’s', () => {
  it('is noted, and its files are asked for only once somebody chooses it', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    const keys = files.map(({ key }) => key);
    await world.handle(await putManifest('e1', keys));
    const hourly = OVERWRITE_MANIFEST.replaceAll('daily', 'hourly');
    const other = 'cur/hourly/data/BILLING_PERIOD=2026-10/hourly-1.parquet';
    await world.handle(await world.put(hourly, manifestBytes('h1', [other])));
    expect(await record()).toMatchObject({
      delivery: { executionId: 'e1' },
      report: 'payer-cur/cur/daily',
      otherReports: [{ report: 'payer-cur/cur/hourly', since: NOON }],
    });
    expect(await currentSet()).toEqual(files);
  });
});

describe('a manifest that cannot be used is quarantined, with its reason:', () => {
  const own = chunk(OVERWRITE, 1);
  const quarantined = async () => (await world.ledger.versions(partition)).map(({ outcome }) => outcome);

  it.each<[string, Uint8Array, RegExp]>([
    [
      "one of another payer's prefix",
      manifestBytes('e1', [own.replace('cur/', 'neighbour/')]),
      /below its payer's prefix/,
    ],
    ['one below no prefix', manifestBytes('e1', [own.replace('cur/', 'nobody/')]), /below its payer's prefix/],
    ['one of another bucket', manifestBytes('e1', [own], LOOSE.bucket), /manifest's own bucket "payer-cur"/],
    ['nonsense', Buffer.from('<html>Moved</html>'), /not JSON/],
    ['no bytes', new Uint8Array(), /not JSON/],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00), /not JSON/],
    ['no files', manifestBytes('e1', []), /dataFiles must name a file/],
    ['one that is larger than the limit', Buffer.alloc(8 * 1024 * 1024 + 1, ' '), /at most 8388608 bytes, got 8388609/],
  ])('%s', async (_what, bytes, reason) => {
    const event = await world.put(OVERWRITE_MANIFEST, bytes);
    await world.handle(event);
    expect(await quarantined()).toEqual([{ status: 'quarantined', reason: expect.stringMatching(reason) }]);
    expect(world.reported('manifest-quarantined')).toMatchObject([{ partition, key: OVERWRITE_MANIFEST }]);
    expect((await record()).delivery).toBeUndefined();
    expect(requests()).toEqual([]);
    const before = await record();
    await world.handle(event);
    expect(await record()).toEqual(before);
    expect(world.reported('manifest-quarantined')).toHaveLength(1);
  });

  it('a good one after it is taken in', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    await world.handle(await world.put(OVERWRITE_MANIFEST, Buffer.from('{')));
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
        NOON + MINUTE,
      ),
    );
    expect(await currentSet()).toEqual(files);
  });

  it('one that is replaced while it is looked at: the good one that takes its place is never the quarantined', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    const good = manifestBytes(
      'e1',
      files.map(({ key }) => key),
    );
    await world.put(OVERWRITE_MANIFEST, Buffer.from('{'));
    let replaced = false;
    const store = intercepted(world.store, async (method, call) => {
      const result = await call();
      if (method === 'read' && !replaced) {
        replaced = true;
        await world.put(OVERWRITE_MANIFEST, good);
      }
      return result;
    });
    await world.handle(eventOf(DAILY.bucket, OVERWRITE_MANIFEST), { store });
    const id = versionIdOf({ bucket: DAILY.bucket, key: OVERWRITE_MANIFEST, etag: md5(good) });
    expect(await world.ledger.version(partition, id)).toBeUndefined();
  });
});

describe('a manifest that is not what it was', () => {
  it('overwritten before it is read: dropped, and a partition that is dirty still gets its tick', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    const event = await putManifest(
      'e1',
      files.map(({ key }) => key),
    );
    await putManifest(
      'e2',
      files.map(({ key }) => key),
    );
    world.finalizeQueue.sent.length = 0;
    await world.handle(event);
    expect(world.reported('file-superseded')).toMatchObject([{ key: OVERWRITE_MANIFEST }]);
    expect(world.finalizeQueue.sent).toHaveLength(1);
    expect((await record()).delivery).toBeUndefined();
  });

  it('deleted before it is read: dropped', async () => {
    const event = await putManifest('e1', [chunk(OVERWRITE, 1)]);
    await world.remove(OVERWRITE_MANIFEST);
    await world.handle(event);
    expect(world.reports).toEqual([{ what: 'file-gone', bucket: DAILY.bucket, key: OVERWRITE_MANIFEST }]);
    expect(await world.ledger.partition(partition)).toBeUndefined();
  });
});
