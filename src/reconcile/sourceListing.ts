import type { Source } from '../billing/source.ts';
import type { Placed } from '../copy/services.ts';
import { FullListing, type FullState } from './fullListing.ts';
import type { Listing, PlacedObject, Wanted } from './listPlaced.ts';
import { type MonthKnown, NewestListing, type NewestState } from './newestListing.ts';

export interface WantedOfSource extends Wanted {
  /** Whether the data files of old deliveries are listed, too: see newestListing.ts. */
  readonly full: boolean;
}

/** Where a listing stands, as a JSON document. */
export type ListingState = FullState | NewestState;

/** When a listing stops before its end: asked where it can go on later, once some work is done. */
export type IsTimeUp = () => boolean;

/** A source's objects in two steps. */
export interface SourceListing {
  /** All manifests, perhaps data files among them. */
  manifests(): AsyncIterable<readonly PlacedObject[]>;
  /** All data files that are looked at, perhaps manifests among them. */
  data(knownOf: (month: Placed) => Promise<MonthKnown>): AsyncIterable<readonly PlacedObject[]>;
  /** Whether the step ended because time was up. */
  readonly isStopped: boolean;
  readonly state: ListingState;
}

/** How a source is listed: from the start, or from where an earlier listing stopped. */
export function listingOf(
  services: Listing,
  source: Pick<Source, 'bucket' | 'prefix'>,
  { full, isWanted, periods }: WantedOfSource,
  { isTimeUp, from }: { readonly isTimeUp: IsTimeUp; readonly from: ListingState | undefined },
): SourceListing {
  const what = { listing: services, source, wanted: { isWanted, periods }, isTimeUp };
  if (full) return new FullListing(what, from?.is === 'full' ? from : undefined);
  return new NewestListing(what, from?.is === 'newest' ? from : undefined);
}
