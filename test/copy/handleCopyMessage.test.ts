import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consume } from '../../src/adapters/memory/consume.ts';
import { MalformedMessage } from '../../src/billing/messageFields.ts';
import { type SourceVersion, versionIdOf } from '../../src/billing/version.ts';
import { setWithoutManifest } from '../../src/ledger/currentSet.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { AccessDenied, type ObjectStore } from '../../src/store/objectStore.ts';
import { md5 } from './contentEtags.ts';
import { CopyWorld, chunk, DAILY, eventOf, LOOSE, NOON, OVERWRITE, partitionOf } from './copyWorld.ts';
import { counted, intercepted, refusing } from './interception.ts';
import { foreignParquet, parquetBytes } from './parquetBytes.ts';

const MINUTE = 60_000;
const KEY = chunk(OVERWRITE, 1);
const HOURLY = 'cur/hourly/data/BILLING_PERIOD=2026-10/';
const LOOSE_KEY = 'year=2026/month=10/report-00001.snappy.parquet';
const daily = partitionOf(DAILY);
const loose = partitionOf(LOOSE);

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const putLoose = (bytes: Uint8Array, at = world.now) => world.put(LOOSE_KEY, bytes, { bucket: LOOSE.bucket, at });

function looseVersion(bytes: Uint8Array) {
  return world.ledger.version(loose, versionIdOf({ bucket: LOOSE.bucket, key: LOOSE_KEY, etag: md5(bytes) }));
}

async function looseSet(): Promise<SourceVersion[]> {
  const set = setWithoutManifest(await world.ledger.versions(loose), undefined);
  return set.is === 'set' ? set.files.map(({ source }) => source) : [];
}

