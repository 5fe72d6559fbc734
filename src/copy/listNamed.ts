import { MAX_LISTED_OBJECTS } from '../billing/limits.ts';
import { ManifestInvalid } from '../billing/manifest.ts';
import type { ListedObject, ObjectStore } from '../store/objectStore.ts';

/**
 * The objects of a manifest that lie at its source, by key. Each folder that none of the others
 * contains is listed once, from the first of its keys to the last.
 *
 * Throws ManifestInvalid when the folders hold more objects than any report has, and what
 * ObjectStore.list throws.
 */
export async function listNamed(
  store: ObjectStore,
  bucket: string,
  keys: readonly string[],
): Promise<Map<string, ListedObject>> {
  const wanted = new Set(keys);
  const listed = new Map<string, ListedObject>();
  let seen = 0;
  for (const { folder, startAfter, last } of rangesOf(keys)) {
    for await (const page of store.list(bucket, folder, startAfter)) {
      for (const object of page) if (wanted.has(object.key)) listed.set(object.key, object);
      seen += page.length;
      if (seen > MAX_LISTED_OBJECTS) {
        const limit = `at most ${MAX_LISTED_OBJECTS} objects`;
        throw new ManifestInvalid(`the folders of its files must hold ${limit}, got more`);
      }
      if (listed.size === wanted.size || isBehind(page.at(-1), last)) break;
    }
  }
  return listed;
}

/** What is listed of a folder: the keys behind `startAfter`, up to `last`. */
interface ListedRange {
  readonly folder: string;
  readonly startAfter: string;
  readonly last: string;
}

function rangesOf(keys: readonly string[]): ListedRange[] {
  const folders = new Set(keys.map((key) => key.slice(0, key.lastIndexOf('/') + 1)));
  const outermost = [...folders].filter((folder) => ![...folders].some((other) => isWithin(folder, other)));
  return outermost.map((folder) => {
    const within = keys.filter((key) => key.startsWith(folder)).sort(inKeyOrder);
    // One character less comes right before the first key: a listing starts behind what is given.
    const startAfter = [...(within[0] ?? '')].slice(0, -1).join('');
    return { folder, startAfter, last: within.at(-1) ?? '' };
  });
}

function isWithin(folder: string, other: string): boolean {
  return folder !== other && folder.startsWith(other);
}

function isBehind(object: ListedObject | undefined, last: string): boolean {
  return object !== undefined && inKeyOrder(object.key, last) > 0;
}

/** S3 lists keys in the order of their UTF-8 bytes, which is not that of JavaScript's strings. */
function inKeyOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
