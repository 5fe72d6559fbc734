import { executionTime } from '../billing/executionTime.ts';
import { compareText } from '../billing/version.ts';
import type { Placed } from '../copy/services.ts';
import type { WhatToList } from './fullListing.ts';
import {
  behindUnwanted,
  LAST_CHARACTER,
  type Listing,
  lastPlaced,
  monthFolder,
  type PlacedObject,
  placeObjects,
  sourceRoot,
  type Wanted,
} from './listPlaced.ts';

/** What is known of a month of a report before its data files are listed. */
export interface MonthKnown {
  /** The folder of the newest manifest, where that is one delivery's own. */
  readonly manifestFolder?: string | undefined;
  /** Whether what the newest manifest names is known: then nothing newer can count. */
  readonly isDeliveryKnown: boolean;
  /** Keys that count now, or would: their folders are entered, too. */
  readonly keys: Iterable<string>;
}

export interface NewestState {
  readonly is: 'newest';
  readonly dataSides: readonly string[];
  readonly legacyMonths: readonly (readonly [string, Placed])[];
  /** Folders of months whose data files were listed. */
  readonly done: readonly string[];
}

/** `…/data/` of a Data Export's file. */
const DATA_SIDE = /^((?:.*\/)?data\/)billing_period=[^/]*\/(?:[^/]+\/)?$/is;

/**
 * The objects of a source of which a create-new export has a folder for each delivery, without what
 * older deliveries left: the manifests of all, and the data files of the newest of each month (and
 * of those that the ledger counts).
 *
 * A Data Export's `data/` is passed over while manifests are listed. Then each wanted month of it
 * takes a page where its newest manifest says which folder is the newest, else two: the folders are
 * found by delimiter. The time in a folder's name says which one is the newest. Legacy assemblies
 * have none: of those everything is listed, until the delivery that the month's manifest names is
 * known.
 *
 * Two steps, in this order. Throws as ObjectStore.list does.
 */
export class NewestListing {
  readonly #listing: Listing;
  readonly #bucket: string;
  readonly #root: string;
  readonly #wanted: Wanted;
  readonly #dataSides = new Set<string>();
  readonly #legacyMonths = new Map<string, Placed>();
  /** Months with assemblies that were looked at, and manifests that lie in a month's folder. */
  readonly #assemblies = new Set<string>();
  readonly #monthly = new Set<string>();
  readonly #done = new Set<string>();
  readonly #isTimeUp: () => boolean;
  #isStopped = false;

