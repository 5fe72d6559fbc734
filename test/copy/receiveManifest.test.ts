import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { executionTime } from '../../src/billing/executionTime.ts';
import { versionIdOf } from '../../src/billing/version.ts';
import { AccessDenied, type ObjectStore } from '../../src/store/objectStore.ts';
import { md5 } from './contentEtags.ts';
import {
  CopyWorld,
  chunk,
  DAILY,
  DEBOUNCE,
  execution,
  manifestBytes,
  NOON,
  OVERWRITE,
  OVERWRITE_MANIFEST,
  partitionOf,
} from './copyWorld.ts';
import { refusing } from './interception.ts';
import { manifestsIn } from './manifests.ts';
import { parquetBytes } from './parquetBytes.ts';

const partition = partitionOf(DAILY);
const FIRST = execution('2026-10-05T10:00:00.000Z', 'e1');
const SECOND = execution('2026-10-05T11:00:00.000Z', 'e2');
const MINUTE = 60_000;

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const { record, currentSet, putChunks, putManifest, requests } = manifestsIn(() => world);

describe('a manifest whose files are all staged', () => {
  it('completes the delivery, and its message sends the tick at once', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2, 'a'), parquetBytes(3, 'b')], NOON - MINUTE);
    world.finalizeQueue.sent.length = 0;
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    expect(await currentSet()).toEqual(files);
    expect((await record()).delivery).toMatchObject({ executionId: 'e1', files: 2, awaited: [] });
    expect(requests()).toEqual([]);
    expect(world.finalizeQueue.sent).toEqual([{ body: { period: '2026-10' }, delaySeconds: 0, group: '2026-10' }]);
    expect(world.reported('delivery-known')).toEqual([
      { what: 'delivery-known', partition, executionId: 'e1', files: 2, missing: 0 },
    ]);
  });

  it('names fewer parts than the last: the surplus, which AWS empties, is not in the set', async () => {
    const before = await putChunks(
      OVERWRITE,
      [1, 2, 3].map((n) => parquetBytes(n, 'before')),
      NOON - 9 * MINUTE,
    );
    await world.handle(
      await putManifest(
        'e1',
        before.map(({ key }) => key),
        NOON - 8 * MINUTE,
      ),
    );
    expect(await currentSet()).toEqual(before);

    const after = await putChunks(
      OVERWRITE,
      [parquetBytes(4, 'after'), parquetBytes(5, 'after'), new Uint8Array()],
      NOON - MINUTE,
    );
    const named = after.slice(0, 2);
    await world.handle(
      await putManifest(
        'e2',
        named.map(({ key }) => key),
      ),
    );
    expect(await currentSet()).toEqual(named);
    expect(world.reported('file-empty')).toHaveLength(1);
  });

  it('that are empty, or without rows, completes as well: an empty file adds nothing', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2), new Uint8Array(), parquetBytes(0)], NOON - MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    expect(await currentSet()).toEqual([files[0]]);
  });

  it('is known when it comes again: nothing changes, and nothing is asked for', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    const event = await putManifest(
      'e1',
      files.map(({ key }) => key),
    );
    await world.handle(event);
    const before = await record();
    world.reports.length = 0;
    await world.handle(event);
    expect(await record()).toEqual(before);
    expect([world.reports, requests()]).toEqual([[], []]);
  });

  it('that is delivered again before a run has settled it sends its tick again: the first may be lost', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2)], NOON - MINUTE);
    const event = await putManifest(
      'e1',
      files.map(({ key }) => key),
    );
    await world.handle(event);
    const [tick] = world.finalizeQueue.sent.splice(0).slice(-1);
    await world.handle(event);
    expect(world.finalizeQueue.sent).toEqual([tick]);
  });
});

