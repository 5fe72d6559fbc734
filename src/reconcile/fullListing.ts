import type { Source } from '../billing/source.ts';
import { type Listing, listPlaced, type PlacedObject, type Wanted } from './listPlaced.ts';

/** What is listed, and how long. */
export interface WhatToList {
  readonly listing: Listing;
  readonly source: Pick<Source, 'bucket' | 'prefix'>;
  readonly wanted: Wanted;
  readonly isTimeUp: () => boolean;
}

export interface FullState {
  readonly is: 'full';
  /** Up to where a step was listed; absent at its start. */
  readonly after?: string | undefined;
}

/** Every object of the wanted months, in each of two steps. It can stop behind each page. */
export class FullListing {
  readonly #what: WhatToList;
  #after: string | undefined;
  #isStopped = false;

  constructor(what: WhatToList, from?: FullState) {
    this.#what = what;
    this.#after = from?.after;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get state(): FullState {
    return { is: 'full', after: this.#after };
  }

  manifests(): AsyncIterable<readonly PlacedObject[]> {
    return this.#all();
  }

  data(): AsyncIterable<readonly PlacedObject[]> {
    return this.#all();
  }

  async *#all(): AsyncIterable<readonly PlacedObject[]> {
    const { listing, source, wanted, isTimeUp } = this.#what;
    for await (const { objects, after } of listPlaced(listing, source, wanted, this.#after)) {
      yield objects;
      this.#after = after;
      if (!isTimeUp()) continue;
      this.#isStopped = true;
      return;
    }
    this.#after = undefined;
  }
}