describe('a data file', () => {
  it('is copied to its immutable key, and the ledger knows its rows, columns and order', async () => {
    const bytes = parquetBytes(3);
    await world.handle(await world.put(KEY, bytes, { at: NOON - MINUTE }));
    const [staged, ...others] = await world.staged();
    expect(staged?.key).toMatch(/^year=2026\/month=10\/payer-111122223333\/daily-00001\.snappy-[0-9a-f]{16}\.parquet$/);
    expect([staged?.etag, others]).toEqual([md5(bytes), []]);
    const [version] = await world.ledger.versions(daily);
    expect(version).toMatchObject({
      partition: daily,
      folder: OVERWRITE,
      awaitsManifest: true,
      source: {
        bucket: DAILY.bucket,
        key: KEY,
        etag: md5(bytes),
        lastModified: NOON - MINUTE,
        sizeBytes: bytes.length,
      },
      outcome: { status: 'staged', stagedKey: staged?.key, rows: 3, stagedAt: NOON, generation: 0 },
    });
    expect(version?.source.sequencer).toBeDefined();
    const schemaId = version?.outcome.status === 'staged' ? version.outcome.schemaId : '';
    expect((await world.ledger.schemas([schemaId])).get(schemaId)).toEqual([
      { name: 'identity_line_item_id', type: 'string' },
      { name: 'line_item_usage_account_id', type: 'string' },
      { name: 'line_item_line_item_type', type: 'string' },
      { name: 'line_item_usage_start_date', type: 'timestamp_utc_converted' },
      { name: 'line_item_unblended_cost', type: 'double' },
    ]);
    expect(await world.ledger.partition(daily)).toMatchObject({ watermark: NOON - MINUTE, changes: 1 });
    expect(world.reports).toEqual([
      { what: 'file-staged', partition: daily, key: KEY, rows: 3, sizeBytes: bytes.length, lagSeconds: 60 },
    ]);
  });

  it('costs one copy, one read, one reading and one record of its version, and no listing', async () => {
    const event = await world.put(KEY, parquetBytes(3));
    const store = counted<ObjectStore>(world.store);
    const ledger = counted<Ledger>(world.ledger);
    await world.handle(event, { store: store.target, ledger: ledger.target });
    expect(store.calls).toEqual({ read: 1, copy: 1 });
    expect(ledger.calls).toEqual({ version: 1, recordSchema: 1, recordVersion: 1 });
  });

  it('of a hundred sends no tick, unless it is the first', async () => {
    for (let nth = 1; nth <= 100; nth++) await world.handle(await world.put(chunk(OVERWRITE, nth), parquetBytes(1)));
    expect(world.finalizeQueue.sent).toHaveLength(1);
    expect(await world.ledger.partition(daily)).toMatchObject({ changes: 100, settledChanges: 0 });
    expect(await world.staged()).toHaveLength(100);
  });

  it('of a source without manifests is due after the quiet period, of one with manifests after the maximum wait', async () => {
    await world.handle(await putLoose(parquetBytes(1)));
    await world.handle(await world.put(KEY, parquetBytes(1)));
    expect(world.finalizeQueue.sent).toEqual([
      { body: { period: '2026-10' }, delaySeconds: 300, group: '2026-10' },
      { body: { period: '2026-10' }, delaySeconds: 900, group: '2026-10' },
    ]);
  });

  it('that is no part of a bill is set aside with its reason: nothing is copied, and it is no error', async () => {
    await world.handle(await world.put(KEY, foreignParquet(3)));
    const reason = expect.stringMatching(/^not a cost and usage report: .*"account_id", "recommendation_id"$/);
    const [version, ...others] = await world.ledger.versions(daily);
    expect([version?.outcome, others]).toEqual([{ status: 'set-aside', reason }, []]);
    expect(await world.staged()).toEqual([]);
    expect(world.reports).toEqual([{ what: 'file-set-aside', partition: daily, key: KEY, reason }]);
    expect(await world.ledger.outbox()).toEqual([]);
    const record = await world.ledger.partition(daily);
    expect([record?.watermark, record?.report]).toEqual([undefined, undefined]);
  });

  it('of a FOCUS export is set aside as one', async () => {
    await world.handle(await world.put(KEY, foreignParquet(3, ['BilledCost', 'ChargeCategory'])));
    expect((await world.ledger.versions(daily))[0]?.outcome).toMatchObject({
      reason: expect.stringMatching(/^a FOCUS export/),
    });
  });

  it('that was set aside is known when it is announced again, and staged when its content is a report’s', async () => {
    const event = await world.put(KEY, foreignParquet(3));
    await world.handle(event);
    await world.handle(event);
    expect(world.reports.map(({ what }) => what)).toEqual(['file-set-aside', 'file-known']);
    await world.handle(await world.put(KEY, parquetBytes(2), { at: NOON + MINUTE }));
    expect((await world.ledger.versions(daily)).map(({ outcome }) => outcome.status).toSorted()).toEqual([
      'set-aside',
      'staged',
    ]);
  });

  it('without rows is an empty one, whatever its columns are: nothing is copied', async () => {
    await world.handle(await world.put(KEY, parquetBytes(0)));
    await world.handle(await world.put(chunk(OVERWRITE, 2), foreignParquet(0)));
    expect((await world.ledger.versions(daily)).map(({ outcome }) => outcome)).toEqual([
      { status: 'empty' },
      { status: 'empty' },
    ]);
    expect([await world.staged(), world.reports.map(({ what }) => what)]).toEqual([[], ['file-empty', 'file-empty']]);
  });

  it('of a report that is left out is said to be staged, each of its files', async () => {
    await world.handle(await world.put(KEY, parquetBytes(1)));
    for (const nth of [1, 2]) await world.handle(await world.put(chunk(HOURLY, nth), parquetBytes(nth, 'hourly')));
    expect(world.reports.map(({ what }) => what)).toEqual(['file-staged', 'file-staged', 'file-staged']);
    expect(await world.ledger.partition(daily)).toMatchObject({
      changes: 1,
      report: 'payer-cur/cur/daily',
      otherReports: [{ report: 'payer-cur/cur/hourly', since: NOON }],
    });
  });

  it('that is announced again is known: no copy, no change, but its tick once more', async () => {
    const event = await world.put(KEY, parquetBytes(3));
    await world.handle(event);
    const before = await world.ledger.partition(daily);
    const [tick] = world.finalizeQueue.sent;
    const store = counted<ObjectStore>(world.store);
    await world.handle(event, { store: store.target });
    expect(store.calls).toEqual({ read: 1 });
    expect(await world.ledger.partition(daily)).toEqual(before);
    expect(world.reports.at(-1)).toEqual({ what: 'file-known', partition: daily, key: KEY });
    expect(world.finalizeQueue.sent).toEqual([tick, tick]);
  });

  it('that is announced again after the clock was set back has its tick at once: nothing waits for an old date', async () => {
    const event = await world.put(KEY, parquetBytes(3));
    await world.handle(event);
    await world.handle(event, { now: () => NOON - 86_400_000 });
    expect(world.finalizeQueue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([900, 0]);
  });

  it('that is announced again after a run has settled it sends nothing', async () => {
    const event = await world.put(KEY, parquetBytes(3));
    await world.handle(event);
    const lease = await world.ledger.acquireLease(daily.period, 'run', NOON, NOON + MINUTE);
    if (!lease.taken) throw new Error('the lease is taken');
    await world.ledger.commit(daily, lease.epoch, { kind: 'settled', changes: 1, readAt: NOON });
    world.finalizeQueue.sent.length = 0;
    await world.handle(event);
    expect(world.finalizeQueue.sent).toEqual([]);
  });

  it('announced without an etag is read as it is now', async () => {
    await world.put(KEY, parquetBytes(3));
    await world.handle(eventOf(DAILY.bucket, KEY));
    expect(await world.ledger.versions(daily)).toMatchObject([
      { source: { etag: md5(parquetBytes(3)) }, outcome: { status: 'staged' } },
    ]);
  });

  it('announced with a quoted etag is the same version', async () => {
    await world.put(KEY, parquetBytes(3));
    await world.handle(eventOf(DAILY.bucket, KEY, { etag: `"${md5(parquetBytes(3))}"` }));
    expect(await world.staged()).toHaveLength(1);
  });

  it('announced without a sequencer is ordered by its time, and learns its sequencer later', async () => {
    const { detail, ...event } = await world.put(KEY, parquetBytes(3));
    const { sequencer, ...object } = detail.object as Record<string, unknown>;
    await world.handle({ ...event, detail: { ...detail, object } });
    expect((await world.ledger.versions(daily))[0]?.source).not.toHaveProperty('sequencer');
    await world.handle({ ...event, detail });
    expect((await world.ledger.versions(daily))[0]?.source).toMatchObject({ sequencer });
  });

  it('written again with the same bytes does not keep the sequencer of the earlier write', async () => {
    const event = await world.put(KEY, parquetBytes(3), { at: NOON - 10 * MINUTE });
    await world.put(KEY, parquetBytes(3), { at: NOON });
    await world.handle(event);
    const [version] = await world.ledger.versions(daily);
    expect(version?.source.lastModified).toBe(NOON);
    expect(version?.source).not.toHaveProperty('sequencer');
  });
});

describe('content that is no report', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['a text', Buffer.from('hello, this is no Parquet'), /not Parquet/],
    ['a file that was cut off', parquetBytes(3).slice(0, 60), /not Parquet/],
    ['three bytes', Buffer.from('abc'), /too short/],
  ])('is quarantined in the ledger, and never copied: %s', async (_what, bytes, reason) => {
    const event = await world.put(KEY, bytes);
    await world.handle(event);
    await world.handle(event);
    expect(await world.staged()).toEqual([]);
    expect(await world.ledger.versions(daily)).toMatchObject([
      { outcome: { status: 'quarantined', reason: expect.stringMatching(reason) } },
    ]);
    expect(world.reported('file-quarantined')).toEqual([
      { what: 'file-quarantined', partition: daily, key: KEY, reason: expect.stringMatching(reason) },
    ]);
    expect(await world.ledger.partition(daily)).not.toHaveProperty('watermark');
  });

  it('an empty object is known to be empty, and never copied', async () => {
    await world.handle(await world.put(KEY, new Uint8Array()));
    expect(await world.staged()).toEqual([]);
    expect(await world.ledger.versions(daily)).toMatchObject([{ outcome: { status: 'empty' } }]);
    expect(world.reports).toEqual([{ what: 'file-empty', partition: daily, key: KEY }]);
  });
});

