import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partName } from '../../../src/adapters/folder/keyPath.ts';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { sortUtf8 } from '../../../src/adapters/folder/utf8Order.ts';
import { AccessDenied, ObjectChanged, ObjectGone } from '../../../src/store/objectStore.ts';
import { describeObjectStoreContract } from '../../store/objectStoreContract.ts';

describeObjectStoreContract('FolderObjectStore', async () => {
  const { root, store } = await makeStore();
  return {
    store,
    source: 'source',
    staging: 'staging',
    missing: 'missing',
    put: async (location, bytes) => void (await store.put(location, bytes)),
    close: () => rm(root, { recursive: true }),
  };
});

describe('FolderObjectStore', () => {
  let root: string;
  let store: FolderObjectStore;
  beforeEach(async () => {
    ({ root, store } = await makeStore());
  });
  afterEach(async () => {
    await chmod(root, 0o700);
    await rm(root, { recursive: true });
  });

  const inSource = (key: string) => ({ bucket: 'source', key });
  const inStaging = (key: string) => ({ bucket: 'staging', key });
  const put = (key: string, text = key) => store.put(inSource(key), Buffer.from(text));
  const keys = async (bucket: string, prefix = ''): Promise<string[]> => {
    const all: string[] = [];
    for await (const page of store.list(bucket, prefix)) all.push(...page.map(({ key }) => key));
    return all;
  };
  const read = (key: string) => store.read(inSource(key), { start: 0 });

  it('put, head, list and read name the same etag, size and time', async () => {
    const written = await put('a/b', 'text');
    expect(await store.head(inSource('a/b'))).toEqual(written);
    for await (const page of store.list('source', '')) expect(page).toEqual([written]);
    const { bytes: _, ...rest } = await read('a/b');
    expect({ key: 'a/b', ...rest }).toEqual(written);
    expect(written.lastModified).toBe(
      Number((await lstat(path.join(root, 'source/a/b'), { bigint: true })).mtimeNs / 1_000_000n),
    );
  });

  it('head of what is not there is undefined', async () => {
    await put('a/b');
    for (const key of ['a', 'a/b/c', 'x', '../source/a/b']) expect(await store.head(inSource(key))).toBeUndefined();
    expect(await store.head({ bucket: 'missing', key: 'a/b' })).toBeUndefined();
  });

  it('the same bytes written again are another content', async () => {
    const { etag } = await put('k', 'same');
    expect((await put('k', 'same')).etag).not.toBe(etag);
  });

  it.each(HOSTILE_KEYS)(
    'the key %j is not there for a reader, and a RangeError that names it for a writer',
    async (key) => {
      await put('a', 'x');
      await put('folder/b');
      const content = await put('k');
      await writeFile(path.join(root, 'outside'), 'secret');
      const before = await tree(root);

      await expect(store.read(inSource(key), { start: 0 })).rejects.toThrow(ObjectGone);
      await expect(store.copy({ ...content, ...inSource(key) }, inStaging('x'))).rejects.toThrow(ObjectGone);
      expect(await store.head(inSource(key))).toBeUndefined();
      await store.delete(inSource(key));
      for (const write of [
        () => store.put(inSource(key), Buffer.of(1)),
        () => store.copy({ bucket: 'source', ...content }, inSource(key)),
      ]) {
        await expect(write()).rejects.toThrow(RangeError);
        await expect(write()).rejects.toThrow(JSON.stringify(key));
      }
      expect(await tree(root)).toEqual(before);
    },
  );

  it('whatever the key, nothing outside the bucket is read, written or deleted', async () => {
    const hostile = fc.array(fc.constantFrom('..', '.', '', 'source', 'outside', '\\', '..\\', '\0', 'a'), {
      minLength: 1,
    });
    await writeFile(path.join(root, 'outside'), 'secret');
    await fc.assert(
      fc.asyncProperty(hostile, async (segments) => {
        const key = segments.join('/');
        await store.put(inSource(key), Buffer.from('mine')).catch(() => {});
        const found = await store.read(inSource(key), { start: 0 }).catch(() => undefined);
        if (found !== undefined) expect(Buffer.from(found.bytes).toString()).toBe('mine');
        await store.delete(inSource(key));
        expect((await readdir(root)).sort()).toEqual(['outside', 'source', 'staging']);
        expect(await readFile(path.join(root, 'outside'), 'utf8')).toBe('secret');
      }),
      { numRuns: 100 },
    );
  });

  it.each(['../', 'a/../', '/', 'a//', 'a\\', './', 'k/', '\0'])('the prefix %j matches nothing', async (prefix) => {
    await put('a/b');
    await put('k');
    expect(await keys('source', prefix)).toEqual([]);
  });

  it('symbolic links are not objects, and what lies behind a linked folder is not in the bucket', async () => {
    await put('real/k', 'x');
    await mkdir(path.join(root, 'outside'));
    await writeFile(path.join(root, 'outside/secret'), 'secret');
    await symlink(path.join(root, 'outside'), path.join(root, 'source/out'));
    await symlink(path.join(root, 'source/real'), path.join(root, 'source/in'));
    await symlink(path.join(root, 'outside/secret'), path.join(root, 'source/link'));
    await symlink(path.join(root, 'nowhere'), path.join(root, 'source/dangling'));

    expect(await keys('source')).toEqual(['real/k']);
    expect(await keys('source', 'out/')).toEqual([]);
    for (const key of ['link', 'out/secret', 'in/k', 'dangling']) {
      await expect(read(key)).rejects.toThrow(ObjectGone);
      await store.delete(inSource(key));
    }
    const content = await store.put(inStaging('k'), Buffer.of(1));
    for (const key of ['out/new', 'out/deep/new', 'in/new', 'dangling/new']) {
      await expect(put(key)).rejects.toThrow(RangeError);
      await expect(store.copy({ bucket: 'staging', ...content }, inSource(key))).rejects.toThrow(RangeError);
    }
    await expect(store.copy({ bucket: 'staging', ...content }, inSource('link'))).rejects.toThrow(RangeError);
    expect(await readdir(path.join(root, 'outside'))).toEqual(['secret']);
    expect(existsSync(path.join(root, 'nowhere'))).toBe(false);
    expect(await readFile(path.join(root, 'outside/secret'), 'utf8')).toBe('secret');
  });

  it("a bucket's own folder may be a link", async () => {
    await put('a/k', 'x');
    await symlink(path.join(root, 'source'), path.join(root, 'linked'));
    const linked = new FolderObjectStore(new Map([['b', path.join(root, 'linked')]]));
    expect(await linked.head({ bucket: 'b', key: 'a/k' })).toEqual(await store.head(inSource('a/k')));
    await linked.put({ bucket: 'b', key: 'new/k' }, Buffer.of(1));
    expect(await keys('source')).toEqual(['a/k', 'new/k']);
  });

  it('part files of a process that died are not objects, cannot be named, and stop nobody', async () => {
    const left = partName('5b0c2a6e-0000-4000-8000-0123456789ab');
    await put('a/k', 'x');
    await writeFile(path.join(root, 'source/a', left), 'half');
    expect(await keys('source')).toEqual(['a/k']);
    await expect(read(`a/${left}`)).rejects.toThrow(ObjectGone);
    await expect(put(`a/${left}`)).rejects.toThrow(RangeError);
    await put('a/k', 'y');
    expect(await readFile(path.join(root, 'source/a', left), 'utf8')).toBe('half');
  });

  it('nothing but the object is left in the folder after a put, a copy, and copies that were refused', async () => {
    const old = await put('k', 'old');
    const current = await put('k', 'new');
    await store.copy({ bucket: 'source', ...current }, inStaging('a/k'));
    await store.copy({ bucket: 'source', ...current }, inStaging('a/k'));
    await expect(store.copy({ bucket: 'source', ...old }, inStaging('a/l'))).rejects.toThrow(ObjectChanged);
    expect([await readdir(path.join(root, 'source')), await readdir(path.join(root, 'staging/a'))]).toEqual([
      ['k'],
      ['k'],
    ]);
  });

  it('an object that is written to while it is read is ObjectChanged, also without an etag', async () => {
    await store.put(inSource('k'), Buffer.alloc(32 * 2 ** 20));
    // A read does not give way to others in this thread: somebody in another one writes.
    const writer = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { utimesSync } = require('node:fs');
       for (let turn = 1; ; turn += 1) {
         utimesSync(workerData, 1_000 + turn, 1_000 + turn);
         if (turn === 1) parentPort.postMessage('begun');
       }`,
      { eval: true, workerData: path.join(root, 'source/k') },
    );
    try {
      await once(writer, 'message');
      await expect(read('k')).rejects.toThrow(ObjectChanged);
    } finally {
      await writer.terminate();
    }
  });

  it('an object that is written to while it is copied is ObjectChanged, and nothing is staged', async () => {
    const content = await store.put(inSource('k'), Buffer.alloc(32 * 2 ** 20));
    await mkdir(path.join(root, 'staging/a'));
    let begun = 0;
    const outcome = store.copy({ bucket: 'source', ...content }, inStaging('a/k')).catch((error: unknown) => error);
    const result = await whileSettling(outcome, () => {
      if (begun === 0 && readdirSync(path.join(root, 'staging/a')).length > 0) {
        begun = appendOne(path.join(root, 'source/k'));
      }
    });
    expect(begun).toBe(1);
    expect(result).toBeInstanceOf(ObjectChanged);
    expect(await readdir(path.join(root, 'staging/a'))).toEqual([]);
  });

  it('a put is seen whole or not at all', async () => {
    const sizes = new Set<number>();
    await put('k', 'small');
    const writes = (async () => {
      for (const letter of 'abcdefgh') await put('k', letter.repeat(4 * 2 ** 20));
    })();
    let isWriting = true;
    void writes.finally(() => {
      isWriting = false;
    });
    while (isWriting) {
      const { bytes } = await read('k');
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      sizes.add(bytes.length);
      expect(bytes[0]).toBe(bytes.at(-1) === 'l'.charCodeAt(0) ? 's'.charCodeAt(0) : bytes.at(-1));
    }
    await writes;
    expect([...sizes].filter((size) => size !== 5 && size !== 4 * 2 ** 20)).toEqual([]);
  });

  it('a bucket whose folder is not there is gone, and is not made by a write', async () => {
    await rm(path.join(root, 'source'), { recursive: true });
    const content = await store.put(inStaging('k'), Buffer.of(1));
    await expect(keys('source')).rejects.toThrow(ObjectGone);
    await expect(read('k')).rejects.toThrow(ObjectGone);
    await expect(put('a/k')).rejects.toThrow(ObjectGone);
    await expect(store.copy({ bucket: 'staging', ...content }, inSource('a/k'))).rejects.toThrow(ObjectGone);
    await store.delete(inSource('k'));
    expect(existsSync(path.join(root, 'source'))).toBe(false);
  });

  it('what the file system refuses is AccessDenied', async () => {
    const content = await put('shut/k', 'x');
    const open = await put('open/k', 'x');
    await chmod(path.join(root, 'source/shut'), 0o000);
    await chmod(path.join(root, 'staging'), 0o555);
    await withoutPrivileges(root, async () => {
      await expect(read('shut/k')).rejects.toThrow(AccessDenied);
      await expect(store.head(inSource('shut/k'))).rejects.toThrow(AccessDenied);
      await expect(store.delete(inSource('shut/k'))).rejects.toThrow(AccessDenied);
      await expect(put('shut/l')).rejects.toThrow(AccessDenied);
      await expect(keys('source')).rejects.toThrow(AccessDenied);
      await expect(store.copy({ bucket: 'source', ...content }, inStaging('k'))).rejects.toThrow(AccessDenied);
      await expect(store.copy({ bucket: 'source', ...open }, inStaging('k'))).rejects.toThrow(AccessDenied);
      expect(await keys('source', 'open/')).toEqual(['open/k']);
    });
    await chmod(path.join(root, 'source/shut'), 0o755);
  });

  it.each([{ start: 1.5 }, { start: -1, end: 3 }, { start: 0, end: -1 }, { start: Number.NaN }])(
    '%j is not a byte range',
    async (range) => {
      await put('k');
      await expect(store.read(inSource('k'), range)).rejects.toThrow(RangeError);
    },
  );

  it('an unknown bucket is gone by its name', async () => {
    await expect(store.read({ bucket: 'other', key: 'k' }, { start: 0 })).rejects.toThrow('other');
  });
});

describe('sortUtf8', () => {
  it('orders any texts as their UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary' }).map((raw) => raw.toWellFormed());
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const byBytes = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(sortUtf8([...texts])).toEqual(byBytes);
      }),
    );
  });
});

/** `a` is an object and `folder` a folder where these are tried. */
const HOSTILE_KEYS = [
  '..',
  '.',
  '../outside',
  'folder/../../outside',
  'folder/./b',
  '',
  '/',
  '/etc/hostname',
  'folder//b',
  'folder/',
  'folder',
  'a/b',
  'a\\b',
  '..\\outside',
  'nul\0l',
  'half\ud83d',
  'n'.repeat(300),
  `folder/${'ü'.repeat(128)}`,
];

async function makeStore(): Promise<{ root: string; store: FolderObjectStore }> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'directory-store-')));
  const folders = ['source', 'staging'].map((name): [string, string] => [name, path.join(root, name)]);
  for (const [, folder] of folders) await mkdir(folder);
  return { root, store: new FolderObjectStore(new Map([...folders, ['missing', path.join(root, 'missing')]])) };
}

/** Every path below a folder, with the text of every file. */
async function tree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = entries.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return entry.isFile() ? `${file}: ${await readFile(file, 'utf8')}` : file;
  });
  return (await Promise.all(texts)).sort();
}

/**
 * Does something in every turn of the event loop, and so between any two steps of `outcome`, until
 * that has settled.
 */
async function whileSettling<T>(outcome: Promise<T>, act: (turn: number) => void): Promise<T> {
  let isSettled = false;
  void outcome.finally(() => {
    isSettled = true;
  });
  for (let turn = 1; !isSettled; turn++) {
    act(turn);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return outcome;
}

function appendOne(file: string): number {
  appendFileSync(file, 'x');
  return 1;
}

/**
 * Root may do everything: for the time of `act`, be the user `nobody`, to whom the folder is
 * opened.
 */
async function withoutPrivileges(folder: string, act: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return act();
  await chmod(folder, 0o755);
  process.seteuid?.(65_534);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
}
