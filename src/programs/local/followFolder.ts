import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Partition, partitionName } from '../../billing/partition.ts';
import { compareVersions, objectName, type SourceVersion, versionIdOf } from '../../billing/version.ts';
import { replaceVersion, withdrawVersion } from '../../copy/withdrawVersion.ts';
import type { VersionRecord } from '../../ledger/versionRecord.ts';
import { copyRequest } from '../../queue/copyMessage.ts';
import type { Input } from './input.ts';
import { allPartitions } from './outcome.ts';
import type { SetAside } from './setAside.ts';
import type { Stack } from './stack.ts';

/**
 * What is known of an object under whose path another content lies now: which one counts, their
 * times do not say.
 */
interface Overtaken {
  readonly version: VersionRecord;
  readonly now: SourceVersion;
}

/**
 * What following a folder has found. `overtaken` is for followReplaced, once the other contents are
 * staged.
 */
export interface Followed {
  readonly doubts: readonly string[];
  readonly overtaken: readonly Overtaken[];
}

const GONE = 'it is not in the folder any more';
const REPLACED = 'another file has taken its place';

/**
 * A person's folder is the truth: what is not there any more counts no more, and another content at
 * the same path is the newer one, whatever its time says (`cp -p`, `rsync -t` and `tar` keep the
 * old one). What has come back counts again, and a delivery whose manifest is gone no longer
 * counts. Nothing is concluded from what could not be read, nor from a folder that is empty as a
 * whole: that is what a drive looks like that is not mounted; then the answer has a doubt.
 */
export async function followFolder(input: Input, stack: Stack, setAside: SetAside): Promise<Followed> {
  const listed = await listAll(input, stack);
  const records = await allPartitions(stack.ledger);
  const known = await Promise.all(records.map(({ partition }) => stack.ledger.versions(partition)));
  const isOfInput = ({ source }: VersionRecord) => input.buckets.has(source.bucket);
  const isUnreadable = await unreadableOf(input, setAside);
  const versions = known.flat().filter((version) => isOfInput(version) && !isUnreadable(version.source));
  const counting = versions.filter(({ outcome }) => outcome.status === 'staged' && outcome.withdrawn === undefined);
  if (listed.size === 0 && counting.length > 0) {
    const known =
      counting.length === 1 ? '1 file of it is known: it stays' : `${counting.length} files of it are known: they stay`;
    return {
      doubts: [
        `${[...input.buckets.values()].join(', ')} is empty, and ${known} as before; ` +
          'if it is meant to be empty, --forget or --reset takes out what is known',
      ],
      overtaken: [],
    };
  }
  const overtaken: Overtaken[] = [];
  const leftOut = input.leftOut();
  for (const version of versions) {
    if (leftOut.has(version.source.key)) continue;
    const now = listed.get(objectName(version.source));
    if (!now) await followGone(version, stack);
    else if (versionIdOf(now) === version.id) await followBack(version, stack);
    else overtaken.push({ version, now });
  }
  const deliveries = records.filter(({ delivery }) => delivery && input.buckets.has(delivery.manifest.bucket));
  for (const { partition, delivery } of deliveries) {
    if (!delivery || isUnreadable(delivery.manifest)) continue;
    await followManifest(partition, delivery.manifest, listed.get(objectName(delivery.manifest)), stack);
  }
  await followRefilled(listed, stack);
  return { doubts: [], overtaken };
}

/**
 * Has contents count that have taken the place of others, also where these are newer by their time,
 * or of another payer or month. Not before the ledger knows what takes the place: until then
 * readers see what they saw.
 */
export async function followReplaced(overtaken: readonly Overtaken[], input: Input, { staging }: Stack): Promise<void> {
  for (const { version, now } of overtaken) {
    if (version.replaced) continue;
    const place = input.place(now.bucket, now.key);
    if (place.is !== 'data' && place.is !== 'manifest') continue;
    const isElsewhere = partitionName(place.partition) !== partitionName(version.partition);
    if (!isElsewhere && compareVersions(now, version.source) > 0) continue;
    const known = await staging.ledger.version(place.partition, versionIdOf(now));
    const isDelivery = (await staging.ledger.partition(place.partition))?.delivery?.manifest.etag === now.etag;
    if (!known && !isDelivery) continue;
    if (isElsewhere && version.outcome.status === 'staged') await withdrawVersion(staging, version, REPLACED);
    else await replaceVersion(staging, version);
  }
}

