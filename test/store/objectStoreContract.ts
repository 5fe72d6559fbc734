import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ListedObject,
  type Location,
  ObjectChanged,
  ObjectGone,
  type ObjectStore,
} from '../../src/store/objectStore.ts';
import { AWKWARD_KEYS, keySets } from './awkwardKeys.ts';

/**
 * One implementation with two buckets that are there and empty, and one name that no bucket has.
 */
export interface ObjectStoreHarness {
  readonly store: ObjectStore;
  readonly source: string;
  readonly staging: string;
  readonly missing: string;
  /** Writes an object as its owner would, replacing what has the key. */
  put(location: Location, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * The rules that every object store keeps, checked on a fresh harness each. `listingRuns` is how
 * many random sets of keys are listed.
 */
export function describeObjectStoreContract(
  name: string,
  makeHarness: () => Promise<ObjectStoreHarness>,
  { listingRuns = 30 }: { listingRuns?: number } = {},
): void {
  describe(`${name} as an object store`, () => {
    let harness: ObjectStoreHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(() => harness.close());

    const put = async (key: string, text: string, bucket = harness.source): Promise<ListedObject> => {
      await harness.put({ bucket, key }, Buffer.from(text));
      return listed(bucket, key);
    };
    const listed = async (bucket: string, key: string): Promise<ListedObject> => {
      const found = (await listAll(harness.store, bucket, key)).find((object) => object.key === key);
      if (found === undefined) throw new Error(`${key} is not listed`);
      return found;
    };
    const text = async (bucket: string, key: string, range = { start: 0 }): Promise<string> =>
      Buffer.from((await harness.store.read({ bucket, key }, range)).bytes).toString();

    describeReads(() => harness, put, text);
    describeCopies(() => harness, put, text);
    describeListings(() => harness, put, listingRuns);

    it('a deleted object is gone, and deleting it again is no error', async () => {
      const { store, source } = harness;
      await put('a/b', 'x');
      await put('a/c', 'y');
      await store.delete({ bucket: source, key: 'a/b' });
      await store.delete({ bucket: source, key: 'a/b' });
      expect((await listAll(store, source, '')).map((object) => object.key)).toEqual(['a/c']);
      await expect(store.read({ bucket: source, key: 'a/b' }, { start: 0 })).rejects.toThrow(ObjectGone);
    });
  });
}

type Put = (key: string, text: string, bucket?: string) => Promise<ListedObject>;
type Text = (bucket: string, key: string, range?: { start: number; end?: number }) => Promise<string>;

function describeReads(harness: () => ObjectStoreHarness, put: Put, text: Text): void {
  it('a read and a listing say the same of an object', async () => {
    const { store, source } = harness();
    const inListing = await put('a/b.parquet', '0123456789');
    const read = await store.read({ bucket: source, key: 'a/b.parquet' }, { start: 0 });
    expect(Buffer.from(read.bytes).toString()).toBe('0123456789');
    expect(read.etag).toBe(inListing.etag);
    expect([read.sizeBytes, inListing.sizeBytes]).toEqual([10, 10]);
    // S3 gives LastModified in whole seconds when an object is read.
    expect(Math.floor(read.lastModified / 1_000)).toBe(Math.floor(inListing.lastModified / 1_000));
  });

  it('a range includes its start, excludes its end, and is cut at the end of the object', async () => {
    const { source } = harness();
    await put('k', '0123456789');
    expect(await text(source, 'k', { start: 2, end: 5 })).toBe('234');
    expect(await text(source, 'k', { start: 7 })).toBe('789');
    expect(await text(source, 'k', { start: 7, end: 99 })).toBe('789');
  });

  it('a range that lies behind the end, or ends where it starts, has no bytes', async () => {
    const { source } = harness();
    await put('k', '0123456789');
    expect(await text(source, 'k', { start: 10 })).toBe('');
    expect(await text(source, 'k', { start: 50, end: 60 })).toBe('');
    expect(await text(source, 'k', { start: 4, end: 4 })).toBe('');
  });

  it('a negative start means the last bytes, all of them when the object is shorter', async () => {
    const { source } = harness();
    await put('k', '0123456789');
    expect(await text(source, 'k', { start: -3 })).toBe('789');
    expect(await text(source, 'k', { start: -99 })).toBe('0123456789');
  });

  it('an empty object has no bytes in any range, and the size zero', async () => {
    const { store, source } = harness();
    await put('empty', '');
    for (const start of [0, -8, 5]) {
      const read = await store.read({ bucket: source, key: 'empty' }, { start });
      expect([read.bytes.length, read.sizeBytes]).toEqual([0, 0]);
    }
  });

  it('a read under an etag gives that content or none', async () => {
    const { store, source } = harness();
    const { etag } = await put('k', 'old');
    expect((await store.read({ bucket: source, key: 'k', etag }, { start: 0 })).etag).toBe(etag);
    await put('k', 'new');
    await expect(store.read({ bucket: source, key: 'k', etag }, { start: 0 })).rejects.toThrow(ObjectChanged);
    expect(await text(source, 'k')).toBe('new');
  });

  it('an object that is not there is gone, and so is one in a bucket that is not there', async () => {
    const { store, source, missing } = harness();
    await put('a/b', 'x');
    for (const location of [
      { bucket: source, key: 'a/c' },
      { bucket: source, key: 'a' },
      { bucket: source, key: 'A/b' },
      { bucket: missing, key: 'a/b' },
    ]) {
      await expect(store.read(location, { start: 0 })).rejects.toThrow(ObjectGone);
    }
  });

  it.each(AWKWARD_KEYS)('the key %j is taken as it is', async (key) => {
    const { store, source, staging } = harness();
    const { etag, sizeBytes } = await put(key, 'x');
    expect(await text(source, key)).toBe('x');
    await store.copy({ bucket: source, key, etag, sizeBytes }, { bucket: staging, key });
    expect(await text(staging, key)).toBe('x');
    await store.delete({ bucket: source, key });
    expect(await listAll(store, source, '')).toEqual([]);
  });
}

function describeCopies(harness: () => ObjectStoreHarness, put: Put, text: Text): void {
  it('a copy has the bytes of its source', async () => {
    const { store, source, staging } = harness();
    const { etag, sizeBytes } = await put('a/b', 'content');
    const target = { bucket: staging, key: 'year=2026/month=04/payer-111122223333/b-0a.parquet' };
    expect(await store.copy({ bucket: source, key: 'a/b', etag, sizeBytes }, target)).toBe('copied');
    expect(await text(staging, target.key)).toBe('content');
    expect(await text(source, 'a/b')).toBe('content');
  });

  it('an empty object can be copied', async () => {
    const { store, source, staging } = harness();
    const { etag, sizeBytes } = await put('empty', '');
    const target = { bucket: staging, key: 'empty' };
    expect(await store.copy({ bucket: source, key: 'empty', etag, sizeBytes }, target)).toBe('copied');
    expect(await text(staging, 'empty')).toBe('');
  });

  it('a key that exists is left as it is, also when many copy to it at once', async () => {
    const { store, source, staging } = harness();
    const object = { bucket: source, ...(await put('k', 'new')) };
    const before = await put('taken', 'old', staging);
    expect(await store.copy(object, { bucket: staging, key: 'taken' })).toBe('exists');
    expect(await text(staging, 'taken')).toBe('old');
    expect((await listAll(store, staging, 'taken'))[0]).toEqual(before);

    const target = { bucket: staging, key: 'free' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => store.copy(object, target)));
    expect(answers.toSorted()).toEqual(['copied', ...Array.from({ length: 7 }, () => 'exists')]);
    expect(await text(staging, 'free')).toBe('new');
  });

  it('a content that is no longer current is not copied', async () => {
    const { store, source, staging } = harness();
    const { etag, sizeBytes } = await put('k', 'old');
    await put('k', 'new');
    const copy = store.copy({ bucket: source, key: 'k', etag, sizeBytes }, { bucket: staging, key: 'k' });
    await expect(copy).rejects.toThrow(ObjectChanged);
    expect(await listAll(store, staging, '')).toEqual([]);
  });

  it('a source that is not there is gone', async () => {
    const { store, source, staging, missing } = harness();
    const content = { etag: 'none', sizeBytes: 1 };
    const target = { bucket: staging, key: 'k' };
    await expect(store.copy({ bucket: source, key: 'k', ...content }, target)).rejects.toThrow(ObjectGone);
    await expect(store.copy({ bucket: missing, key: 'k', ...content }, target)).rejects.toThrow(ObjectGone);
  });
}

function describeListings(harness: () => ObjectStoreHarness, put: Put, listingRuns: number): void {
  it('a listing of a bucket that is not there throws ObjectGone, of an empty one it ends at once', async () => {
    const { store, source, missing } = harness();
    await expect(listAll(store, missing, '')).rejects.toThrow(ObjectGone);
    expect(await listAll(store, source, '')).toEqual([]);
  });

  it('a prefix may end inside a name, and a listing goes on behind startAfter', async () => {
    const { store, source } = harness();
    for (const key of ['a-b', 'a/b', 'a/bc', 'a/x/c/d', 'a0', 'b']) await put(key, key);
    const keys = async (prefix: string, startAfter?: string): Promise<string[]> =>
      (await listAll(store, source, prefix, startAfter)).map((object) => object.key);
    expect(await keys('')).toEqual(['a-b', 'a/b', 'a/bc', 'a/x/c/d', 'a0', 'b']);
    expect(await keys('a/b')).toEqual(['a/b', 'a/bc']);
    expect(await keys('a/')).toEqual(['a/b', 'a/bc', 'a/x/c/d']);
    expect(await keys('a/x/c')).toEqual(['a/x/c/d']);
    expect(await keys('nothing/here')).toEqual([]);
    expect(await keys('a', 'a/bc')).toEqual(['a/x/c/d', 'a0']);
    expect(await keys('a', 'a/x')).toEqual(['a/x/c/d', 'a0']);
    expect(await keys('', 'a.')).toEqual(['a/b', 'a/bc', 'a/x/c/d', 'a0', 'b']);
    expect(await keys('a/', 'zzz')).toEqual([]);
  });

  it('a listing comes in pages of at most 1,000, none of them empty', async () => {
    const { store, source } = harness();
    const keys = Array.from({ length: 1_001 }, (_, index) => `p/${String(index).padStart(4, '0')}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => harness().put({ bucket: source, key }, Buffer.of(1))));
    }
    const pages: ListedObject[][] = [];
    for await (const page of store.list(source, 'p/')) pages.push(page);
    expect(pages.every((page) => page.length > 0 && page.length <= 1_000)).toBe(true);
    expect(pages.flat().map((object) => object.key)).toEqual(keys);
  });

  it('a folder is listed with the objects and folders that lie directly in it', async () => {
    const { store, source, missing } = harness();
    for (const key of ['a-b', 'a/b', 'a/b+c/d', 'a/b+c/e', 'a/x/c/d', 'a0']) await put(key, key);
    const folder = async (prefix: string) => {
      const [objects, folders]: [string[], string[]] = [[], []];
      for await (const page of store.listFolder(source, prefix)) {
        objects.push(...page.objects.map(({ key }) => key));
        folders.push(...page.folders);
      }
      return [objects, folders];
    };
    expect(await folder('')).toEqual([['a-b', 'a0'], ['a/']]);
    expect(await folder('a/')).toEqual([['a/b'], ['a/b+c/', 'a/x/']]);
    expect(await folder('a/b+c/')).toEqual([['a/b+c/d', 'a/b+c/e'], []]);
    expect(await folder('nothing/here/')).toEqual([[], []]);
    await expect(store.listFolder(missing, '')[Symbol.asyncIterator]().next()).rejects.toThrow(ObjectGone);
  });

  it('any set of keys is listed in the order of its UTF-8 bytes, and from behind any of them', async () => {
    const { store, source } = harness();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(keySets, fc.nat(), async (keys, pick) => {
        const prefix = `run-${run++}/`;
        const expected = keys.map((key) => `${prefix}${key}`).sort(byUtf8Bytes);
        await Promise.all(expected.map((key) => harness().put({ bucket: source, key }, Buffer.of(1))));
        const all = await listAll(store, source, prefix);
        expect(all.map((object) => object.key)).toEqual(expected);

        const key = expected[pick % expected.length] ?? prefix;
        for (const startAfter of [key, key.slice(0, -1).toWellFormed(), `${key}!`]) {
          const rest = await listAll(store, source, prefix, startAfter);
          expect(rest.map((object) => object.key)).toEqual(
            expected.filter((each) => byUtf8Bytes(each, startAfter) > 0),
          );
        }
      }),
      { numRuns: listingRuns },
    );
  });
}

async function listAll(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  startAfter?: string,
): Promise<ListedObject[]> {
  const all: ListedObject[] = [];
  for await (const page of store.list(bucket, prefix, startAfter)) all.push(...page);
  return all;
}

function byUtf8Bytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
