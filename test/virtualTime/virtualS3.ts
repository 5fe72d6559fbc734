import { between, type Random } from '../../src/programs/sample/random.ts';
import {
  type FolderPage,
  type ListedObject,
  type Location,
  ObjectChanged,
  ObjectGone,
  type ObjectRef,
  type ObjectStore,
} from '../../src/store/objectStore.ts';
import type { VirtualClock } from './virtualClock.ts';

/**
 * "Roughly 100–200 milliseconds" for small objects (S3 User Guide, "Best practices design patterns:
 * optimizing Amazon S3 performance"); one copy in a hundred takes as long as a large file does. The
 * faster copies are, the more is asked of the ledger.
 */
const SECONDS = { fastest: 0.1, slowest: 0.2 };
const LARGE = { share: 0.01, fastest: 1, slowest: 5 };
/** Keys in an answer (S3 API Reference, ListObjectsV2). */
const PAGE_KEYS = 1000;

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: number;
}

interface Bucket {
  objects: Map<string, StoredObject>;
  /** In S3's order; undefined where something has changed since. */
  keys: readonly string[] | undefined;
}

/** Buckets of S3 in virtual time, and how many requests they took. */
export class VirtualS3 {
  readonly requests = { read: 0, copy: 0, list: 0, delete: 0 };
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #filled = new WeakMap<readonly string[], Map<string, StoredObject>>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  put({ bucket, key }: Location, { bytes, etag }: Omit<StoredObject, 'lastModified'>): void {
    const own = this.#bucket(bucket);
    if (!own.objects.has(key)) own.keys = undefined;
    own.objects.set(key, { bytes, etag, lastModified: Math.floor(this.#clock.now / 1000) * 1000 });
  }

  /** Makes a bucket of nothing but these keys, which are in S3's order. Buckets may share them. */
  fill(bucket: string, keys: readonly string[]): void {
    const own = this.#bucket(bucket);
    const known = this.#filled.get(keys);
    if (known) own.objects = known;
    else for (const key of keys) this.put({ bucket, key }, { bytes: new Uint8Array(1), etag: 'e' });
    this.#filled.set(keys, own.objects);
    own.keys = keys;
  }

  get requestCount(): number {
    return Object.values(this.requests).reduce((sum, count) => sum + count, 0);
  }

  store(): ObjectStore {
    return {
      read: async (object, { start, end }) => {
        await this.#takes('read');
        const { bytes, ...about } = this.#demand(object);
        return { ...about, bytes: bytes.slice(start, end), sizeBytes: bytes.length };
      },
      copy: async (source, target) => {
        await this.#takes('copy', this.#random() < LARGE.share ? LARGE : SECONDS);
        const { bytes, etag } = this.#demand(source);
        if (this.#bucket(target.bucket).objects.has(target.key)) return 'exists';
        this.put(target, { bytes, etag });
        return 'copied';
      },
      list: (bucket, prefix, startAfter) => this.#list(bucket, prefix, startAfter),
      listFolder: (bucket, prefix) => this.#listFolder(bucket, prefix),
      delete: async ({ bucket, key }) => {
        await this.#takes('delete');
        const own = this.#bucket(bucket);
        if (own.objects.delete(key)) own.keys = undefined;
      },
    };
  }

  async *#list(bucket: string, prefix: string, startAfter = ''): AsyncGenerator<ListedObject[]> {
    const keys = this.#keys(bucket);
    const end = indexAfter(keys, `${prefix}${LAST}`);
    let from = startAfter > prefix ? indexAfter(keys, startAfter) : indexAfter(keys, prefix, 'or at');
    do {
      await this.#takes('list');
      const page = keys.slice(from, Math.min(end, from + PAGE_KEYS)).flatMap((key) => this.#listed(bucket, key));
      if (page.length > 0) yield page;
      from += PAGE_KEYS;
    } while (from < end);
  }

  async *#listFolder(bucket: string, prefix: string): AsyncGenerator<FolderPage> {
    const all = namesIn(this.#keys(bucket), prefix);
    for (let from = 0; from === 0 || from < all.length; from += PAGE_KEYS) {
      await this.#takes('list');
      const page = all.slice(from, from + PAGE_KEYS);
      const isFolder = (name: string) => name.endsWith('/');
      const objects = page.filter((name) => !isFolder(name)).flatMap((key) => this.#listed(bucket, key));
      yield { objects, folders: page.filter(isFolder) };
    }
  }

  #listed(bucket: string, key: string): ListedObject[] {
    const found = this.#bucket(bucket).objects.get(key);
    if (!found) return [];
    const { bytes, etag, lastModified } = found;
    return [{ key, etag, lastModified, sizeBytes: bytes.length }];
  }

  #keys(bucket: string): readonly string[] {
    const own = this.#bucket(bucket);
    own.keys ??= [...own.objects.keys()].sort();
    return own.keys;
  }

  #bucket(name: string): Bucket {
    const known = this.#buckets.get(name);
    if (known) return known;
    const made: Bucket = { objects: new Map(), keys: undefined };
    this.#buckets.set(name, made);
    return made;
  }

  #demand({ bucket, key, etag }: ObjectRef): StoredObject {
    const found = this.#bucket(bucket).objects.get(key);
    if (!found) throw new ObjectGone(`${bucket}/${key}`);
    if (etag !== undefined && etag !== found.etag) throw new ObjectChanged(key);
    return found;
  }

  async #takes(what: keyof VirtualS3['requests'], { fastest, slowest } = SECONDS): Promise<void> {
    this.requests[what] += 1;
    await this.#clock.sleep(between(this.#random, fastest, slowest));
  }
}

/** Behind every character that these tests' keys have. */
const LAST = '\uffff';

/** What lies directly in a folder; what lies in the folders below it is not looked at. */
function namesIn(keys: readonly string[], prefix: string): string[] {
  const names: string[] = [];
  const end = indexAfter(keys, `${prefix}${LAST}`);
  for (let index = indexAfter(keys, prefix, 'or at'); index < end; ) {
    const key = keys[index] ?? '';
    const slash = key.indexOf('/', prefix.length);
    const name = slash < 0 ? key : key.slice(0, slash + 1);
    names.push(name);
    index = slash < 0 ? index + 1 : indexAfter(keys, `${name}${LAST}`);
  }
  return names;
}

/** The index of the first key behind a text, of keys in order. */
function indexAfter(keys: readonly string[], text: string, orAt?: 'or at'): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] ?? '';
    if (key > text || (orAt && key === text)) high = middle;
    else low = middle + 1;
  }
  return low;
}
