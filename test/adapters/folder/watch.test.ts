import { EventEmitter, on } from 'node:events';
import { appendFile, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partName } from '../../../src/adapters/folder/keyPath.ts';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { watchBuckets } from '../../../src/adapters/folder/watch.ts';
import type { Location } from '../../../src/store/objectStore.ts';

describe('watchBuckets', () => {
  let root: string;
  let store: FolderObjectStore;
  let stop: AbortController;
  let reports: EventEmitter;
  let seen: string[];
  beforeEach(async () => {
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'watch-')));
    await mkdir(path.join(root, 'a/old'), { recursive: true });
    await mkdir(path.join(root, 'b'));
    await writeFile(path.join(root, 'a/old/k'), 'x');
    store = new FolderObjectStore(buckets());
    stop = new AbortController();
    reports = new EventEmitter();
    seen = [];
  });
  afterEach(async () => {
    stop.abort();
    await rm(root, { recursive: true });
  });

  const buckets = () => new Map(['a', 'b', 'later'].map((name) => [name, path.join(root, name)]));
  const errors: unknown[] = [];
  const start = (settleMs = 60) =>
    watchBuckets(
      buckets(),
      ({ bucket, key }: Location) => {
        seen.push(`${bucket}:${key}`);
        reports.emit('report');
      },
      { settleMs, signal: stop.signal, onError: (error) => errors.push(error) },
    );
  const put = (bucket: string, key: string, text = 'x') => store.put({ bucket, key }, Buffer.from(text));
  const reported = async (...names: string[]): Promise<void> => {
    const isComplete = () => names.every((name) => seen.includes(name));
    if (isComplete()) return;
    for await (const _ of on(reports, 'report')) if (isComplete()) return;
  };
  /**
   * Reports come in the order of what happened, once each has settled: what is not there by then
   * never comes.
   */
  const nothingMore = async (): Promise<void> => {
    for (const marker of ['first marker', 'second marker']) {
      await put('b', marker);
      await reported(`b:${marker}`);
    }
    seen = seen.filter((name) => !name.endsWith('marker'));
  };

  it('a file that appears or changes is reported with its bucket and its key as it is', async () => {
    await start();
    await put('a', 'data/BILLING_PERIOD=2026-04/x+1%2F é🙂~');
    await put('b', 'k');
    await appendFile(path.join(root, 'a/old/k'), 'y');
    await reported('a:data/BILLING_PERIOD=2026-04/x+1%2F é🙂~', 'b:k', 'a:old/k');
    await nothingMore();
    expect(seen.toSorted()).toEqual(['a:data/BILLING_PERIOD=2026-04/x+1%2F é🙂~', 'a:old/k', 'b:k']);
  });

  it('what was there before is not reported: the listing that follows has it', async () => {
    await start();
    await nothingMore();
    expect(seen).toEqual([]);
  });

  it('a file is reported again when it is replaced, also by bytes of the same size', async () => {
    await start();
    for (const text of ['one', 'two']) {
      seen = [];
      await put('a', 'k', text);
      await reported('a:k');
    }
    await nothingMore();
    expect(seen).toEqual(['a:k']);
  });

  it('a file that is written slowly is reported once, when it is whole', async () => {
    await start(5_000);
    for (let n = 0; n < 20; n++) {
      await appendFile(path.join(root, 'a/slow'), 'x');
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await put('b', 'marker');
    await reported('b:marker', 'a:slow');
    expect(seen.toSorted()).toEqual(['a:slow', 'b:marker']);
  });

  it('a copy is reported under its final name, and part files never are', async () => {
    await start();
    const content = await put('a', 'k');
    await store.copy({ bucket: 'a', ...content }, { bucket: 'b', key: 'year=2026/k' });
    await writeFile(path.join(root, 'a/old', partName('5b0c2a6e-0000-4000-8000-0123456789ab')), 'half');
    await reported('a:k', 'b:year=2026/k');
    await nothingMore();
    expect(seen.toSorted()).toEqual(['a:k', 'b:year=2026/k']);
  });

  it('links, deletions and names that cannot be keys are never reported', async () => {
    await mkdir(path.join(root, 'outside'));
    await start();
    await symlink(path.join(root, 'outside'), path.join(root, 'a/folder'));
    await symlink(path.join(root, 'a/old/k'), path.join(root, 'a/link'));
    await writeFile(path.join(root, 'outside/k'), 'x');
    await writeFile(path.join(root, 'a/back\\slash'), 'x');
    await store.delete({ bucket: 'a', key: 'old/k' });
    await nothingMore();
    expect(seen).toEqual([]);
  });

  it('a folder that is moved into a bucket is reported with every file in it', async () => {
    await mkdir(path.join(root, 'outside/x/y'), { recursive: true });
    for (const key of ['1', 'x/2', 'x/y/3']) await writeFile(path.join(root, 'outside', key), key);
    await start();
    await rename(path.join(root, 'outside'), path.join(root, 'a/in'));
    await reported('a:in/1', 'a:in/x/2', 'a:in/x/y/3');
    await nothingMore();
    expect(seen.toSorted()).toEqual(['a:in/1', 'a:in/x/2', 'a:in/x/y/3']);
  });

  it("a bucket whose folder comes later is watched from then on, and the others' are from the start", async () => {
    await start();
    await put('a', 'k');
    await reported('a:k');
    await mkdir(path.join(root, 'later/x'), { recursive: true });
    await put('later', 'x/k');
    await reported('later:x/k');
  });

  it('nothing is lost between watching and listing while others write', async () => {
    const keys = Array.from({ length: 120 }, (_, n) => `${n % 7}/${n}`);
    const writing = (async () => {
      for (const key of keys) await put('a', key);
    })();
    await start();
    const listed: string[] = [];
    for await (const page of store.list('a', '')) listed.push(...page.map(({ key }) => `a:${key}`));
    await writing;
    const missing = keys.map((key) => `a:${key}`).filter((name) => !listed.includes(name));
    await reported(...missing);
    expect(new Set([...listed, ...seen])).toEqual(new Set(['a:old/k', ...keys.map((key) => `a:${key}`)]));
  });

  it('after the abort the watch closes and reports nothing any more', async () => {
    const { closed } = await start();
    stop.abort();
    await closed;
    await put('a', 'k');
    const second = new AbortController();
    const again: string[] = [];
    const first = Promise.withResolvers<void>();
    const watching = await watchBuckets(
      buckets(),
      ({ key }) => {
        again.push(key);
        first.resolve();
      },
      { settleMs: 60, signal: second.signal, onError: (error) => errors.push(error) },
    );
    await put('a', 'l');
    await first.promise;
    second.abort();
    await watching.closed;
    expect([seen, again]).toEqual([[], ['l']]);
  });

  it('a signal that is aborted before the watch is complete is the reason it fails for', async () => {
    const awaited = start();
    stop.abort(new Error('closing time'));
    await expect(awaited).rejects.toThrow('closing time');
    await expect(start()).rejects.toThrow('closing time');
    expect(errors).toEqual([]);
  });
});
