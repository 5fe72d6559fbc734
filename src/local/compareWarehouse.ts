import { partitionName } from '../billing/partition.ts';
import { setIdOf } from '../ledger/partitionRecord.ts';
import type { Stack } from './stack.ts';

/**
 * Compares what the ledger says was published with what the warehouse shows, which may have been deleted or damaged, or be
 * behind after a power cut. Where they differ the partition is published anew: its files are loaded from their staged
 * copies. Answers which months the warehouse shows that the ledger knows nothing of.
 */
export async function compareWarehouse({ ledger, warehouse, staging }: Stack): Promise<string[]> {
  for (const period of await ledger.periods()) {
    const published = (await ledger.partitions(period)).filter((record) => record.published !== undefined);
    const payers = published.map(({ partition }) => partition.payer);
    const sets = payers.length === 0 ? new Map() : await warehouse.published(period, payers);
    for (const { partition, published: set } of published) {
      const shown = sets.get(partition.payer);
      if (shown && setIdOf(shown.stagedKeys) === set?.setId) continue;
      await ledger.reopen(partition, { by: 'warehouse-behind', forgetDeliveries: false }, staging.now());
      staging.report({ what: 'warehouse-behind', partition });
    }
  }
  const known = new Set<string>();
  for (const period of await ledger.periods()) {
    for (const { partition } of await ledger.partitions(period)) known.add(partitionName(partition));
  }
  const unknown = new Set((await warehouse.summary()).map(partitionName).filter((name) => !known.has(name)));
  return [...unknown].map(
    (name) => `the warehouse shows ${name}, and the ledger knows nothing of it: the ledger was lost, or restored`,
  );
}
