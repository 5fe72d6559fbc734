import { type Partition, partitionName } from '../billing/partition.ts';
import type { Source } from '../billing/source.ts';
import { objectName, versionIdOf } from '../billing/version.ts';
import type { Placed } from '../copy/services.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { applyReportChoice } from '../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { type CopyRequest, copyRequest } from '../queue/copyMessage.ts';
import type { Queue } from '../queue/queue.ts';
import type { ListedObject } from '../store/objectStore.ts';
import {
  type FoundReport,
  isDeliveryKnown,
  isNewContent,
  isNewer,
  isOfDelivery,
  isWorkedOff,
  reportKey,
} from './foundReport.ts';
import { type KnownPartition, knowFiles, knowPartition, stateOfFile } from './knownPartition.ts';
import type { Listing, PlacedObject } from './listPlaced.ts';
import type { MonthKnown } from './newestListing.ts';
import {
  type IsTimeUp,
  type ListingState,
  listingOf,
  type SourceListing,
  type WantedOfSource,
} from './sourceListing.ts';
import { type PartitionTally, Tally, type TallyState } from './tally.ts';

/** What discovery works with. */
export interface DiscoveryServices extends Listing {
  readonly ledger: Ledger;
  readonly copyQueue: Queue<CopyRequest>;
  /** Where the copies lie. */
  readonly stagingBucket: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Of the invocation that discovers: the messages that it sends pass it on. */
  readonly correlationId?: string | undefined;
}

/** What a discovery looks at. */
interface DiscoveryScope extends WantedOfSource {
  readonly know: (partition: Partition) => Promise<KnownPartition>;
  /**
   * Whether a manifest that was quarantined is read again: the configuration that it contradicted
   * may be mended.
   */
  readonly rereadQuarantined: boolean;
  /**
   * Whether a report that the configuration names is made the bill; if not, it is looked at as if
   * it were.
   */
  readonly choosesReports: boolean;
}

interface Discovered {
  /** Data files and manifests that the ledger did not know. */
  readonly queued: number;
  readonly partitions: readonly PartitionTally[];
  /** Where to go on, where time was up; the numbers are not final then. */
  readonly next?: SearchState | undefined;
}

/** How long a discovery may take, and where it goes on. */
interface Stretch {
  readonly isTimeUp: IsTimeUp;
  readonly from?: SearchState | undefined;
}

/** Where a discovery stands, as a JSON document. */
export interface SearchState {
  readonly step: 'manifests' | 'data';
  readonly listing: ListingState;
  readonly found: readonly (Omit<FoundReport, 'tally'> & { readonly tally: TallyState })[];
}

/**
 * Lists a source and sends to the copy queue what the ledger does not know: the newest manifest of
 * each partition, whose delivery then requests its files; where a partition has no manifest, its
 * data files; and what is staged but whose copy is gone. So that of a bucket full of old deliveries
 * only the newest is copied. A manifest that was quarantined, or set aside, counts as none. Each
 * report of a partition is looked at by itself. One that the configuration names becomes the bill;
 * one that is known to be left out is not asked for.
 *
 * Manifests are listed first, then data files, and neither is held: what grows is one entry a
 * partition, and what is known of one partition and of the files of a page. What the scope leaves
 * open is everything, without old deliveries. Where time is up it stops, and says where to go on.
 * Throws AccessDenied or ObjectGone when the source cannot be read.
 */
export async function discoverSource(
  services: DiscoveryServices,
  source: Pick<Source, 'bucket' | 'prefix'>,
  scope: Partial<DiscoveryScope> = {},
  stretch: Stretch = { isTimeUp: () => false },
): Promise<Discovered> {
  const search = new SourceSearch(services, source, { ...everything(services), ...scope }, stretch);
  const next = await search.run();
  const partitions = search.tallies();
  return { queued: partitions.reduce((sum, { queued }) => sum + queued, 0), partitions, next };
}

function everything(services: DiscoveryServices): DiscoveryScope {
  let last: KnownPartition | undefined;
  const know = async (partition: Partition) => {
    if (!last || partitionName(last.partition) !== partitionName(partition)) {
      last = await knowPartition(services, partition);
    }
    return last;
  };
  return { isWanted: () => true, full: false, know, rereadQuarantined: false, choosesReports: true };
}

class SourceSearch {
  readonly #services: DiscoveryServices;
  readonly #source: Pick<Source, 'bucket' | 'prefix'>;
  readonly #scope: DiscoveryScope;
  readonly #listing: SourceListing;
  readonly #found = new Map<string, FoundReport>();
  #step: SearchState['step'];

  constructor(
    services: DiscoveryServices,
    source: Pick<Source, 'bucket' | 'prefix'>,
    scope: DiscoveryScope,
    { isTimeUp, from }: Stretch,
  ) {
    this.#services = services;
    this.#source = source;
    this.#scope = scope;
    this.#listing = listingOf(services, source, scope, { isTimeUp, from: from?.listing });
    this.#step = from?.step ?? 'manifests';
    for (const { tally, ...found } of from?.found ?? []) {
      this.#found.set(reportKey(found), { ...found, tally: new Tally(found.partition, tally) });
    }
  }