describe('a manifest that comes before its files were staged', () => {
  it('requests them under their etags, in the group of their payer', async () => {
    const contents = [parquetBytes(2, 'a'), parquetBytes(3, 'b')];
    const keys = [chunk(OVERWRITE, 1), chunk(OVERWRITE, 2)];
    for (const [index, key] of keys.entries()) {
      await world.put(key, contents[index] ?? new Uint8Array(), { at: NOON - MINUTE });
    }
    await world.handle(await putManifest('e1', keys));
    expect(requests()).toEqual(
      keys.map((key, index) => ({
        group: DAILY.payer,
        bucket: DAILY.bucket,
        key,
        etag: md5(contents[index] ?? new Uint8Array()),
        sizeBytes: contents[index]?.length,
        kind: 'copy',
      })),
    );
    expect(await currentSet()).toBeUndefined();
    await world.play();
    expect(await currentSet()).toHaveLength(2);
    expect(world.finalizeQueue.sent.at(-1)).toMatchObject({ delaySeconds: 0 });
  });

  it('requests only what is missing', async () => {
    await putChunks(OVERWRITE, [parquetBytes(2, 'a')], NOON - MINUTE);
    await world.put(chunk(OVERWRITE, 2), parquetBytes(3, 'b'), { at: NOON - MINUTE });
    await world.handle(await putManifest('e1', [chunk(OVERWRITE, 1), chunk(OVERWRITE, 2)]));
    expect(requests().map(({ key }) => key)).toEqual([chunk(OVERWRITE, 2)]);
  });

  it('asks again when it comes again: the first request may have been lost', async () => {
    await world.put(chunk(OVERWRITE, 1), parquetBytes(2), { at: NOON - MINUTE });
    const event = await putManifest('e1', [chunk(OVERWRITE, 1)]);
    await world.handle(event);
    await world.handle(event);
    const [first, second] = requests();
    expect(second).toEqual(first);
  });

  it('a request whose object was overwritten meanwhile stages nothing of another content', async () => {
    const key = chunk(OVERWRITE, 1);
    await world.put(key, parquetBytes(2, 'asked for'), { at: NOON - MINUTE });
    await world.handle(await putManifest('e1', [key]));
    await world.put(key, parquetBytes(3, 'next delivery'));
    await world.play();
    expect(await world.staged()).toEqual([]);
    expect(world.reported('file-superseded')).toHaveLength(1);
    expect(await currentSet()).toBeUndefined();
  });

  it('a file of it that cannot be read keeps the delivery from being complete', async () => {
    const files = await putChunks(OVERWRITE, [parquetBytes(2), Buffer.from('no Parquet')], NOON - MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    await world.play();
    expect(await currentSet()).toBeUndefined();
    expect((await record()).delivery?.awaited).toEqual([versionIdOf({ bucket: DAILY.bucket, ...pick(files[1]) })]);
  });

  it('when access is denied, the message is kept and nothing is recorded', async () => {
    const event = await putManifest('e1', [chunk(OVERWRITE, 1)]);
    const store: ObjectStore = refusing(world.store, 'list', new AccessDenied('no s3:ListBucket'));
    await expect(world.handle(event, { store })).rejects.toThrow(AccessDenied);
    expect(await world.ledger.partition(partition)).toBeUndefined();
  });
});

describe('a manifest of a create-new export', () => {
  it('replaces the last delivery as a whole: its folder only is current', async () => {
    const first = await putChunks(FIRST.folder, [parquetBytes(2, 'a'), parquetBytes(3, 'a')]);
    await world.handle(
      await putManifest(
        'e1',
        first.map(({ key }) => key),
        NOON,
        FIRST.manifest,
      ),
    );
    const second = await putChunks(SECOND.folder, [parquetBytes(4, 'b')]);
    await world.handle(
      await putManifest(
        'e2',
        second.map(({ key }) => key),
        NOON,
        SECOND.manifest,
      ),
    );
    expect(await currentSet()).toEqual(second);
  });

  it('is sure of files that are newer than itself: nobody writes to its folder again', async () => {
    const files = await putChunks(FIRST.folder, [parquetBytes(2)], NOON + MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
        NOON,
        FIRST.manifest,
      ),
    );
    expect(await currentSet()).toEqual(files);
    expect(world.reported('delivery-unsure')).toEqual([]);
  });

  it('that is late changes nothing when a newer one is complete', async () => {
    const second = await putChunks(SECOND.folder, [parquetBytes(4, 'b')]);
    await world.handle(
      await putManifest(
        'e2',
        second.map(({ key }) => key),
        NOON,
        SECOND.manifest,
      ),
    );
    const before = await record();
    const keys = [chunk(FIRST.folder, 1)];
    await world.put(chunk(FIRST.folder, 1), parquetBytes(1, 'a'));
    await world.handle(await putManifest('e1', keys, NOON + MINUTE, FIRST.manifest));
    expect(executionTime(FIRST.manifest)).toBeLessThan(executionTime(SECOND.manifest) ?? 0);
    expect(await record()).toEqual(before);
    expect(requests()).toEqual([]);
  });

  it('that is late asks for none of its files while a newer one is being delivered', async () => {
    await world.handle(await putManifest('e2', [chunk(SECOND.folder, 1)], NOON, SECOND.manifest));
    await world.put(chunk(FIRST.folder, 1), parquetBytes(1, 'a'));
    world.copyQueue.sent.length = 0;
    await world.handle(await putManifest('e1', [chunk(FIRST.folder, 1)], NOON, FIRST.manifest));
    expect(requests()).toEqual([]);
    expect((await record()).delivery?.executionId).toBe('e2');
  });

  it('that is late and whole is shown until the newer one is whole', async () => {
    const files = [chunk(SECOND.folder, 1)];
    await world.handle(await putManifest('e2', files, NOON, SECOND.manifest));
    const first = await putChunks(FIRST.folder, [parquetBytes(2, 'a')]);
    await world.handle(
      await putManifest(
        'e1',
        first.map(({ key }) => key),
        NOON,
        FIRST.manifest,
      ),
    );
    expect(await currentSet()).toEqual(first);
    expect((await record()).delivery?.executionId).toBe('e2');
    const second = await putChunks(SECOND.folder, [parquetBytes(4, 'b')]);
    expect(await currentSet()).toEqual(second);
  });
});