  constructor({ listing, source, wanted, isTimeUp }: WhatToList, from?: NewestState) {
    this.#listing = listing;
    this.#bucket = source.bucket;
    this.#root = sourceRoot(source.prefix);
    this.#wanted = wanted;
    this.#isTimeUp = isTimeUp;
    for (const side of from?.dataSides ?? []) this.#dataSides.add(side);
    for (const [folder, month] of from?.legacyMonths ?? []) this.#legacyMonths.set(folder, month);
    for (const month of from?.done ?? []) this.#done.add(month);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  get state(): NewestState {
    return {
      is: 'newest',
      dataSides: [...this.#dataSides],
      legacyMonths: [...this.#legacyMonths],
      done: [...this.#done],
    };
  }

  /** The manifests of wanted months, page by page; on the way it notes where data files lie. */
  async *manifests(): AsyncIterable<readonly PlacedObject[]> {
    for (let next: string | undefined = ''; next !== undefined; ) next = yield* this.#manifestsFrom(next);
  }

  /** Answers where to go on, behind what need not be listed. */
  async *#manifestsFrom(startAfter: string): AsyncGenerator<readonly PlacedObject[], string | undefined> {
    for await (const page of this.#listing.store.list(this.#bucket, this.#root, startAfter)) {
      for (const { key } of page) this.#note(placeOf(this.#listing, this.#bucket, key));
      const found = manifestsOf(placeObjects(this.#listing, this.#bucket, page, this.#wanted));
      for (const { object, placed } of found) if (!placed.ownFolder) this.#monthly.add(object.key);
      yield found;
      const last = lastPlaced(this.#listing, this.#bucket, page);
      const next = behindData(last) ?? behindUnwanted(last, this.#wanted) ?? (yield* this.#behindAssemblies(last));
      if (next !== undefined) return next;
    }
    return undefined;
  }

  /**
   * A month's own manifest names the newest assembly: then those of the assemblies are not needed.
   */
  async *#behindAssemblies(last: Placed | undefined): AsyncGenerator<readonly PlacedObject[], string | undefined> {
    const month = last && isAssembly(last) ? monthFolder(last) : undefined;
    if (month === undefined || this.#assemblies.has(month)) return undefined;
    this.#assemblies.add(month);
    const ofMonth = await this.#manifestsOfMonth(month);
    yield ofMonth.filter(({ object }) => !this.#monthly.has(object.key));
    return ofMonth.length > 0 ? `${month}${LAST_CHARACTER}` : undefined;
  }

  /**
   * The data files of wanted months, page by page. `knownOf` is asked once for each month. It can
   * stop behind each month.
   */
  async *data(knownOf: (month: Placed) => Promise<MonthKnown>): AsyncIterable<readonly PlacedObject[]> {
    for await (const [folder, month] of this.#months()) {
      if (this.#done.has(folder)) continue;
      yield* this.#filesOf(folder, month, await knownOf(month));
      this.#done.add(folder);
      this.#isStopped = this.#isTimeUp();
      if (this.#isStopped) return;
    }
  }

  /** The folders of wanted months with data files, and what a file of each is. */
  async *#months(): AsyncIterable<readonly [string, Placed]> {
    for (const side of [...this.#dataSides].sort(compareText)) {
      for (const folder of await this.#folders(side)) {
        const month = placeOf(this.#listing, this.#bucket, `${folder}any.parquet`);
        if (month && this.#wanted.isWanted(month.partition)) yield [folder, month];
      }
    }
    yield* this.#legacyMonths;
  }

  #filesOf(folder: string, month: Placed, known: MonthKnown): AsyncIterable<readonly PlacedObject[]> {
    if (!this.#legacyMonths.has(folder)) return this.#exportMonth(folder, known);
    if (isAssembly(month) && known.isDeliveryKnown) return this.#foldersOf(known.keys, folder, new Set());
    return this.#files(folder);
  }

  /** A month of a Data Export, whose deliveries may have folders of their own. */
  async *#exportMonth(folder: string, known: MonthKnown): AsyncIterable<readonly PlacedObject[]> {
    const entered = new Set<string>();
    const { manifestFolder } = known;
    const likely = manifestFolder && `${folder}${lastSegment(manifestFolder)}`;
    if (likely && timeOf(likely) !== undefined) yield* this.#from(folder, likely, entered);
    if (entered.size === 0) yield* this.#newest(folder, entered);
    yield* this.#foldersOf(known.keys, folder, entered);
  }

  /**
   * From a delivery's folder to the month's end; nothing where that folder is not there. What is
   * newer is mostly a delivery on its way. Where there is more of it than a page or two, only the
   * newest is read.
   */
  async *#from(month: string, likely: string, entered: Set<string>): AsyncIterable<readonly PlacedObject[]> {
    let last: string | undefined;
    for await (const page of this.#listing.store.list(this.#bucket, month, likely.slice(0, -1))) {
      const [first] = page;
      if (!first || (last === undefined && !first.key.startsWith(likely))) return;
      if (last !== undefined && !first.key.startsWith(likely) && !last.startsWith(likely)) {
        yield* this.#newest(month, entered, last);
        return;
      }
      entered.add(likely);
      for (const { key } of page) entered.add(folderOf(key));
      yield this.#dataOf(page);
      last = page.at(-1)?.key;
    }
  }

  /**
   * The newest delivery's files, and those that lie in the month's folder itself. A folder without
   * data files is no delivery. `after`: what was listed already.
   */
  async *#newest(month: string, entered: Set<string>, after = ''): AsyncIterable<readonly PlacedObject[]> {
    const folders: string[] = [];
    for await (const page of this.#listing.store.listFolder(this.#bucket, month)) {
      folders.push(...page.folders);
      yield this.#dataOf(page.objects.filter(({ key }) => after === '' || compareText(key, after) > 0));
    }
    const timed = folders.flatMap((folder) => ({ folder, time: timeOf(folder) ?? Number.POSITIVE_INFINITY }));
    for (const { folder, time } of timed.sort((a, b) => b.time - a.time)) {
      const isTimed = time !== Number.POSITIVE_INFINITY;
      let files = 0;
      const startAfter = after.startsWith(folder) ? after : undefined;
      if (startAfter === undefined && entered.has(folder)) {
        if (isTimed) return;
        continue;
      }
      for await (const objects of this.#files(folder, startAfter)) {
        files += objects.length;
        yield objects;
      }
      entered.add(folder);
      // Folders whose names do not say when they were written are all entered.
      if (isTimed && (files > 0 || startAfter !== undefined)) return;
    }
  }

  /** The folders of these keys, as far as they lie below the month's and were not entered yet. */
  async *#foldersOf(
    keys: Iterable<string>,
    month: string,
    entered: Set<string>,
  ): AsyncIterable<readonly PlacedObject[]> {
    for (const key of keys) {
      const folder = folderOf(key);
      if (folder === month || !folder.startsWith(month) || entered.has(folder)) continue;
      entered.add(folder);
      yield* this.#files(folder);
    }
  }

  async *#files(folder: string, startAfter?: string): AsyncIterable<readonly PlacedObject[]> {
    for await (const page of this.#listing.store.list(this.#bucket, folder, startAfter)) yield this.#dataOf(page);
  }

  #dataOf(page: Parameters<typeof placeObjects>[2]): PlacedObject[] {
    return placeObjects(this.#listing, this.#bucket, page, this.#wanted).filter(({ placed }) => placed.is === 'data');
  }

  /** The manifests that lie in a month's folder itself: AWS writes them over with each delivery. */
  async #manifestsOfMonth(folder: string): Promise<PlacedObject[]> {
    const found: PlacedObject[] = [];
    for await (const { objects } of this.#listing.store.listFolder(this.#bucket, folder)) {
      found.push(...manifestsOf(placeObjects(this.#listing, this.#bucket, objects, this.#wanted)));
    }
    return found;
  }

  async #folders(folder: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { folders } of this.#listing.store.listFolder(this.#bucket, folder)) found.push(...folders);
    return found;
  }

  #note(placed: Placed | undefined): void {
    if (placed?.is !== 'data') return;
    const side = DATA_SIDE.exec(placed.folder)?.[1];
    if (side !== undefined) this.#dataSides.add(side);
    else if (this.#wanted.isWanted(placed.partition) && !this.#legacyMonths.get(monthFolder(placed))?.ownFolder) {
      this.#legacyMonths.set(monthFolder(placed), placed);
    }
  }
}

function placeOf({ place }: Listing, bucket: string, key: string): Placed | undefined {
  const placement = place(bucket, key);
  return placement.is === 'data' || placement.is === 'manifest' ? placement : undefined;
}

function manifestsOf(objects: readonly PlacedObject[]): PlacedObject[] {
  return objects.filter(({ placed }) => placed.is === 'manifest');
}

/** Where a listing of manifests goes on behind a Data Export's data files. */
function behindData(last: Placed | undefined): string | undefined {
  const side = last?.is === 'data' ? DATA_SIDE.exec(last.folder)?.[1] : undefined;
  return side === undefined ? undefined : `${side}${LAST_CHARACTER}`;
}

/** Whether it is of a legacy report whose deliveries have folders of their own. */
function isAssembly({ folder, ownFolder }: Placed): boolean {
  return ownFolder && /(?:^|\/)\d{8}-\d{8}\/[^/]+\/$/.test(folder);
}

function lastSegment(folder: string): string {
  return folder.slice(folder.lastIndexOf('/', folder.length - 2) + 1);
}

function timeOf(folder: string): number | undefined {
  return executionTime(`${folder}any`);
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}
