import type { Location, ObjectStore } from '../staging/objectStore.ts';

/**
 * A person's folder holds a copy of a bucket, or of a part of it, while the manifests in it name the bucket and the keys
 * that AWS wrote to. This wraps a store so that manifests read as if AWS had delivered right here: of every name, what
 * comes before the export's own folders is replaced by what comes before them in the manifest's key.
 */
export function withRelocatedManifests(store: ObjectStore): ObjectStore {
  return {
    read: async (object, range) => {
      if (!object.key.endsWith('-Manifest.json')) return store.read(object, range);
      const whole = await store.read(object, { start: 0 });
      const bytes = new TextEncoder().encode(relocateManifest(new TextDecoder().decode(whole.bytes), object));
      return { ...whole, bytes: bytes.slice(range.start, range.end), sizeBytes: bytes.length };
    },
    copy: (source, target) => store.copy(source, target),
    list: (bucket, prefix, startAfter) => store.list(bucket, prefix, startAfter),
    delete: (location) => store.delete(location),
  };
}

/** Folders, an export's own folders, the file's name: read from the end, as classifyKey does. */
const PLACE =
  /^((?:.*\/)?)(?:(?:data|metadata)\/billing_period=[^/]*|\d{8}-\d{8}|(year=\d+\/month=\d+))\/(?:[^/]*\/)?([^/]*)$/is;

/** The manifest with its names moved to where it lies. Text that is no manifest stays as it is: parsing it says why. */
export function relocateManifest(json: string, at: Location): string {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof document !== 'object' || document === null) return json;
  const root = rootOf(at.key);
  if ('dataFiles' in document && isListOfTexts(document.dataFiles)) {
    const dataFiles = document.dataFiles.map(
      (uri) => `s3://${at.bucket}/${moved(uri.replace(/^s3:\/\/[^/]+\//, ''), root)}`,
    );
    return JSON.stringify({ ...document, dataFiles });
  }
  if ('reportKeys' in document && isListOfTexts(document.reportKeys)) {
    const reportKeys = document.reportKeys.map((key) => moved(key, root));
    return JSON.stringify({ ...document, bucket: at.bucket, reportKeys });
  }
  return json;
}

/**
 * What comes before an export's own folders in a key, slash included: `cur/daily/` of
 * `cur/daily/data/BILLING_PERIOD=2026-04/…` and of `cur/daily/20181001-20181101/…`. With Athena, a legacy report's data
 * lies one folder deeper than its manifest, in a folder of the report's name once more: `cur/daily/daily/year=2018/…`.
 * That folder is known by the file's name, which begins with it.
 */
export function rootOf(key: string): string {
  const [, before = '', month, name = ''] = PLACE.exec(key) ?? [];
  if (month === undefined) return before;
  const report = /[^/]+(?=\/$)/.exec(before)?.[0];
  return report !== undefined && name.startsWith(`${report}-`) ? before.slice(0, -report.length - 1) : before;
}

function moved(key: string, root: string): string {
  return root + key.slice(rootOf(key).length);
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