describe('a legacy report with two copies of its manifest', () => {
  const folder = 'cur/daily/20261001-20261101/';
  const key = chunk(`${folder}a1/`, 1);
  const copies = [`${folder}a1/daily-Manifest.json`, `${folder}daily-Manifest.json`];
  const bytes = Buffer.from(
    JSON.stringify({
      assemblyId: 'a1',
      bucket: DAILY.bucket,
      billingPeriod: { start: '20261001T000000.000Z', end: '20261101T000000.000Z' },
      reportKeys: [key],
    }),
  );

  it.each([
    ['in the order of their writing', [0, 1]],
    ['in the other order', [1, 0]],
  ])('is one delivery, and the second copy is no change: %s', async (_what, order) => {
    const files = await putChunks(`${folder}a1/`, [parquetBytes(2)], NOON - MINUTE);
    const events = await Promise.all(copies.map((copy, index) => world.put(copy, bytes, { at: NOON + index * 1000 })));
    const [first, second] = order.map((index) => events[index]);
    await world.handle(first);
    const { changes, completeDelivery } = await record();
    await world.handle(second);
    expect(await record()).toMatchObject({ changes, completeDelivery: { id: completeDelivery?.id } });
    expect(world.reported('delivery-known')).toHaveLength(1);
    expect(await currentSet()).toEqual(files);
  });
});

