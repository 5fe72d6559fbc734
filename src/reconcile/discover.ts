import { type Partition, partitionName } from '../billing/partition.ts';
import type { Source } from '../billing/source.ts';
import { compareText, objectName, type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Placed } from '../copy/services.ts';
import { compareDeliveries } from '../ledger/deliveryOrder.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { applyReportChoice } from '../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { type CopyRequest, copyRequest } from '../queue/copyMessage.ts';
import type { Queue } from '../queue/queue.ts';
import type { ListedObject } from '../store/objectStore.ts';
import { isCopyLost, type KnownPartition, knowPartition, stateOfFile } from './knownPartition.ts';
import type { Listing, PlacedObject } from './listPlaced.ts';
import type { MonthKnown } from './newestListing.ts';
import { listingOf, type SourceListing, type WantedOfSource } from './sourceListing.ts';
import { type PartitionTally, Tally } from './tally.ts';

/** What discovery works with. */
export interface DiscoveryServices extends Listing {
  readonly ledger: Ledger;
  readonly copyQueue: Queue<CopyRequest>;
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
 * partition, and what is known of one partition. What the scope leaves open is everything, without
 * old deliveries, and copies are not looked for. Throws AccessDenied or ObjectGone when the source
 * cannot be read.
 */
export async function discoverSource(
  services: DiscoveryServices,
  source: Pick<Source, 'bucket' | 'prefix'>,
  scope: Partial<DiscoveryScope> = {},
): Promise<Discovered> {
  const search = new SourceSearch(services, source, { ...everything(services), ...scope });
  await search.findManifests();
  await search.queueManifests();
  await search.queueData();
  const partitions = search.tallies();
  return { queued: partitions.reduce((sum, { queued }) => sum + queued, 0), partitions };
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

/** One report of one partition of the source under search. */
interface FoundReport {
  readonly partition: Partition;
  readonly report: string;
  readonly isChosenReport: boolean;
  readonly tally: Tally;
  /** The newest manifest at the source, and its folder where that is one delivery's own. */
  manifest?: SourceVersion;
  manifestFolder?: string | undefined;
  /** Its delivery requests the files that are missing: they are not queued one by one. */
  manifestRequestsFiles: boolean;
  /** Another report is the bill, and that this one exists is known. */
  isLeftOut: boolean;
}

class SourceSearch {
  readonly #services: DiscoveryServices;
  readonly #source: Pick<Source, 'bucket' | 'prefix'>;
  readonly #scope: DiscoveryScope;
  readonly #listing: SourceListing;
  readonly #found = new Map<string, FoundReport>();

  constructor(services: DiscoveryServices, source: Pick<Source, 'bucket' | 'prefix'>, scope: DiscoveryScope) {
    this.#services = services;
    this.#source = source;
    this.#scope = scope;
    this.#listing = listingOf(services, source, scope);
  }

  async findManifests(): Promise<void> {
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

  async queueManifests(): Promise<void> {
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

  async queueData(): Promise<void> {
    for await (const page of this.#listing.data((month) => this.#knownOf(month))) {
      const data = page.filter(({ placed }) => placed.is === 'data');
      const byReport = Map.groupBy(data, ({ placed }) => nameOf(placed));
      for (const objects of byReport.values()) await this.#queueReport(objects);
    }
  }

  async #knownOf(month: Placed): Promise<MonthKnown> {
    const found = this.#found.get(nameOf(month));
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
    const isNew = !this.#found.has(nameOf(first.placed));
    const found = this.#of(first.placed);
    if (isNew) await this.#choose(found);
    const known = await this.#scope.know(first.placed.partition);
    const [unknown, lost]: [ListedObject[], ListedObject[]] = [[], []];
    for (const { object, placed } of objects) {
      const name = objectName({ bucket, key: object.key });
      if (known.countedObjects.has(name)) found.tally.addSeen(name);
      const counts = !found.isLeftOut && (!isDeliveryKnown(known, found) || known.deliveryKeys.has(object.key));
      const state = counts ? stateOfFile(known, { bucket, ...object }) : undefined;
      found.tally.addFile(placed.ownFolder ? placed.folder : '', object, state);
      if (counts && isCopyLost(known, { bucket, ...object })) lost.push(object);
      else if (!found.isLeftOut && !found.manifestRequestsFiles && isNewContent(known, { bucket, ...object }))
        unknown.push(object);
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
    const found = this.#found.get(nameOf(placed)) ?? {
      partition,
      report,
      isChosenReport,
      tally: new Tally(partition),
      manifestRequestsFiles: false,
      isLeftOut: false,
    };
    this.#found.set(nameOf(placed), found);
    return found;
  }
}

function nameOf({ partition, report }: Placed): string {
  return `${partitionName(partition)} ${report}`;
}

function isNewer(a: SourceVersion, b: SourceVersion): boolean {
  const order = compareDeliveries({ id: '', executionId: '', manifest: a }, { id: '', executionId: '', manifest: b });
  return order > 0 || (order === 0 && compareText(a.key, b.key) > 0);
}

/**
 * Whether the newest delivery known came with this manifest: one that was quarantined may have been
 * read again since.
 */
function isOfDelivery(record: PartitionRecord | undefined, manifest: SourceVersion): boolean {
  return record?.delivery !== undefined && versionIdOf(record.delivery.manifest) === versionIdOf(manifest);
}

/**
 * Whether a manifest of the bill needs no more work: its delivery is complete, or a newer one is
 * known.
 */
function isWorkedOff(record: PartitionRecord | undefined, { report, manifest }: FoundReport): boolean {
  const delivery = record?.delivery;
  if (!delivery || !manifest || record.report !== report) return false;
  const order = compareDeliveries({ ...delivery, manifest }, delivery);
  return order < 0 || (order === 0 && delivery.awaited.length === 0);
}

/** Whether what the newest manifest names is known: then nothing else counts. */
function isDeliveryKnown({ record }: KnownPartition, { report, manifest }: FoundReport): boolean {
  const delivery = record?.report === report ? record.delivery : undefined;
  return (
    delivery !== undefined && manifest !== undefined && compareDeliveries({ ...delivery, manifest }, delivery) <= 0
  );
}

/**
 * Whether the ledger does not know this content, or only an earlier write of it: content that has
 * come back is new.
 */
function isNewContent({ versions }: KnownPartition, object: SourceVersion): boolean {
  const knownAt = versions.get(versionIdOf(object))?.source.lastModified;
  return knownAt === undefined || knownAt < object.lastModified;
}
