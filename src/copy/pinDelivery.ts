import { shortHash } from '../base/shortHash.ts';
import type { Manifest } from '../billing/manifest.ts';
import type { Partition } from '../billing/partition.ts';
import { type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Delivery, ExpectedFile } from '../ledger/delivery.ts';
import { awaitedKey } from '../ledger/partitionRecord.ts';
import type { VersionRecord } from '../ledger/versionRecord.ts';
import { isUsable } from '../ledger/versionRecord.ts';
import type { ListedObject } from '../store/objectStore.ts';

/**
 * A manifest, the object it was read from, and what its source and the ledger knew at that time.
 */
export interface ManifestSighting {
  readonly partition: Partition;
  readonly manifest: Manifest;
  readonly source: SourceVersion;
  /** The source's objects by key, as listed after the manifest was read. */
  readonly listed: ReadonlyMap<string, ListedObject>;
  readonly versions: readonly VersionRecord[];
  /**
   * Whether the delivery has a folder of its own: then nothing in it is ever overwritten by the
   * next one.
   */
  readonly ownFolder: boolean;
  /** When the manifest came to lie at its source, where that is known to differ from its time. */
  readonly placedAt?: number | undefined;
  /** The present, in milliseconds since 1970, and for how long nothing may have been written. */
  readonly now: number;
  readonly stillSeconds: number;
}

export interface PinnedDelivery {
  readonly delivery: Delivery;
  /** What of it is not staged: version ids, or awaitedKey of a file that is not there at all. */
  readonly awaited: readonly string[];
  /** Files of it that lie at the source and are not staged: to be requested. */
  readonly missing: readonly ListedObject[];
  /**
   * Keys of files newer than the manifest. They may be late, or belong to the next delivery
   * already.
   */
  readonly unsure: readonly string[];
  /** Keys of files that are not at the source. They may be late. */
  readonly absent: readonly string[];
  /** When the last of its files and its manifest was written: milliseconds since 1970. */
  readonly newestAt: number;
}

/**
 * Pins the names in a manifest to versions. A manifest lists names only, and comes after its files:
 * so what lies at the source and is no newer than the manifest is what it means. Something newer
 * says that the file was late, or that the next delivery has begun to overwrite this one. An older
 * version that the ledger may know proves nothing: the one that was meant may have been overwritten
 * before anybody saw it.
 *
 * Whatever copies a bucket may bring the manifest before its files, and keep their times: while
 * something of a delivery has just come to lie there, a file that has lain there for long may be
 * that of the delivery before.
 */
export function pinDelivery(sighting: ManifestSighting): PinnedDelivery {
  const { manifest, source, partition, versions } = sighting;
  const usable = new Set(versions.filter(isUsable).map(({ id }) => id));
  const placedAt = newestPlaced(sighting);
  const pinned = manifest.keys.map((key) => pinFile(sighting, key, placedAt));
  const files = pinned.map(({ file }) => file);
  const names = files.map(({ key, versionId }) => `${key}\0${versionId ?? ''}`);
  const id = shortHash([manifest.executionId, ...names].join('\n'));
  const waiting = pinned.filter(({ file }) => !file.versionId || !usable.has(file.versionId));
  return {
    delivery: { id, partition, executionId: manifest.executionId, manifest: source, files },
    awaited: waiting.map(({ file }) => file.versionId ?? awaitedKey(file)),
    missing: waiting.flatMap(({ object }) => object ?? []),
    unsure: pinned.filter(({ unsure }) => unsure).map(({ file }) => file.key),
    newestAt: placedAt ?? newestWritten(sighting),
    absent: pinned.filter(({ object }) => !object).map(({ file }) => file.key),
  };
}

interface PinnedFile {
  readonly file: ExpectedFile;
  readonly object?: ListedObject;
  readonly unsure: boolean;
}

function pinFile(sighting: ManifestSighting, key: string, newestPlacedAt: number | undefined): PinnedFile {
  const { source, listed, ownFolder, now, stillSeconds } = sighting;
  const { bucket } = source;
  const object = listed.get(key);
  if (!object) return { file: { bucket, key }, unsure: false };
  const stillMs = stillSeconds * 1000;
  const isAtWork = newestPlacedAt !== undefined && newestPlacedAt > now - stillMs;
  const hasLain = isAtWork && (object.placedAt ?? newestPlacedAt) < newestPlacedAt - stillMs;
  const unsure = !ownFolder && (object.lastModified > source.lastModified || hasLain);
  return { file: { bucket, key, versionId: versionIdOf({ bucket, ...object }) }, object, unsure };
}

/**
 * When the last of the delivery's objects came to lie at the source; undefined where that is not
 * known of any.
 */
function newestPlaced({ manifest, listed, placedAt }: ManifestSighting): number | undefined {
  const moments = [placedAt, ...manifest.keys.map((key) => listed.get(key)?.placedAt)].filter((at) => at !== undefined);
  return moments.length === 0 ? undefined : moments.reduce((newest, at) => Math.max(newest, at));
}

function newestWritten({ manifest, listed, source }: ManifestSighting): number {
  return manifest.keys.reduce(
    (newest, key) => Math.max(newest, listed.get(key)?.lastModified ?? 0),
    source.lastModified,
  );
}
