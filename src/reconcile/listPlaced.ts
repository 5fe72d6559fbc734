import { monthRange } from '../billing/layout.ts';
import type { Partition } from '../billing/partition.ts';
import type { Period } from '../billing/period.ts';
import type { Place, Placement } from '../billing/placement.ts';
import type { Source } from '../billing/source.ts';
import type { Placed } from '../copy/services.ts';
import type { ListedObject, ObjectStore } from '../store/objectStore.ts';

/** What a listing works with. */
export interface Listing {
  readonly store: ObjectStore;
  readonly place: Place;
}

/** Which partitions of a source are looked at. */
export interface Wanted {
  readonly isWanted: (partition: Partition) => boolean;
  /** The months of them, oldest first; absent where any month is wanted. */
  readonly periods?: readonly Period[] | undefined;
}

export interface PlacedObject {
  readonly object: ListedObject;
  readonly placed: Placed;
}

interface PlacedPage {
  readonly objects: readonly PlacedObject[];
  /** Where the listing goes on. */
  readonly after: string | undefined;
}

/** Sorts behind every key that a folder of AWS's making holds. */
export const LAST_CHARACTER = '\u{10FFFF}';

/**
 * What of a source's data files and manifests belongs to wanted partitions: pages in key order, one
 * held at a time. A page that ends in a month that is not wanted is the last one read of that
 * month: the listing goes on behind it, and where the next wanted month's folder can be named, from
 * there. `from`: behind which key it begins.
 */
export async function* listPlaced(
  listing: Listing,
  { bucket, prefix }: Pick<Source, 'bucket' | 'prefix'>,
  wanted: Wanted,
  from?: string,
): AsyncIterable<PlacedPage> {
  const root = sourceRoot(prefix);
  let startAfter = from;
  do {
    const pages = listing.store.list(bucket, root, startAfter);
    startAfter = undefined;
    for await (const page of pages) {
      const behind = behindUnwanted(lastPlaced(listing, bucket, page), wanted);
      yield { objects: placeObjects(listing, bucket, page, wanted), after: behind ?? page.at(-1)?.key };
      startAfter = behind;
      if (startAfter !== undefined) break;
    }
  } while (startAfter !== undefined);
}

/** What all keys of a source begin with. */
export function sourceRoot(prefix: string): string {
  return prefix === '' ? '' : `${prefix}/`;
}

/** Those of a page that are data files or manifests of wanted partitions. */
export function placeObjects(
  { place }: Pick<Listing, 'place'>,
  bucket: string,
  page: readonly ListedObject[],
  { isWanted }: Wanted,
): PlacedObject[] {
  return page.flatMap((object) => {
    const placed = ofReport(place(bucket, object.key));
    return placed && isWanted(placed.partition) ? [{ object, placed }] : [];
  });
}

/** What the last object of a page is; undefined where it is no part of a report. */
export function lastPlaced(
  { place }: Pick<Listing, 'place'>,
  bucket: string,
  page: readonly ListedObject[],
): Placed | undefined {
  const last = page.at(-1);
  return last && ofReport(place(bucket, last.key));
}

/** Where a listing goes on behind a month that is not wanted; undefined for one that is. */
export function behindUnwanted(last: Placed | undefined, { isWanted, periods }: Wanted): string | undefined {
  if (!last || isWanted(last.partition)) return undefined;
  const next = periods?.find((period) => period > last.partition.period);
  return (next && beforeMonth(last, next)) ?? `${monthFolder(last)}${LAST_CHARACTER}`;
}

/**
 * The folder that holds one month of one report: in create-new layouts, the one above the
 * deliveries' own.
 */
export function monthFolder({ folder, ownFolder }: Pick<Placed, 'folder' | 'ownFolder'>): string {
  return ownFolder ? folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1) : folder;
}

/**
 * What all keys of another month begin with, where months' folders sort as their months do; not in
 * `year=2026/month=9/`.
 */
function beforeMonth(placed: Placed, period: Period): string | undefined {
  const folder = monthFolder(placed);
  const [, above, key] = /^((?:.*\/)?)(billing_period=)[^/]*\/$/is.exec(folder) ?? [];
  if (above !== undefined) return `${above}${key}${period}`;
  const [, before] = /^((?:.*\/)?)\d{8}-\d{8}\/$/s.exec(folder) ?? [];
  return before === undefined ? undefined : `${before}${monthRange(period)}`;
}

function ofReport(placement: Placement): Placed | undefined {
  return placement.is === 'data' || placement.is === 'manifest' ? placement : undefined;
}