describe('a message that is not an Object Created event throws MalformedMessage, which names the field:', () => {
  const good = eventOf(DAILY.bucket, KEY);
  it.each<[unknown, RegExp]>([
    [undefined, /body must be an object, got undefined/],
    ['text', /body must be an object, got "text"/],
    [{ Records: [] }, /detail-type is missing/],
    [{ ...good, 'detail-type': 'Object Deleted' }, /detail-type .*got "Object Deleted"/],
    [{ ...good, source: 'aws.ec2' }, /source .*got "aws\.ec2"/],
    [{ ...good, detail: undefined }, /detail is missing/],
    [eventOf('', KEY), /detail\.bucket\.name must be the name of a bucket, got ""/],
    [eventOf('../up', KEY), /detail\.bucket\.name .*got "\.\.\/up"/],
    [eventOf(DAILY.bucket, ''), /detail\.object\.key must not be empty/],
    [eventOf(DAILY.bucket, `cur/${'k'.repeat(1_096)}`), /detail\.object\.key must be at most 1024 bytes/],
    [eventOf(DAILY.bucket, `cur/${'é'.repeat(511)}`), /detail\.object\.key must be at most 1024 bytes/],
    [eventOf(DAILY.bucket, 'cur/\ud800'), /detail\.object\.key must be well-formed Unicode/],
    [eventOf(DAILY.bucket, KEY, { size: -1 }), /detail\.object\.size must be a whole number/],
    [eventOf(DAILY.bucket, KEY, { etag: 5 }), /detail\.object\.etag must be a string, got 5/],
  ])('%j', async (body, message) => {
    await expect(world.handle(body)).rejects.toThrow(MalformedMessage);
    await expect(world.handle(body)).rejects.toThrow(message);
    expect(await world.ledger.periods()).toEqual([]);
  });
});

