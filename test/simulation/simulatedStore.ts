import {
  type FolderPage,
  type ListedObject,
  type Location,
  ObjectChanged,
  ObjectGone,
  type ObjectRef,
  type ObjectStore,
  type ReadResult,
} from '../../src/store/objectStore.ts';
import type { Process, Scheduler } from './scheduler.ts';

/** One content of an object. `rows` is what a reader of a Parquet file would count. */
export interface Content {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
}

interface StoredObject extends Content {
  readonly lastModified: number;
  /** S3's order of writes to a key. */
  readonly sequencer: string;
}

const PAGE_SIZE = 3;

/** All buckets of the simulated world. LastModified has S3's grain of a second. */
export class SimulatedBuckets {
  readonly #objects = new Map<string, StoredObject>();

  put({ bucket, key }: Location, content: Content, now: number): void {
    this.#objects.set(`${bucket}/${key}`, {
      ...content,
      lastModified: Math.floor(now / 1000) * 1000,
      sequencer: Math.floor(now).toString(16),
    });
  }

  get({ bucket, key }: Location): StoredObject | undefined {
    return this.#objects.get(`${bucket}/${key}`);
  }

  delete({ bucket, key }: Location): void {
    this.#objects.delete(`${bucket}/${key}`);
  }

  /** The keys of a bucket below a prefix, in order. */
  keys(bucket: string, prefix: string): string[] {
    const start = `${bucket}/`;
    return [...this.#objects.keys()]
      .filter((name) => name.startsWith(start + prefix))
      .map((name) => name.slice(start.length))
      .sort();
  }
}

/** The buckets as one process sees them: every call is a step. */
export function simulatedStore(scheduler: Scheduler, process: Process, buckets: SimulatedBuckets): ObjectStore {
  const demand = (object: ObjectRef): StoredObject => {
    const stored = buckets.get(object);
    if (!stored) throw new ObjectGone(`${object.bucket}/${object.key}`);
    if (object.etag !== undefined && object.etag !== stored.etag) throw new ObjectChanged(object.key);
    return stored;
  };
  const step = <Result>(label: string, act: () => Result) => scheduler.effect(process, `store.${label}`, act);
  return {
    read: (object, { start, end }): Promise<ReadResult> =>
      step(`read(${object.key})`, () => {
        const { bytes, etag, lastModified } = demand(object);
        return { bytes: bytes.slice(start, end), sizeBytes: bytes.length, etag, lastModified };
      }),
    copy: (source, target) =>
      step(`copy(${source.key} to ${target.key})`, () => {
        const { etag, bytes, rows } = demand(source);
        if (buckets.get(target)) return 'exists';
        buckets.put(target, { etag, bytes, rows }, scheduler.now);
        return 'copied';
      }),
    async *list(bucket, prefix, startAfter = '') {
      for (let last = startAfter; ; ) {
        const page = await step(`list(${prefix} after ${last})`, () => pageOf(buckets, bucket, prefix, last));
        if (page.length > 0) yield page;
        if (page.length < PAGE_SIZE) return;
        last = page.at(-1)?.key ?? last;
      }
    },
    async *listFolder(bucket, prefix) {
      yield await step(`listFolder(${prefix})`, () => folderOf(buckets, bucket, prefix));
    },
    delete: (location) => step(`delete(${location.key})`, () => buckets.delete(location)),
  };
}

/** What lies directly in a folder. */
function folderOf(buckets: SimulatedBuckets, bucket: string, prefix: string): FolderPage {
  const keys = buckets.keys(bucket, prefix);
  const deeper = keys.flatMap((key) => {
    const slash = key.indexOf('/', prefix.length);
    return slash < 0 ? [] : [key.slice(0, slash + 1)];
  });
  const direct = keys.filter((key) => !key.includes('/', prefix.length));
  return { objects: listed(buckets, bucket, direct), folders: [...new Set(deeper)] };
}

function pageOf(buckets: SimulatedBuckets, bucket: string, prefix: string, after: string): ListedObject[] {
  const keys = buckets.keys(bucket, prefix).filter((key) => key > after);
  return listed(buckets, bucket, keys.slice(0, PAGE_SIZE));
}

function listed(buckets: SimulatedBuckets, bucket: string, keys: readonly string[]): ListedObject[] {
  return keys.flatMap((key) => {
    const stored = buckets.get({ bucket, key });
    if (!stored) return [];
    const { etag, lastModified, bytes } = stored;
    return { key, etag, lastModified, sizeBytes: bytes.length };
  });
}
