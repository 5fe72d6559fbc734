import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { md5 } from './contentEtags.ts';
import { CopyWorld, chunk, DEBOUNCE, execution, NOON, OVERWRITE } from './copyWorld.ts';
import { manifestsIn } from './manifests.ts';
import { parquetBytes } from './parquetBytes.ts';

const FIRST = execution('2026-10-05T10:00:00.000Z', 'e1');
const MINUTE = 60_000;

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const { record, currentSet, putChunks, putManifest, requests } = manifestsIn(() => world);

describe('a file that is not there', () => {
  it('is waited for, and completes the delivery when it comes, at once', async () => {
    const [there] = await putChunks(OVERWRITE, [parquetBytes(2, 'there')], NOON - MINUTE);
    await world.handle(await putManifest('e1', [chunk(OVERWRITE, 1), chunk(OVERWRITE, 2)]));
    expect((await record()).delivery?.awaited).toHaveLength(1);
    expect(await currentSet()).toBeUndefined();
    const late = parquetBytes(3, 'late');
    world.finalizeQueue.sent.length = 0;
    world.now += MINUTE;
    await world.handle(await world.put(chunk(OVERWRITE, 2), late));
    expect(await currentSet()).toEqual([there, { key: chunk(OVERWRITE, 2), etag: md5(late) }]);
    expect(world.finalizeQueue.sent).toMatchObject([{ delaySeconds: 0 }]);
    const before = await record();
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect((await record()).completeDelivery?.id).toBe(before.completeDelivery?.id);
  });

  it('that comes without an event is found by the second look', async () => {
    await world.handle(await putManifest('e1', [chunk(FIRST.folder, 1)], NOON, FIRST.manifest));
    const late = parquetBytes(3, 'late');
    world.now += MINUTE;
    await world.put(chunk(FIRST.folder, 1), late);
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect(await currentSet()).toEqual([{ key: chunk(FIRST.folder, 1), etag: md5(late) }]);
  });

  it('that never comes is looked for once more, and then waited for in silence', async () => {
    await world.handle(await putManifest('e1', [chunk(OVERWRITE, 1)]));
    await world.playAfter(DEBOUNCE.quietSeconds);
    expect(world.copyQueue.sent).toHaveLength(1);
    expect(world.copyQueue.memory.pending()).toMatchObject({ ready: 0, delayed: 0 });
    expect(await currentSet()).toBeUndefined();
  });

  it('all of them: a manifest before every one of its files is complete with the last', async () => {
    const keys = [1, 2, 3].map((n) => chunk(FIRST.folder, n));
    await world.handle(await putManifest('e1', keys, NOON, FIRST.manifest));
    expect(requests().map(({ kind }) => kind)).toEqual(['second-look']);
    for (const [index, key] of keys.entries()) {
      expect(await currentSet()).toBeUndefined();
      await world.handle(await world.put(key, parquetBytes(index + 1)));
    }
    expect(await currentSet()).toHaveLength(3);
  });
});
