import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { MAX_MANIFEST_BYTES } from '../../billing/limits.ts';
import type { ObjectStore } from '../../store/objectStore.ts';
import { readFileFacts } from './fileFacts.ts';
import type { LooseReading } from './looseFiles.ts';
import { sketchRows } from './rowSketch.ts';

/** How the files of one folder are looked at, which is the bucket `bucket` of a store. */
export function folderReading(store: ObjectStore, bucket: string, folder: string): LooseReading {
  const pathOf = (key: string) => join(folder, key);
  return {
    facts: (keys) => readFileFacts(store, bucket, keys, pathOf),
    sketch: (keys, columns) => sketchRows(keys.map(pathOf), columns),
    contentOf: async (key) => {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(pathOf(key))) hash.update(chunk);
      return hash.digest('hex');
    },
    deliveryOf: async (key) => deliveryName(await readText(store, { bucket, key })),
  };
}

async function readText(
  store: ObjectStore,
  object: { readonly bucket: string; readonly key: string },
): Promise<string> {
  try {
    const { bytes, sizeBytes } = await store.read(object, { start: 0, end: MAX_MANIFEST_BYTES });
    return sizeBytes > MAX_MANIFEST_BYTES ? '' : new TextDecoder().decode(bytes);
  } catch {
    // A manifest that cannot be read names nothing; the files beside it are judged by their rows.
    return '';
  }
}

/** Data Exports' executionId or a legacy report's assemblyId, as its folder is called. */
function deliveryName(json: string): string | undefined {
  try {
    const document: unknown = JSON.parse(json);
    if (typeof document !== 'object' || document === null) return undefined;
    const name: unknown = Reflect.get(document, 'assemblyId') ?? Reflect.get(document, 'executionId');
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
