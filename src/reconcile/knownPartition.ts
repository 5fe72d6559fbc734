import { type Partition, partitionPrefix } from '../billing/partition.ts';
import { objectName, type SourceVersion, type VersionId, versionIdOf } from '../billing/version.ts';
import { setWithoutManifest } from '../ledger/currentSet.ts';
import type { Delivery } from '../ledger/delivery.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import { isUsable } from '../ledger/versionRecord.ts';
import type { ListedObject, ObjectStore } from '../store/objectStore.ts';

/** What the ledger knows of a partition, and which copies lie in the staging bucket. */
export interface KnownPartition {
  readonly partition: Partition;
  readonly record: PartitionRecord | undefined;
  readonly versions: ReadonlyMap<VersionId, VersionRecord>;
  /** Objects of which some content is staged, or known to be empty: see objectName. */
  readonly stagedObjects: ReadonlySet<string>;
  /** The keys that the newest delivery known names. */
  readonly deliveryKeys: ReadonlySet<string>;
  /**
   * The objects that make up what is published, or would be: those that the complete delivery
   * names, else the newest of each key.
   */
  readonly countedObjects: ReadonlySet<string>;
  /** What lies under the partition's prefix in the staging bucket; undefined when nobody looked. */
  readonly copies: ReadonlyMap<string, ListedObject> | undefined;
}

/**
 * How a file of a source stands.
 *
 *   upToDate      this content is staged, or is empty
 *   stale         an older content of it is staged
 *   missing       nothing of it is staged, or the staged copy is gone
 *   quarantined   this content was read and cannot be used
 *   setAside      this content was read and is no part of a bill
 */
export type FileState = 'upToDate' | 'stale' | 'missing' | 'quarantined' | 'setAside';

/**
 * Asks the ledger about a partition and, where the staging bucket is named, lists the partition's
 * copies.
 */
export async function knowPartition(
  { ledger, store }: { readonly ledger: Ledger; readonly store: ObjectStore },
  partition: Partition,
  stagingBucket?: string,
): Promise<KnownPartition> {
  const record = await ledger.partition(partition);
  const versions = await ledger.versions(partition);
  // Listed after the versions were read: whatever they say is staged was copied before.
  const copies = stagingBucket === undefined ? undefined : await listCopies(store, stagingBucket, partition);
  const delivery = record?.delivery && (await ledger.delivery(partition, record.delivery.id));
  return {
    partition,
    record,
    versions: new Map(versions.map((version) => [version.id, version])),
    stagedObjects: new Set(versions.filter(isUsable).map(({ source }) => objectName(source))),
    deliveryKeys: new Set(delivery?.files.map(({ key }) => key)),
    countedObjects: new Set((await countedFiles(ledger, record, delivery, versions)).map(objectName)),
    copies,
  };
}

/**
 * The files of the complete delivery, which is mostly the newest one known; without any delivery
 * those of the set.
 */
async function countedFiles(
  ledger: Ledger,
  record: PartitionRecord | undefined,
  newest: Delivery | undefined,
  versions: readonly VersionRecord[],
): Promise<readonly Pick<SourceVersion, 'bucket' | 'key'>[]> {
  const complete = record?.completeDelivery;
  if (record && complete) {
    const delivery = complete.id === newest?.id ? newest : await ledger.delivery(record.partition, complete.id);
    return delivery?.files ?? [];
  }
  if (record?.delivery) return [];
  const set = setWithoutManifest(versions, record?.report);
  return set.is === 'set' ? set.files.map(({ source }) => source) : [];
}

/** How the content that a source has under a key now stands. */
export function stateOfFile(known: KnownPartition, source: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>): FileState {
  const outcome = known.versions.get(versionIdOf(source))?.outcome;
  if (outcome?.status === 'quarantined') return 'quarantined';
  if (outcome?.status === 'set-aside') return 'setAside';
  if (outcome?.status === 'empty') return 'upToDate';
  if (outcome?.status === 'staged') return isLost(known, outcome.stagedKey) ? 'missing' : 'upToDate';
  return known.stagedObjects.has(objectName(source)) ? 'stale' : 'missing';
}

/** Whether the content is staged, says the ledger, and its copy is gone. */
export function isCopyLost(known: KnownPartition, source: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>): boolean {
  const outcome = known.versions.get(versionIdOf(source))?.outcome;
  return outcome?.status === 'staged' && isLost(known, outcome.stagedKey);
}

/** Copies that no version owns, last written before a moment (milliseconds since 1970). */
export function unownedCopies({ copies, versions }: KnownPartition, before: number): string[] {
  if (!copies) return [];
  const owned = new Set<string>();
  for (const { outcome } of versions.values()) if (outcome.status === 'staged') owned.add(outcome.stagedKey);
  return [...copies.values()]
    .filter(({ key, lastModified }) => !owned.has(key) && lastModified < before)
    .map(({ key }) => key);
}

function isLost({ copies }: KnownPartition, stagedKey: string): boolean {
  return copies !== undefined && !copies.has(stagedKey);
}

async function listCopies(
  store: ObjectStore,
  bucket: string,
  partition: Partition,
): Promise<Map<string, ListedObject>> {
  const copies = new Map<string, ListedObject>();
  for await (const page of store.list(bucket, partitionPrefix(partition))) {
    for (const object of page) copies.set(object.key, object);
  }
  return copies;
}
