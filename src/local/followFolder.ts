import { join } from 'node:path';
import { objectCreatedEvent } from '../billing/objectCreated.ts';
import { compareVersions, objectName, type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { VersionRecord } from '../ledger/ledger.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import { withdrawVersion } from '../staging/withdrawVersion.ts';
import type { Input } from './input.ts';
import { allPartitions } from './outcome.ts';
import type { SetAside } from './setAside.ts';
import type { Stack } from './stack.ts';

const GONE = 'it is not in the folder any more';
const REPLACED = 'another file has taken its place';

/**
 * A person's folder is the truth: what is not there any more counts no more, and another content at the same path is the
 * newer one, whatever its time says (`cp -p`, `rsync -t` and `tar` keep the old one). What has come back counts again, and
 * a delivery whose manifest is gone is none. Nothing is concluded from what could not be read, nor from a folder that is
 * empty as a whole: that is what a drive looks like that is not mounted. Answers what to say of that.
 */
export async function followFolder(input: Input, stack: Stack, setAside: SetAside): Promise<string[]> {
  const listed = await listAll(input, stack);
  const records = await allPartitions(stack.ledger);
  const known = await Promise.all(records.map(({ partition }) => stack.ledger.versions(partition)));
  const isOfInput = ({ source }: VersionRecord) => input.buckets.has(source.bucket);
  const versions = known
    .flat()
    .filter((version) => isOfInput(version) && !isUnreadable(version.source, input, setAside));
  const counting = versions.filter(({ outcome }) => outcome.status === 'staged' && outcome.withdrawn === undefined);
  if (listed.size === 0 && counting.length > 0) {
    return [
      `${[...input.buckets.values()].join(', ')} is empty, and ${counting.length} files of it are known: they stay as they are; ` +
        'if that is right, --forget or --reset takes them out',
    ];
  }
  const leftOut = input.leftOut();
  for (const version of versions) {
    if (!leftOut.has(version.source.key)) await follow(version, listed.get(objectName(version.source)), stack);
  }
  for (const record of records) await followManifest(record, listed, input, stack);
  return [];
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

/** What lies below a folder that could not be read was not listed, and may well be there. */
function isUnreadable({ bucket, key }: SourceVersion, { buckets }: Input, setAside: SetAside): boolean {
  const path = join(buckets.get(bucket) ?? '', key);
  return setAside.paths().some((one) => path === one || path.startsWith(`${one}/`));
}

async function follow(version: VersionRecord, now: SourceVersion | undefined, stack: Stack): Promise<void> {
  const { outcome, source, id } = version;
  if (outcome.status !== 'staged') return;
  if (!now) return withdrawVersion(stack.staging, version, GONE);
  const isSame = versionIdOf(now) === id;
  if (isSame && outcome.withdrawn !== undefined) {
    const { bucket, key, etag, sizeBytes } = now;
    const body = objectCreatedEvent('cur-reactor', { bucket, key, etag, sizeBytes, reason: 'back' });
    return stack.sourceQueue.send([{ body }]);
  }
  if (!isSame && compareVersions(now, source) < 0) await withdrawVersion(stack.staging, version, REPLACED);
}

async function followManifest(
  { partition, delivery }: PartitionRecord,
  listed: ReadonlyMap<string, SourceVersion>,
  input: Input,
  { ledger, staging }: Stack,
): Promise<void> {
  if (!delivery || !input.buckets.has(delivery.manifest.bucket)) return;
  const now = listed.get(objectName(delivery.manifest));
  const isReplaced =
    now !== undefined &&
    versionIdOf(now) !== versionIdOf(delivery.manifest) &&
    compareVersions(now, delivery.manifest) < 0;
  if (now && !isReplaced) return;
  await ledger.reopen(partition, { by: 'manifest-gone', forgetDeliveries: true }, staging.now());
  const reason = now ? REPLACED : GONE;
  staging.report({ what: 'file-withdrawn', partition, key: delivery.manifest.key, reason });
}
