import type { Partition } from '../billing/partition.ts';
import type { Place, Placement } from '../billing/placement.ts';
import type { Source } from '../billing/source.ts';
import type { Placed } from '../copy/services.ts';
import type { ListedObject, ObjectStore } from '../store/objectStore.ts';

/** What a listing works with. */
export interface Listing {
  readonly store: ObjectStore;
  readonly place: Place;
}

/**
 * One page of a source: how many objects it had, and those of them that are data files or manifests
 * of wanted partitions.
 */
interface PlacedPage {
  readonly listed: number;
  readonly objects: readonly { readonly object: ListedObject; readonly placed: Placed }[];
}

/** Sorts behind every key that a folder of AWS's making holds. */
const LAST_CHARACTER = '\u{10FFFF}';

/**
 * Pages of a source, in key order, one held at a time. A page that ends in a month that is not
 * wanted is the last one read of that month: the listing goes on behind the month's folder, so that
 * years of history cost a call a month.
 */
export async function* listPlaced(
  { store, place }: Listing,
  { bucket, prefix }: Pick<Source, 'bucket' | 'prefix'>,
  isWanted: (partition: Partition) => boolean,
): AsyncIterable<PlacedPage> {
  const root = prefix === '' ? '' : `${prefix}/`;
  let startAfter: string | undefined;
  do {
    const pages = store.list(bucket, root, startAfter);
    startAfter = undefined;
    for await (const page of pages) {
      const placed = page.map(({ key }) => ofReport(place(bucket, key)));
      const objects = page.flatMap((object, index) => {
        const placedObject = placed[index];
        return placedObject && isWanted(placedObject.partition) ? [{ object, placed: placedObject }] : [];
      });
      yield { listed: page.length, objects };
      const last = placed.at(-1);
      if (!last || isWanted(last.partition)) continue;
      startAfter = `${periodFolder(last)}${LAST_CHARACTER}`;
      break;
    }
  } while (startAfter !== undefined);
}

function ofReport(placement: Placement): Placed | undefined {
  return placement.is === 'data' || placement.is === 'manifest' ? placement : undefined;
}

/**
 * The folder that holds one month of one report: in create-new layouts, the one above the
 * deliveries' own.
 */
function periodFolder({ folder, ownFolder }: Placed): string {
  return ownFolder ? folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1) : folder;
}