describe('an object that is not ours is dropped with its reason, and nobody reads it:', () => {
  it.each([
    ['an unknown bucket', 'somebody-elses', KEY, { what: 'source-unknown' }],
    ["a key below no payer's prefix", DAILY.bucket, 'strangers/daily-00001.parquet', { what: 'source-unknown' }],
    ['a prefix that only begins alike', DAILY.bucket, KEY.replace('cur/', 'cur2/'), { what: 'source-unknown' }],
    ['a folder marker', DAILY.bucket, 'cur/daily/', { what: 'object-ignored', reason: 'folder marker' }],
    ['a CSV', DAILY.bucket, `${OVERWRITE}x.csv.gz`, { what: 'object-ignored', reason: 'csv export' }],
    [
      'the status table',
      DAILY.bucket,
      'cur/r/cost_and_usage_data_status/s.parquet',
      { what: 'object-ignored', reason: 'status table' },
    ],
    [
      'a key without a period',
      DAILY.bucket,
      'cur/daily/x.parquet',
      { what: 'object-ignored', reason: 'no billing period in the key' },
    ],
    [
      'a month that does not exist',
      DAILY.bucket,
      'cur/r/year=2026/month=13/x.parquet',
      { what: 'object-ignored', reason: 'invalid billing period' },
    ],
  ])('%s', async (_what, bucket, key, report) => {
    const store = counted<ObjectStore>(world.store);
    await world.handle(eventOf(bucket, key, { etag: 'e' }), { store: store.target });
    expect(world.reports).toEqual([{ ...report, bucket, key }]);
    expect(store.calls).toEqual({});
    expect(await world.ledger.periods()).toEqual([]);
  });
});

