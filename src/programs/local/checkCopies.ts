import type { Partition } from '../../billing/partition.ts';
import type { CopyServices } from '../../copy/services.ts';
import { isStagedKey } from '../../copy/stagedKey.ts';
import { hasChanges } from '../../ledger/partitionRecord.ts';
import { isStaged, type StagedVersion } from '../../ledger/versionRecord.ts';
import { AccessDenied, type ListedObject, ObjectChanged, ObjectGone, type ObjectRef } from '../../store/objectStore.ts';
import { allPartitions } from './outcome.ts';

/**
 * A staged copy that a version of the ledger stands for, and whether its rows are still to be read.
 */
interface Owned {
  readonly partition: Partition;
  readonly version: StagedVersion;
  readonly isToBeLoaded: boolean;
}

/**
 * Deletes the staged copies that cannot be relied on; the discovery that follows makes them again,
 * from their sources. Nothing says that a copy is what was written: after a power cut it may be
 * empty, and a disk may have changed it.
 *
 *   no version counts on it   deleted: a process was killed before it could note it, or the ledger was lost
 *   of another size           deleted
 *   its rows are to be read   held against its source, byte by byte, and deleted where it differs
 *   else                      trusted: what readers see was loaded from it, and verified
 *
 * One whose source has another content by now stays: there is nothing to make it from. So does what
 * is no staged copy by its key: somebody else has put it there. Reports each damaged copy; answers
 * how many nobody owned.
 */
export async function removeDoubtfulCopies(staging: CopyServices): Promise<number> {
  const { store, stagingBucket, report } = staging;
  const owned = await ownedCopies(staging);
  let unowned = 0;
  for await (const page of store.list(stagingBucket, '')) {
    for (const copy of page.filter(({ key }) => isStagedKey(key))) {
      const owner = owned.get(copy.key);
      if (owner && !(await isDamaged(staging, copy, owner))) continue;
      await store.delete({ bucket: stagingBucket, key: copy.key });
      if (!owner) {
        unowned += 1;
        continue;
      }
      const { key, sizeBytes: expectedBytes } = owner.version.source;
      report({ what: 'copy-damaged', partition: owner.partition, key, sizeBytes: copy.sizeBytes, expectedBytes });
    }
  }
  return unowned;
}

async function ownedCopies({ ledger }: CopyServices): Promise<Map<string, Owned>> {
  const owned = new Map<string, Owned>();
  for (const record of await allPartitions(ledger)) {
    const isToBeLoaded = hasChanges(record);
    for (const version of await ledger.versions(record.partition)) {
      if (isStaged(version))
        owned.set(version.outcome.stagedKey, { partition: record.partition, version, isToBeLoaded });
    }
  }
  return owned;
}

/**
 * Whether a copy is another content than its source's. Nothing is concluded from a source that
 * cannot be read.
 */
async function isDamaged({ store, stagingBucket }: CopyServices, copy: ListedObject, owner: Owned): Promise<boolean> {
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

async function isSame(
  store: CopyServices['store'],
  one: ObjectRef,
  other: ObjectRef,
  sizeBytes: number,
): Promise<boolean> {
  for (let start = 0; start < sizeBytes; start += PIECE_BYTES) {
    const range = { start, end: Math.min(start + PIECE_BYTES, sizeBytes) };
    const [ours, theirs] = [await store.read(one, range), await store.read(other, range)];
    if (Buffer.compare(ours.bytes, theirs.bytes) !== 0) return false;
  }
  return true;
}