  /** Answers where to go on, if time was up before the end. */
  async run(): Promise<SearchState | undefined> {
    if (this.#step === 'manifests') {
      await this.#findManifests();
      if (this.#listing.isStopped) return this.#state();
      await this.#queueManifests();
      this.#step = 'data';
    }
    await this.#queueData();
    return this.#listing.isStopped ? this.#state() : undefined;
  }

  #state(): SearchState {
    const found = [...this.#found.values()].map(({ tally, ...rest }) => ({ ...rest, tally: tally.state }));
    return { step: this.#step, listing: this.#listing.state, found };
  }

  async #findManifests(): Promise<void> {
    for await (const objects of this.#listing.manifests()) {
      for (const { object, placed } of objects) {
        if (placed.is !== 'manifest') continue;
        const found = this.#of(placed);
        found.tally.addManifest();
        const manifest = { bucket: this.#source.bucket, ...object };
        if (found.manifest && !isNewer(manifest, found.manifest)) continue;
        found.manifest = manifest;
        found.manifestFolder = placed.ownFolder ? placed.folder : undefined;
      }
    }
  }

  async #queueManifests(): Promise<void> {
    const { ledger } = this.#services;
    for (const found of this.#found.values()) {
      const { partition, manifest } = found;
      if (!manifest) continue;
      const record = await this.#choose(found);
      if (found.isLeftOut) continue;
      const outcome = (await ledger.version(partition, versionIdOf(manifest)))?.outcome;
      const isUnusable = outcome?.status === 'quarantined' || outcome?.status === 'set-aside';
      found.manifestRequestsFiles = !isUnusable || isOfDelivery(record, manifest);
      if (isWorkedOff(record, found) || (isUnusable && !this.#scope.rereadQuarantined)) continue;
      await this.#queue(found, [manifest], 'discovered');
    }
  }

  /** Makes a chosen report the bill; finds out whether the bill is another one. */
  async #choose(found: FoundReport): Promise<PartitionRecord | undefined> {
    const { ledger, now } = this.#services;
    const { partition, report, isChosenReport } = found;
    const record = await ledger.partition(partition);
    if (isChosenReport && record && (record.report !== report || record.otherReports)) {
      if (!this.#scope.choosesReports) return applyReportChoice(record, report, now())?.record;
      return (await ledger.chooseReport(partition, report, now())).partition;
    }
    found.isLeftOut = record?.otherReports?.some((other) => other.report === report) ?? false;
    return record;
  }

  async #queueData(): Promise<void> {
    for await (const page of this.#listing.data((month) => this.#knownOf(month))) {
      const data = page.filter(({ placed }) => placed.is === 'data');
      const byReport = Map.groupBy(data, ({ placed }) => reportKey(placed));
      for (const objects of byReport.values()) await this.#queueReport(objects);
    }
  }

  async #knownOf(month: Placed): Promise<MonthKnown> {
    const found = this.#found.get(reportKey(month));
    const known = await this.#scope.know(month.partition);
    return {
      manifestFolder: found?.manifestFolder,
      isDeliveryKnown: found !== undefined && isDeliveryKnown(known, found),
      keys: this.#countedKeys(known),
    };
  }

  /** Keys of this source's bucket that count now, or would. */
  *#countedKeys({ countedObjects, deliveryKeys }: KnownPartition): Iterable<string> {
    const inBucket = objectName({ bucket: this.#source.bucket, key: '' });
    yield* deliveryKeys;
    for (const name of countedObjects) if (name.startsWith(inBucket)) yield name.slice(inBucket.length);
  }

  tallies(): PartitionTally[] {
    return [...this.#found.values()].map(({ tally }) => tally.result());
  }

  /** Takes in the data files of one page and one report of a partition. */
  async #queueReport(objects: readonly PlacedObject[]): Promise<void> {
    const [first] = objects;
    if (!first) return;
    const { bucket } = this.#source;
    const isNew = !this.#found.has(reportKey(first.placed));
    const found = this.#of(first.placed);
    if (isNew) await this.#choose(found);
    const known = await this.#scope.know(first.placed.partition);
    const counts = ({ key }: ListedObject) =>
      !found.isLeftOut && (!isDeliveryKnown(known, found) || known.deliveryKeys.has(key));
    const mayBeAskedFor = !found.isLeftOut && !found.manifestRequestsFiles;
    const asked = objects.filter(({ object }) => mayBeAskedFor || counts(object));
    const files = await knowFiles(
      this.#services,
      known,
      asked.map(({ object }) => ({ bucket, ...object })),
    );
    const [unknown, lost]: [ListedObject[], ListedObject[]] = [[], []];
    for (const { object, placed } of objects) {
      const source = { bucket, ...object };
      const name = objectName(source);
      if (known.countedObjects.has(name)) found.tally.addSeen(name);
      const state = counts(object) ? stateOfFile(known, files, source) : undefined;
      found.tally.addFile(placed.ownFolder ? placed.folder : '', object, state);
      if (state && files.lost.has(versionIdOf(source))) lost.push(object);
      else if (mayBeAskedFor && isNewContent(files, source)) unknown.push(object);
    }
    await this.#queue(found, unknown, 'discovered');
    await this.#queue(found, lost, 'restore-copy');
  }

  async #queue(
    { partition, tally }: FoundReport,
    objects: readonly ListedObject[],
    kind: CopyRequest['kind'],
  ): Promise<void> {
    if (objects.length === 0) return;
    const { bucket } = this.#source;
    const messages = objects.map(({ key, etag, sizeBytes }) => ({
      body: copyRequest(kind, { bucket, key, etag, sizeBytes }, this.#services.correlationId),
      group: partition.payer,
    }));
    await this.#services.copyQueue.send(messages);
    tally.addQueued(messages.length);
  }

  #of(placed: Placed): FoundReport {
    const { partition, report, isChosenReport } = placed;
    const found = this.#found.get(reportKey(placed)) ?? {
      partition,
      report,
      isChosenReport,
      tally: new Tally(partition),
      manifestRequestsFiles: false,
      isLeftOut: false,
    };
    this.#found.set(reportKey(placed), found);
    return found;
  }
}