/** What is known of the objects under these paths, where another content lies now. */
export async function overtakenAt(
  locations: readonly SourceVersion[],
  { ledger }: Pick<Stack, 'ledger'>,
): Promise<Overtaken[]> {
  const listed = new Map(locations.map((now) => [objectName(now), now]));
  const overtaken: Overtaken[] = [];
  for (const { partition } of await allPartitions(ledger)) {
    for (const version of await ledger.versions(partition)) {
      const now = listed.get(objectName(version.source));
      if (now && versionIdOf(now) !== version.id) overtaken.push({ version, now });
    }
  }
  return overtaken;
}

async function listAll(input: Input, { staging }: Stack): Promise<Map<string, SourceVersion>> {
  const listed = new Map<string, SourceVersion>();
  for (const bucket of input.buckets.keys()) {
    for await (const page of staging.store.list(bucket, '')) {
      for (const object of page) listed.set(objectName({ bucket, key: object.key }), { bucket, ...object });
    }
  }
  return listed;
}

/**
 * Whether an object may be there although it was not listed: it, or a folder above it, could not be
 * read.
 */
type IsUnreadable = (object: Pick<SourceVersion, 'bucket' | 'key'>) => boolean;

/**
 * Paths are set aside as they are walked, which is with the links on the way to the folder
 * resolved, or as they are watched.
 */
async function unreadableOf({ buckets }: Input, setAside: SetAside): Promise<IsUnreadable> {
  const roots = new Map<string, readonly string[]>();
  for (const [bucket, folder] of buckets) {
    roots.set(bucket, [folder, await realpath(folder).catch(() => folder)]);
  }
  const unreadable = setAside.paths().map((one) => one.replace(/\/+$/, ''));
  return ({ bucket, key }) => {
    const paths = (roots.get(bucket) ?? []).map((root) => join(root, key));
    return paths.some((path) => unreadable.some((one) => path === one || path.startsWith(`${one}/`)));
  };
}

async function followGone(version: VersionRecord, { staging }: Stack): Promise<void> {
  await withdrawVersion(staging, version, GONE);
}

async function followBack({ outcome, replaced, source }: VersionRecord, { sourceQueue }: Stack): Promise<void> {
  const isWithdrawn = outcome.status === 'staged' && outcome.withdrawn !== undefined;
  if (!isWithdrawn && !replaced) return;
  const { bucket, key, etag, sizeBytes } = source;
  await sourceQueue.send([{ body: copyRequest('copy', { bucket, key, etag, sizeBytes }) }]);
}

/**
 * A file that a delivery names and that was looked at before it had come: it is no newer than the
 * manifest, and another content than the delivery was fixed to. The manifest is read again; until
 * then readers see what they saw.
 */
export async function followRefilled(listed: ReadonlyMap<string, SourceVersion>, stack: Stack): Promise<void> {
  const { ledger, staging } = stack;
  for (const { partition, delivery: progress } of await allPartitions(ledger)) {
    const delivery = progress && (await ledger.delivery(partition, progress.id));
    if (!delivery) continue;
    const { manifest, executionId } = delivery;
    const keys = delivery.files.flatMap(({ bucket, key, versionId }) => {
      const now = listed.get(objectName({ bucket, key }));
      const isOther = now !== undefined && versionId !== undefined && versionIdOf(now) !== versionId;
      return isOther && now.lastModified <= manifest.lastModified ? [key] : [];
    });
    if (keys.length === 0) continue;
    await ledger.reopen(partition, { by: 'delivery-refilled', forgetDeliveries: true }, staging.now());
    staging.report({ what: 'delivery-unsure', partition, executionId, keys });
    const { bucket, key, etag, sizeBytes } = manifest;
    await stack.sourceQueue.send([{ body: copyRequest('copy', { bucket, key, etag, sizeBytes }) }]);
  }
}

async function followManifest(
  partition: Partition,
  manifest: SourceVersion,
  now: SourceVersion | undefined,
  { ledger, staging }: Stack,
): Promise<void> {
  const isReplaced =
    now !== undefined && versionIdOf(now) !== versionIdOf(manifest) && compareVersions(now, manifest) < 0;
  if (now && !isReplaced) return;
  await ledger.reopen(partition, { by: 'manifest-gone', forgetDeliveries: true }, staging.now());
  staging.report({ what: 'file-withdrawn', partition, key: manifest.key, reason: now ? REPLACED : GONE });
}
