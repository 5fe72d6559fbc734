import type { Period } from '../../src/billing/period.ts';
import type { FolderPage, ListedObject, ObjectStore } from '../../src/store/objectStore.ts';

/** What a create-new export has at its source. */
export interface CreateNewExport {
  /** The folder of the export, slash included, such as `exports/daily/`. */
  readonly root: string;
  readonly files: number;
  /** How many times each month was delivered. */
  readonly deliveries: ReadonlyMap<Period, number>;
}

const PAGE = 1_000;

/** The folder of the nth delivery of a month, three a day. */
export function executionName(period: Period, nth: number): string {
  const day = Date.UTC(Number(period.slice(0, 4)), Number(period.slice(5)) - 1, 1) + nth * 8 * 3_600_000;
  return `${new Date(day).toISOString()}-e${nth}`;
}

/** All keys of an export, in S3's order. */
export function keysOfExport({ root, files, deliveries }: CreateNewExport): string[] {
  const [data, manifests]: [string[], string[]] = [[], []];
  for (const [period, count] of deliveries) {
    for (let nth = 0; nth < count; nth++) {
      const own = `BILLING_PERIOD=${period}/${executionName(period, nth)}/`;
      for (let file = 0; file < files; file++) {
        data.push(`${root}data/${own}daily-${String(file).padStart(5, '0')}.snappy.parquet`);
      }
      manifests.push(`${root}metadata/${own}daily-Manifest.json`);
    }
  }
  return [...data.sort(), ...manifests.sort()];
}

/** A store of listings alone, and how many requests they took: a page of S3 is one. */
export function listingStore(keysOf: (bucket: string) => readonly string[], lastModified: number, pageSize = PAGE) {
  const requests: string[] = [];
  const refuse = () => Promise.reject(new Error('only listed'));
  const objectOf = (key: string): ListedObject => ({ key, etag: 'e', sizeBytes: 1, lastModified });
  // Many buckets may have the same keys.
  const memory = new WeakMap<readonly string[], Map<string, readonly string[]>>();
  const remembered = (keys: readonly string[], name: string, find: () => readonly string[]) => {
    const ofKeys = memory.get(keys) ?? new Map<string, readonly string[]>();
    memory.set(keys, ofKeys);
    const found = ofKeys.get(name) ?? find();
    ofKeys.set(name, found);
    return found;
  };
  async function* list(bucket: string, prefix: string, startAfter = ''): AsyncGenerator<ListedObject[]> {
    const all = keysOf(bucket);
    const name = `${prefix} after ${startAfter}`;
    const keys = remembered(all, name, () => all.filter((key) => key.startsWith(prefix) && key > startAfter));
    for (let from = 0; from === 0 || from < keys.length; from += pageSize) {
      requests.push(`${bucket}/${name}`);
      const page = keys.slice(from, from + pageSize).map(objectOf);
      if (page.length > 0) yield page;
    }
  }
  async function* listFolder(bucket: string, prefix: string): AsyncGenerator<FolderPage> {
    const all = keysOf(bucket);
    const names = remembered(all, `${prefix}*`, () => namesIn(all, prefix));
    for (let from = 0; from === 0 || from < names.length; from += pageSize) {
      requests.push(`${bucket}/${prefix}*/`);
      const page = names.slice(from, from + pageSize);
      yield {
        objects: page.filter((name) => !name.endsWith('/')).map(objectOf),
        folders: page.filter((name) => name.endsWith('/')),
      };
    }
  }
  const store: ObjectStore = { read: refuse, copy: refuse, list, listFolder, delete: refuse };
  return { store, requests };
}

function namesIn(keys: readonly string[], prefix: string): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const slash = key.indexOf('/', prefix.length);
    names.add(slash < 0 ? key : key.slice(0, slash + 1));
  }
  return [...names];
}
