import type { Delivery } from './delivery.ts';
import type { VersionsOfLedger } from './ledger.ts';
import type { VersionRecord } from './versionRecord.ts';

/**
 * What is known of the files of a delivery: of each that is pinned its version, of each other all
 * versions of the object. It costs what the delivery is large, however many came before it.
 */
export async function versionsOfDelivery(
  ledger: Pick<VersionsOfLedger, 'versionsById' | 'versionsOfObjects'>,
  { partition, files }: Pick<Delivery, 'partition' | 'files'>,
): Promise<VersionRecord[]> {
  const pinned = files.flatMap(({ versionId }) => versionId ?? []);
  const unpinned = files.filter(({ versionId }) => versionId === undefined);
  return [...(await ledger.versionsById(partition, pinned)), ...(await ledger.versionsOfObjects(partition, unpinned))];
}