describe('a file that is newer than its manifest', () => {
  const late = parquetBytes(3, 'late');

  it('makes the delivery unsure: it waits for a second look, also when everything is staged', async () => {
    const files = await putChunks(OVERWRITE, [late], NOON + MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    expect(await currentSet()).toBeUndefined();
    expect(world.reported('delivery-unsure')).toEqual([
      { what: 'delivery-unsure', partition, executionId: 'e1', keys: [chunk(OVERWRITE, 1)] },
    ]);
    expect(requests()).toMatchObject([
      { key: OVERWRITE_MANIFEST, kind: 'second-look', delaySeconds: DEBOUNCE.quietSeconds, group: DAILY.payer },
    ]);
  });

  it('was a late one, when nothing has moved by the second look', async () => {
    const files = await putChunks(OVERWRITE, [late], NOON + MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    await world.playAfter(DEBOUNCE.quietSeconds - 1);
    expect(await currentSet()).toBeUndefined();
    world.finalizeQueue.sent.length = 0;
    await world.playAfter(1);
    expect(await currentSet()).toEqual(files);
    expect(world.finalizeQueue.sent).toMatchObject([{ delaySeconds: 0 }]);
    expect(world.copyQueue.memory.pending()).toMatchObject({ ready: 0, delayed: 0 });
  });

  it('belonged to the next delivery, when its manifest has come by then: the first is never complete', async () => {
    const one = await putChunks(OVERWRITE, [parquetBytes(2, 'one')], NOON - MINUTE);
    const keys = one.map(({ key }) => key);
    const event = await putManifest('e1', keys);
    const two = await putChunks(OVERWRITE, [late], NOON + MINUTE);
    await world.handle(event);
    world.now += 2 * MINUTE;
    await world.handle(await putManifest('e2', keys));
    expect(await currentSet()).toEqual(two);
    const before = await record();
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect(await record()).toEqual(before);
    expect(world.reported('file-superseded')).toMatchObject([{ key: OVERWRITE_MANIFEST }]);
    expect((await record()).completeDelivery?.executionId).toBe('e2');
  });

  it('is looked at again when it has moved once more: only rest settles it', async () => {
    const keys = [chunk(OVERWRITE, 1)];
    await putChunks(OVERWRITE, [late], NOON + MINUTE);
    await world.handle(await putManifest('e1', keys));
    world.now += 2 * MINUTE;
    const moved = await putChunks(OVERWRITE, [parquetBytes(9, 'moved')]);
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect(await currentSet()).toBeUndefined();
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect(await currentSet()).toEqual(moved);
  });

  it.each([
    ['at the first look', false],
    ['once a delivery is published', true],
  ])('is looked at again only when nothing was written for as long as a copy may pause: %s', async (_, isLive) => {
    const debounce = { quietSeconds: 1, maxWaitSeconds: 10, stillSeconds: 30 };
    const play = async (seconds: number) => {
      world.now += seconds * 1000;
      const { memory } = world.copyQueue;
      for (let [message] = memory.receive(1); message; [message] = memory.receive(1)) {
        await world.handle(message.body, { debounce });
        memory.acknowledge(message.receipt);
      }
    };
    const old = await putChunks(OVERWRITE, [parquetBytes(1, 'old-1'), parquetBytes(1, 'old-2')], NOON - MINUTE);
    const keys = old.map(({ key }) => key);
    const event = await putManifest('e1', keys);
    if (isLive) await world.handle(event, { debounce });
    const before = isLive ? old : undefined;
    expect(await currentSet()).toEqual(before);
    // The next delivery is being copied over it, with a pause of 20 seconds between two files.
    const { key: firstKey = '' } = old[0] ?? {};
    await world.handle(await world.put(firstKey, parquetBytes(2, 'new-1'), { at: world.now + 1000 }), { debounce });
    if (!isLive) await world.handle(event, { debounce });
    await play(20);
    expect(await currentSet()).toEqual(before);
    const { key: secondKey = '' } = old[1] ?? {};
    await world.handle(await world.put(secondKey, parquetBytes(2, 'new-2')), { debounce });
    await play(20);
    expect(await currentSet()).toEqual(before);
    const next = await world.put(OVERWRITE_MANIFEST, manifestBytes('e2', keys));
    await world.handle(next, { debounce });
    const renewed = ['new-1', 'new-2'].map((text, index) => ({ key: keys[index], etag: md5(parquetBytes(2, text)) }));
    expect(await currentSet()).toEqual(renewed);
    await play(300);
    expect((await record()).completeDelivery?.executionId).toBe('e2');
  });

  it('a second look that is delivered twice does no more than one', async () => {
    const files = await putChunks(OVERWRITE, [late], NOON + MINUTE);
    await world.handle(
      await putManifest(
        'e1',
        files.map(({ key }) => key),
      ),
    );
    const [look] = world.copyQueue.sent;
    await world.playAfter(DEBOUNCE.quietSeconds);
    const before = await record();
    await world.handle(look?.body);
    expect(await record()).toEqual(before);
    expect(world.copyQueue.sent).toHaveLength(1);
  });

  it('a quiet period beyond what the queue can delay is cut to 900 seconds', async () => {
    const files = await putChunks(OVERWRITE, [late], NOON + MINUTE);
    const event = await putManifest(
      'e1',
      files.map(({ key }) => key),
    );
    await world.handle(event, { debounce: { quietSeconds: 3600, maxWaitSeconds: 7200 } });
    expect(requests()).toMatchObject([{ kind: 'second-look', delaySeconds: 900 }]);
  });
});

function pick<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is no such value');
  return value;
}
