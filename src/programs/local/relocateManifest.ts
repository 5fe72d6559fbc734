import { executionTime } from '../../billing/executionTime.ts';
import { jsonDepth } from '../../billing/jsonDepth.ts';
import { MAX_MANIFEST_BYTES } from '../../billing/limits.ts';
import { exportRoot } from '../../billing/report.ts';
import type { Location, ObjectStore } from '../../store/objectStore.ts';

/**
 * A person's folder holds a copy of a bucket, or of a part of it, while the manifests in it name
 * the bucket and the keys that AWS wrote to. This wraps a store so that manifests read as if AWS
 * had delivered right here: of every name, what comes before the export's own folders is replaced
 * by what comes before them in the manifest's key.
 */
export function withRelocatedManifests(store: ObjectStore): ObjectStore {
  return {
    read: async (object, range) => {
      if (!object.key.endsWith('-Manifest.json')) return store.read(object, range);
      const whole = await store.read(object, { start: 0, end: MAX_MANIFEST_BYTES });
      // What cannot be a manifest because of its size is left as it is: whoever parses it says so.
      if (whole.sizeBytes > MAX_MANIFEST_BYTES) return store.read(object, range);
      const bytes = new TextEncoder().encode(relocateManifest(new TextDecoder().decode(whole.bytes), object));
      return { ...whole, bytes: bytes.slice(range.start, range.end), sizeBytes: bytes.length };
    },
    copy: (source, target) => store.copy(source, target),
    list: (bucket, prefix, startAfter) => store.list(bucket, prefix, startAfter),
    listFolder: (bucket, prefix) => store.listFolder(bucket, prefix),
    delete: (location) => store.delete(location),
  };
}

/** Deeper than any manifest; the parser refuses far less. */
const MAX_DEPTH = 64;

/**
 * The manifest with its names moved to where it lies. Text that is not a manifest stays as it is:
 * parsing it says why.
 */
export function relocateManifest(json: string, at: Location): string {
  if (jsonDepth(json, MAX_DEPTH + 1) > MAX_DEPTH) return json;
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof document !== 'object' || document === null) return json;
  if ('dataFiles' in document && isListOfTexts(document.dataFiles)) {
    const dataFiles = document.dataFiles.map(
      (uri) => `s3://${at.bucket}/${moved(uri.replace(/^s3:\/\/[^/]+\//, ''), at.key)}`,
    );
    return JSON.stringify({ ...document, dataFiles });
  }
  if ('reportKeys' in document && isListOfTexts(document.reportKeys)) {
    const reportKeys = document.reportKeys.map((key) => moved(key, at.key));
    return JSON.stringify({ ...document, bucket: at.bucket, reportKeys });
  }
  return json;
}

function moved(key: string, manifestKey: string): string {
  const below = key.slice(exportRoot(key)?.length ?? 0);
  return withOwnExecution((exportRoot(manifestKey) ?? '') + below, manifestKey);
}

/**
 * An execution's folder has colons in its name, which other file systems do not take: where the
 * manifest lies in a folder of the same execution under another spelling, its files do, too.
 */
function withOwnExecution(key: string, manifestKey: string): string {
  const [folder, own] = [folderNameOf(key), folderNameOf(manifestKey)];
  const time = executionTime(key);
  if (folder === own || time === undefined || time !== executionTime(manifestKey)) return key;
  return key.replace(`/${folder}/`, () => `/${own}/`);
}

function folderNameOf(key: string): string | undefined {
  return key.split('/').at(-2);
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
