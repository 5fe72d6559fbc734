import { type Partition, partitionPrefix } from '../../billing/partition.ts';
import type { CopyServices } from '../../copy/services.ts';
import type { VersionRecord } from '../../ledger/versionRecord.ts';
import { isStaged } from '../../ledger/versionRecord.ts';
import { copyRequest } from '../../queue/copyMessage.ts';
import type { ListedObject } from '../../store/objectStore.ts';

/**
 * Has copies of a partition made again that are gone, or are not as large as what they were copied
 * from. Whose source is gone as well, or has another content, stays lost: the partition says which
 * file that is.
 */
export async function restoreLostCopies(staging: CopyServices, partition: Partition): Promise<void> {
  const { ledger, copyQueue } = staging;
  const intact = await removeDamagedCopies(staging, partition);
  const lost = (await ledger.versions(partition)).filter((version) => isLost(version, intact));
  const messages = lost.map(({ source: { bucket, key, etag, sizeBytes } }) => ({
    body: copyRequest('restore-copy', { bucket, key, etag, sizeBytes }),
    group: partition.payer,
  }));
  await copyQueue.send(messages);
}

/**
 * Removes staged copies of a partition that are not as large as what they were copied from: after a
 * power failure, what was written last may be cut off or empty. They are lost then, and made again.
 * Answers the keys of those that stay.
 */
async function removeDamagedCopies(staging: CopyServices, partition: Partition): Promise<ReadonlySet<string>> {
  const { store, ledger, stagingBucket, report } = staging;
  const copies = new Map<string, ListedObject>();
  for await (const page of store.list(stagingBucket, partitionPrefix(partition))) {
    for (const copy of page) copies.set(copy.key, copy);
  }
  for (const { outcome, source } of await ledger.versions(partition)) {
    const copy = outcome.status === 'staged' ? copies.get(outcome.stagedKey) : undefined;
    if (!copy || copy.sizeBytes === source.sizeBytes) continue;
    await store.delete({ bucket: stagingBucket, key: copy.key });
    copies.delete(copy.key);
    const { key, sizeBytes: expectedBytes } = source;
    report({ what: 'copy-damaged', partition, key, sizeBytes: copy.sizeBytes, expectedBytes });
  }
  return new Set(copies.keys());
}

function isLost(version: VersionRecord, intact: ReadonlySet<string>): boolean {
  return isStaged(version) && !intact.has(version.outcome.stagedKey);
}