describe('a key is taken as it is:', () => {
  it.each([
    ['a plus sign', `${OVERWRITE}a+b.parquet`],
    ['a percent sign', `${OVERWRITE}a%20b%2Fc.parquet`],
    ['spaces', `${OVERWRITE} a b .parquet`],
    ['control characters', `${OVERWRITE}a\r\n\u001b[2J.parquet`],
    ['what begins a query', `${OVERWRITE}a?versionId=1&x#y.parquet`],
    ['other scripts', `cur/日本/data/BILLING_PERIOD=2026-10/é-🙂.parquet`],
  ])('%s', async (_what, key) => {
    await world.handle(await world.put(key, parquetBytes(1)));
    expect(await world.ledger.versions(daily)).toMatchObject([{ source: { key }, outcome: { status: 'staged' } }]);
    expect((await world.staged()).map((object) => object.key)).toEqual([
      expect.stringMatching(/^year=2026\/month=10\/payer-111122223333\/[A-Za-z0-9][A-Za-z0-9._-]*\.parquet$/),
    ]);
  });

  it.each([
    ['folders that lead up', 'cur/../../staging/BILLING_PERIOD=2026-10/../data/BILLING_PERIOD=2026-10/x.parquet'],
    ['empty folders', 'cur//data/BILLING_PERIOD=2026-10/x.parquet'],
    ['1,024 bytes', `cur/data/BILLING_PERIOD=2026-10/${'k'.repeat(1024 - 40)}.parquet`],
    ['NUL', 'cur/data/BILLING_PERIOD=2026-10/a\u0000b.parquet'],
  ])('%s, which S3 can hold and a folder cannot', async (_what, key) => {
    await world.put(KEY, parquetBytes(2));
    // A store as S3 is, which has the object under the odd key.
    const there = <Ref extends { key: string }>(ref: Ref): Ref => (ref.key === key ? { ...ref, key: KEY } : ref);
    const store: ObjectStore = {
      read: (object, range) => world.store.read(there(object), range),
      copy: (source, target) => world.store.copy(there(source), target),
      list: (bucket, prefix) => world.store.list(bucket, prefix),
      listFolder: (bucket, prefix) => world.store.listFolder(bucket, prefix),
      delete: (location) => world.store.delete(there(location)),
    };
    await world.handle(eventOf(DAILY.bucket, key), { store });
    expect(await world.ledger.versions(daily)).toMatchObject([{ source: { key }, outcome: { status: 'staged' } }]);
    expect((await world.staged()).map((object) => object.key)).toEqual([
      expect.stringMatching(/^year=2026\/month=10\/payer-111122223333\/[A-Za-z0-9][A-Za-z0-9._-]*\.parquet$/),
    ]);
  });

  it('one that a folder cannot hold is gone there, and nothing outside of the bucket is touched', async () => {
    const key = 'cur/../../staging/data/BILLING_PERIOD=2026-10/x.parquet';
    await world.handle(eventOf(DAILY.bucket, key));
    expect(world.reports).toEqual([{ what: 'file-gone', bucket: DAILY.bucket, key }]);
    expect(await world.staged()).toEqual([]);
  });
});

describe('an object that is not what it was', () => {
  it('deleted: dropped, and nothing is recorded', async () => {
    const event = await world.put(KEY, parquetBytes(1));
    await world.remove(KEY);
    await world.handle(event);
    expect(world.reports).toEqual([{ what: 'file-gone', bucket: DAILY.bucket, key: KEY }]);
    expect(await world.ledger.periods()).toEqual([]);
    expect(world.finalizeQueue.sent).toEqual([]);
  });

  it('overwritten: dropped, for its own event follows', async () => {
    const event = await world.put(KEY, parquetBytes(1));
    const next = await world.put(KEY, parquetBytes(2));
    await world.handle(event);
    expect(world.reports).toEqual([{ what: 'file-superseded', bucket: DAILY.bucket, key: KEY }]);
    expect(await world.staged()).toEqual([]);
    await world.handle(next);
    expect(await world.ledger.versions(daily)).toMatchObject([{ outcome: { status: 'staged', rows: 2 } }]);
  });

  it.each([
    ['overwritten', () => world.put(KEY, parquetBytes(2)), 'file-superseded'],
    ['deleted', () => world.remove(KEY), 'file-gone'],
  ])('%s between its footer and its copy: dropped, and nothing is staged', async (_what, happen, what) => {
    const event = await world.put(KEY, parquetBytes(1));
    const store = intercepted(world.store, async (method, call) => {
      if (method === 'copy') await happen();
      return call();
    });
    await world.handle(event, { store });
    expect(world.reports).toEqual([{ what, bucket: DAILY.bucket, key: KEY }]);
    expect(await world.staged()).toEqual([]);
    expect(await world.ledger.versions(daily)).toEqual([]);
  });

  it('dropped: a partition that is dirty still gets its tick, for the message may have died before it', async () => {
    const event = await world.put(KEY, parquetBytes(1));
    await world.handle(event);
    const [tick] = world.finalizeQueue.sent.splice(0);
    await world.put(KEY, parquetBytes(2));
    await world.handle(event);
    expect(world.finalizeQueue.sent).toEqual([tick]);
  });

  it('that comes back (A, B, A) is the newest again, and is not copied again', async () => {
    const [a, b] = [parquetBytes(1, 'a'), parquetBytes(1, 'b')];
    const first = await putLoose(a, NOON - 30 * MINUTE);
    await world.handle(first);
    await world.handle(await putLoose(b, NOON - 20 * MINUTE));
    expect(await looseSet()).toMatchObject([{ etag: md5(b) }]);

    const again = await putLoose(a, NOON - 10 * MINUTE);
    const store = counted<ObjectStore>(world.store);
    await world.handle(again, { store: store.target });
    expect(store.calls).toEqual({ read: 1 });
    expect(await looseSet()).toMatchObject([{ etag: md5(a), lastModified: NOON - 10 * MINUTE }]);
    expect(await world.ledger.partition(loose)).toMatchObject({ changes: 3, watermark: NOON - 10 * MINUTE });

    await world.handle(first);
    expect(await looseSet()).toMatchObject([{ etag: md5(a), lastModified: NOON - 10 * MINUTE }]);
    expect(await world.ledger.partition(loose)).toMatchObject({ changes: 3 });
  });

  it('that was removed and is wanted again gets the key of the next generation', async () => {
    const bytes = parquetBytes(1);
    const event = await putLoose(bytes);
    const keys: string[] = [];
    for (let generation = 0; generation < 3; generation++) {
      await world.handle(event);
      const outcome = (await looseVersion(bytes))?.outcome;
      if (outcome?.status !== 'staged') throw new Error(`it is ${outcome?.status}`);
      expect(outcome.generation).toBe(generation);
      expect((await world.staged()).map(({ key }) => key)).toEqual([outcome.stagedKey]);
      keys.push(outcome.stagedKey);
      const lease = await world.ledger.acquireLease(loose.period, 'run', world.now, world.now);
      if (!lease.taken) throw new Error('the lease is taken');
      const id = versionIdOf({ bucket: LOOSE.bucket, key: LOOSE_KEY, etag: md5(bytes) });
      await world.ledger.markRemoved(loose, lease.epoch, [id], world.now);
      await world.store.delete({ bucket: 'staging', key: outcome.stagedKey });
    }
    expect(new Set(keys).size).toBe(3);
    expect(keys.slice(1)).toEqual([expect.stringMatching(/-2\.parquet$/), expect.stringMatching(/-3\.parquet$/)]);
  });
});

