import type { Source } from '../billing/source.ts';
import type { Placed } from '../copy/services.ts';
import { type Listing, listPlaced, type PlacedObject, type Wanted } from './listPlaced.ts';
import { type MonthKnown, NewestListing } from './newestListing.ts';

export interface WantedOfSource extends Wanted {
  /** Whether the data files of old deliveries are listed, too: see newestListing.ts. */
  readonly full: boolean;
}

/** A source's objects in two steps. */
export interface SourceListing {
  /** All manifests, perhaps data files among them. */
  manifests(): AsyncIterable<readonly PlacedObject[]>;
  /** All data files that are looked at, perhaps manifests among them. */
  data(knownOf: (month: Placed) => Promise<MonthKnown>): AsyncIterable<readonly PlacedObject[]>;
}

/** How a source is listed. Each step may be taken once. */
export function listingOf(
  services: Listing,
  source: Pick<Source, 'bucket' | 'prefix'>,
  { full, isWanted, periods }: WantedOfSource,
): SourceListing {
  const wanted = { isWanted, periods };
  if (!full) return new NewestListing(services, source, wanted);
  const all = () => listPlaced(services, source, wanted);
  return { manifests: all, data: all };
}
