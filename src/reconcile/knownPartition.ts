import type { Moment } from '../base/moment.ts';
import { type Partition, partitionPrefix } from '../billing/partition.ts';
import { objectName, type SourceVersion, type VersionId, versionIdOf } from '../billing/version.ts';
import { versionIdIn } from '../copy/stagedKey.ts';
import { setWithoutManifest } from '../ledger/currentSet.ts';
import type { Delivery } from '../ledger/delivery.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { StagedOutcome, VersionRecord } from '../ledger/versionRecord.ts';
import { isUsable } from '../ledger/versionRecord.ts';
import type { ObjectStore } from '../store/objectStore.ts';

/** What knowing takes. */
export interface Knowing {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly stagingBucket: string;
}

/**
 * What the ledger knows of a partition, and which copies lie in the staging bucket. What was
 * superseded is deleted from there after a grace time, so that this is as large as what is current,
 * however many deliveries there were before.
 */
export interface KnownPartition {
  readonly partition: Partition;
  readonly record: PartitionRecord | undefined;
  /** The copies by their keys. */
  readonly copies: ReadonlyMap<string, StagedCopy>;
  /** The versions that own them. */
  readonly owners: ReadonlyMap<VersionId, VersionRecord>;
  /** Objects of which some content is staged: see objectName. */
  readonly stagedObjects: ReadonlySet<string>;
  /** The keys that the newest delivery known names. */
  readonly deliveryKeys: ReadonlySet<string>;
  /**
   * The objects that make up what is published, or would be: those that the complete delivery
   * names, else the newest of each key that is staged.
   */
  readonly countedObjects: ReadonlySet<string>;
}

interface StagedCopy {
  readonly lastModified: Moment;
  /** What became of its version, if that owns it. */
  readonly owner: StagedOutcome | undefined;
}

/** What the ledger knows of some files of a source. */
export interface KnownFiles {
  readonly versions: ReadonlyMap<VersionId, VersionRecord>;
  /** Those that are staged, says the ledger, and whose copies are gone. */
  readonly lost: ReadonlySet<VersionId>;
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

/** Lists a partition's copies, and asks the ledger about it and them. */
export async function knowPartition(knowing: Knowing, partition: Partition): Promise<KnownPartition> {
  const { ledger } = knowing;
  const record = await ledger.partition(partition);
  const listed = await listCopies(knowing, partition);
  const made = await ledger.versionsById(
    partition,
    [...listed.keys()].flatMap((key) => versionIdIn(key) ?? []),
  );
  const [copies, owners] = [new Map<string, StagedCopy>(), new Map<VersionId, VersionRecord>()];
  for (const [key, lastModified] of listed) copies.set(key, { lastModified, owner: undefined });
  for (const version of made) {
    const { id, outcome } = version;
    const copy = outcome.status === 'staged' ? copies.get(outcome.stagedKey) : undefined;
    if (outcome.status !== 'staged' || !copy) continue;
    owners.set(id, version);
    copies.set(outcome.stagedKey, { ...copy, owner: outcome });
  }
  const delivery = record?.delivery && (await ledger.delivery(partition, record.delivery.id));
  return {
    partition,
    record,
    copies,
    owners,
    stagedObjects: new Set([...owners.values()].filter(isUsable).map(({ source }) => objectName(source))),
    deliveryKeys: new Set(delivery?.files.map(({ key }) => key)),
    countedObjects: new Set((await countedFiles(ledger, record, delivery, owners)).map(objectName)),
  };
}

/**
 * The files of the complete delivery, which is mostly the newest one known; without any delivery
 * those of the set that is staged.
 */
async function countedFiles(
  ledger: Ledger,
  record: PartitionRecord | undefined,
  newest: Delivery | undefined,
  owners: KnownPartition['owners'],
): Promise<readonly Pick<SourceVersion, 'bucket' | 'key'>[]> {
  const complete = record?.completeDelivery;
  if (record && complete) {
    const delivery = complete.id === newest?.id ? newest : await ledger.delivery(record.partition, complete.id);
    return delivery?.files ?? [];
  }
  if (record?.delivery) return [];
  const set = setWithoutManifest([...owners.values()], record?.report);
  return set.is === 'set' ? set.files.map(({ source }) => source) : [];
}

/**
 * Asks the ledger about some files of a partition, those of a page. A copy that was made after the
 * copies were listed is not lost: they are listed again where one seems to be.
 */
export async function knowFiles(
  knowing: Knowing,
  { partition, copies, owners }: KnownPartition,
  sources: readonly Pick<SourceVersion, 'bucket' | 'key' | 'etag'>[],
): Promise<KnownFiles> {
  const ids = sources.map(versionIdOf);
  const others = await knowing.ledger.versionsById(
    partition,
    ids.filter((id) => !owners.has(id)),
  );
  const staged = others.filter(({ outcome }) => outcome.status === 'staged' && !copies.has(outcome.stagedKey));
  const listed = staged.length > 0 ? await listCopies(knowing, partition) : new Map();
  const lost = staged.filter(({ outcome }) => outcome.status === 'staged' && !listed.has(outcome.stagedKey));
  const versions = new Map(others.map((version) => [version.id, version]));
  for (const id of ids) {
    const owner = owners.get(id);
    if (owner) versions.set(id, owner);
  }
  return { versions, lost: new Set(lost.map(({ id }) => id)) };
}

/** How the content that a source has under a key now stands; it is one of the files. */
export function stateOfFile(
  { stagedObjects }: KnownPartition,
  { versions, lost }: KnownFiles,
  source: Pick<SourceVersion, 'bucket' | 'key' | 'etag'>,
): FileState {
  const id = versionIdOf(source);
  switch (versions.get(id)?.outcome.status) {
    case 'quarantined':
      return 'quarantined';
    case 'set-aside':
      return 'setAside';
    case 'empty':
      return 'upToDate';
    case 'staged':
      return lost.has(id) ? 'missing' : 'upToDate';
    default:
      return stagedObjects.has(objectName(source)) ? 'stale' : 'missing';
  }
}

/** Copies that no version owns, last written before a moment (milliseconds since 1970). */
export function unownedCopies({ copies }: KnownPartition, before: Moment): string[] {
  return [...copies].flatMap(([key, { owner, lastModified }]) => (!owner && lastModified < before ? key : []));
}

/** Since when each lies there, by its key: milliseconds since 1970. */
async function listCopies(
  { store, stagingBucket }: Knowing,
  partition: Partition,
): Promise<ReadonlyMap<string, Moment>> {
  const copies = new Map<string, Moment>();
  for await (const page of store.list(stagingBucket, partitionPrefix(partition))) {
    for (const { key, lastModified } of page) copies.set(key, lastModified);
  }
  return copies;
}