describe('trouble that may pass', () => {
  it.each(['read', 'copy'] as const)(
    'access denied to %s: the error passes through, and the message is kept',
    async (method) => {
      const event = await world.put(KEY, parquetBytes(1));
      const denied = new AccessDenied(`no permission to ${method}`);
      const store: ObjectStore = refusing(world.store, method, denied);
      await expect(world.handle(event, { store })).rejects.toBe(denied);
      expect(await world.ledger.versions(daily)).toEqual([]);
      await world.handle(event);
      expect(await world.staged()).toHaveLength(1);
    },
  );

  it.each(['recordVersion', 'recordSchema', 'version'] as const)(
    'the ledger refuses %s: the message is kept',
    async (method) => {
      const event = await world.put(KEY, parquetBytes(1));
      const ledger: Ledger = refusing(world.ledger, method, new Error('throttled'));
      await expect(world.handle(event, { ledger })).rejects.toThrow('throttled');
      expect(await world.ledger.versions(daily)).toEqual([]);
      await world.handle(event);
      expect(await world.ledger.versions(daily)).toHaveLength(1);
      expect(world.finalizeQueue.sent).toHaveLength(1);
    },
  );

  it("of one payer leaves the others' files alone, and its message becomes a dead letter", async () => {
    const bad = await putLoose(parquetBytes(1));
    const good = await world.put(KEY, parquetBytes(1));
    const denied: ObjectStore = refusing(world.store, 'read', new AccessDenied('no s3:GetObject'));
    const { memory } = world.copyQueue;
    await world.copyQueue.send([{ body: bad }, { body: good }]);
    const stop = new AbortController();
    const consumer = consume(
      memory,
      async (body) => {
        const isLoose = JSON.stringify(body).includes(LOOSE.bucket);
        await world.handle(body, { store: isLoose ? denied : world.store });
      },
      { concurrency: 2, signal: stop.signal, backoffSeconds: () => 0 },
    );
    await consumer.idle();
    stop.abort();
    await consumer.stopped;
    expect(memory.deadLetters()).toMatchObject([
      { body: bad, receiveCount: 5, error: 'AccessDenied: no s3:GetObject' },
    ]);
    expect(await world.ledger.versions(daily)).toHaveLength(1);
  });
});
