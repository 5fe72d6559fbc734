import { describe, expect, it } from 'vitest';
import { MAX_LISTED_OBJECTS } from '../../src/billing/limits.ts';
import { ManifestInvalid } from '../../src/billing/manifest.ts';
import { listNamed } from '../../src/copy/listNamed.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';

/** A bucket with these keys, listed in pages of 1,000 as S3 does; `pages` counts them. */
function bucketOf(keys: readonly string[]) {
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const seen = { lists: 0, pages: 0 };
  const list: ObjectStore['list'] = async function* (_bucket, prefix, startAfter = '') {
    seen.lists += 1;
    const after = Buffer.from(startAfter);
    const found = sorted.filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0);
    for (let at = 0; at < found.length; at += 1000) {
      seen.pages += 1;
      yield found.slice(at, at + 1000).map((key) => ({ key, etag: 'e', sizeBytes: 1, lastModified: 0 }));
    }
  };
  return { store: { list } as ObjectStore, seen };
}

const chunks = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}r-${String(index).padStart(6, '0')}.parquet`);

describe('the files of a manifest', () => {
  it('are found where they lie, those that are not there are absent', async () => {
    const { store } = bucketOf([...chunks('p/a/', 3), 'p/a/other']);
    const found = await listNamed(store, 'b', [...chunks('p/a/', 3), 'p/a/missing']);
    expect([...found.keys()]).toEqual(chunks('p/a/', 3));
  });

  it('cost one listing, also when one folder lies in another', async () => {
    const keys = [...chunks('p/', 5), ...chunks('p/x/', 5), ...chunks('p/x/y/', 5)];
    const { store, seen } = bucketOf(keys);
    expect((await listNamed(store, 'b', keys)).size).toBe(15);
    expect(seen).toEqual({ lists: 1, pages: 1 });
  });

  it('cost the pages from the first of them to the last, whatever lies around them', async () => {
    const wanted = chunks('p/m', 10);
    const { store, seen } = bucketOf([...chunks('p/a', 5_000), ...wanted, ...chunks('p/z', 5_000)]);
    expect((await listNamed(store, 'b', wanted)).size).toBe(10);
    expect((await listNamed(store, 'b', [...wanted, 'p/mzz'])).size).toBe(10);
    expect(seen).toEqual({ lists: 2, pages: 2 });
  });

  it('are in the order of S3, which is that of UTF-8', async () => {
    const keys = ['p/\u{1f600}.parquet', 'p/\uff5e.parquet', 'p/a.parquet'];
    const { store } = bucketOf(keys);
    expect((await listNamed(store, 'b', keys)).size).toBe(3);
  });

  it('are refused when more lies between them than any report has', async () => {
    const wanted = ['p/a', 'p/z'];
    const { store, seen } = bucketOf([...wanted, ...chunks('p/m', MAX_LISTED_OBJECTS + 2_000)]);
    await expect(listNamed(store, 'b', wanted)).rejects.toThrow(ManifestInvalid);
    expect(seen.pages).toBe(MAX_LISTED_OBJECTS / 1_000 + 1);
  });
});
