import { counted } from '../billing/counted.ts';
import { hasChanges } from '../ledger/partitionRecord.ts';
import { isStaged, type StagedVersion } from '../ledger/versionRecord.ts';
import { AccessDenied, type ListedObject, ObjectChanged, ObjectGone, type ObjectRef } from '../staging/objectStore.ts';
import type { Staging } from '../staging/staging.ts';
import { allPartitions } from './outcome.ts';

/** A staged copy that a version of the ledger stands for, and whether its rows are still to be read. */
interface Owned {
  readonly version: StagedVersion;
  readonly isToBeLoaded: boolean;
}

/** A key as stagedKey.ts makes it: whatever else lies in the folder is somebody else's, and stays. */
const STAGED_KEY = /^year=\d{4}\/month=\d{2}\/payer-\d{12}\/[^/]+-[0-9a-f]{16}(-\d+)?\.parquet$/;

/**
 * Deletes the staged copies that cannot be relied on; the discovery that follows makes them again, from their sources.
 * Nothing says that a copy is what was written: after a power cut it may be empty, and a disk may have changed it.
 *
 *   no version counts on it   deleted: a process was killed before it could note it, or the ledger was lost
 *   of another size           deleted
 *   its rows are to be read   held against its source, byte by byte, and deleted where it differs
 *   else                      trusted: what readers see was loaded from it, and verified
 *
 * One whose source has another content by now stays: there is nothing to make it from. Answers a sentence for each
 * damaged copy, and one for all that nobody owns.
 */
export async function removeDoubtfulCopies(staging: Staging): Promise<string[]> {
  const { store, stagingBucket } = staging;
  const owned = await ownedCopies(staging);
  const said: string[] = [];
  let unowned = 0;
  for await (const page of store.list(stagingBucket, '')) {
    for (const copy of page) {
      const owner = owned.get(copy.key);
      if (owner ? !(await isDamaged(staging, copy, owner)) : !STAGED_KEY.test(copy.key)) continue;
      await store.delete({ bucket: stagingBucket, key: copy.key });
      if (owner) said.push(`the staged copy ${copy.key} is damaged, and made again from ${owner.version.source.key}`);
      else unowned += 1;
    }
  }
  if (unowned === 0) return said;
  const copies = counted(unowned, 'staged copy', 'staged copies');
  return [...said, `deleted ${copies} that the ledger does not count on: what is needed is copied again`];
}

async function ownedCopies({ ledger }: Staging): Promise<Map<string, Owned>> {
  const owned = new Map<string, Owned>();
  for (const record of await allPartitions(ledger)) {
    const isToBeLoaded = hasChanges(record);
    for (const version of await ledger.versions(record.partition)) {
      if (isStaged(version)) owned.set(version.outcome.stagedKey, { version, isToBeLoaded });
    }
  }
  return owned;
}

/** Whether a copy is another content than its source's. Nothing is concluded from a source that cannot be read. */
async function isDamaged({ store, stagingBucket }: Staging, copy: ListedObject, owner: Owned): Promise<boolean> {
  const { bucket, key, etag, sizeBytes } = owner.version.source;
  if (copy.sizeBytes === sizeBytes && !owner.isToBeLoaded) return false;
  try {
    const source = { bucket, key, etag };
    if (copy.sizeBytes !== sizeBytes) return (await store.read(source, { start: 0, end: 1 })).etag === etag;
    return !(await isSame(store, source, { bucket: stagingBucket, key: copy.key }, sizeBytes));
  } catch (error) {
    const isUnknown = [ObjectGone, ObjectChanged, AccessDenied].some((kind) => error instanceof kind);
    if (isUnknown) return false;
    throw error;
  }
}

/** So much of a file is in memory at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;

async function isSame(store: Staging['store'], one: ObjectRef, other: ObjectRef, sizeBytes: number): Promise<boolean> {
  for (let start = 0; start < sizeBytes; start += PIECE_BYTES) {
    const range = { start, end: Math.min(start + PIECE_BYTES, sizeBytes) };
    const [ours, theirs] = [await store.read(one, range), await store.read(other, range)];
    if (Buffer.compare(ours.bytes, theirs.bytes) !== 0) return false;
  }
  return true;
}
