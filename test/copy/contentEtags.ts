import { createHash } from 'node:crypto';
import {
  type ListedObject,
  ObjectChanged,
  type ObjectRef,
  type ObjectStore,
  type ReadResult,
} from '../../src/store/objectStore.ts';

/**
 * A store whose etags are the MD5 of the content, as S3's are for objects written in one part (S3
 * API reference, Object: ETag), over one that gives each write an etag of its own. So content that
 * comes back has its old etag again, and two worlds that are given the same contents name them
 * alike.
 */
export function withContentEtags(store: ObjectStore): ObjectStore {
  const whole = async ({ bucket, key, etag }: ObjectRef): Promise<ReadResult & { readonly inner: string }> => {
    const read = await store.read({ bucket, key }, { start: 0 });
    const own = md5(read.bytes);
    if (etag !== undefined && etag !== own) throw new ObjectChanged(`${key} has another content than ${etag}`);
    return { ...read, etag: own, inner: read.etag };
  };
  const named = async (bucket: string, page: readonly ListedObject[]): Promise<ListedObject[]> => {
    const objects: ListedObject[] = [];
    for (const object of page) objects.push({ ...object, etag: (await whole({ bucket, key: object.key })).etag });
    return objects;
  };
  return {
    read: async (object, { start, end }) => {
      const { inner: _, bytes, ...about } = await whole(object);
      return { ...about, bytes: bytes.slice(start, end) };
    },
    copy: async (source, target) => store.copy({ ...source, etag: (await whole(source)).inner }, target),
    list: async function* (bucket, prefix, startAfter) {
      for await (const page of store.list(bucket, prefix, startAfter)) yield await named(bucket, page);
    },
    listFolder: async function* (bucket, prefix) {
      for await (const { objects, folders } of store.listFolder(bucket, prefix)) {
        yield { objects: await named(bucket, objects), folders };
      }
    },
    delete: (location) => store.delete(location),
  };
}

/** What such a store names a content. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
