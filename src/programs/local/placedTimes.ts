import { lstatSync } from 'node:fs';
import { pathOfKey } from '../../adapters/folder/keyPath.ts';
import type { ListedObject, Location, ObjectStore } from '../../store/objectStore.ts';

/**
 * Folders as buckets, with when each object came to lie there: whatever copies a bucket (`aws s3
 * sync`, `cp -p`, `rsync -t`) gives a file its source's modification time, and only the time of its
 * last change of status says when it did so.
 */
export function withPlacedTimes(store: ObjectStore, buckets: ReadonlyMap<string, string>): ObjectStore {
  const placed = ({ bucket, key }: Location): { readonly placedAt?: number } => {
    const folder = buckets.get(bucket);
    const path = folder === undefined ? undefined : pathOfKey(folder, key);
    const placedAt = path === undefined ? undefined : changedAt(path);
    return placedAt === undefined ? {} : { placedAt };
  };
  const inPlace = (bucket: string) => (object: ListedObject) => ({ ...object, ...placed({ bucket, key: object.key }) });
  return {
    read: async (object, range) => ({ ...(await store.read(object, range)), ...placed(object) }),
    copy: (source, target) => store.copy(source, target),
    list: async function* (bucket, prefix, startAfter) {
      for await (const page of store.list(bucket, prefix, startAfter)) {
        yield page.map(inPlace(bucket));
      }
    },
    listFolder: async function* (bucket, prefix) {
      for await (const { objects, folders } of store.listFolder(bucket, prefix)) {
        yield { objects: objects.map(inPlace(bucket)), folders };
      }
    },
    delete: (location) => store.delete(location),
  };
}

function changedAt(path: string): number | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats && Math.floor(stats.ctimeMs);
  } catch {
    // Whoever reads the object says why it cannot be read.
    return undefined;
  }
}
