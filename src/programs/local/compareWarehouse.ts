import { type Partition, partitionName } from '../../billing/partition.ts';
import type { CopyServices } from '../../copy/services.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { hasChanges, type PartitionRecord, setIdOf } from '../../ledger/partitionRecord.ts';
import type { PublishedSet, Warehouse } from '../../warehouse/warehouse.ts';
import { allPartitions } from './outcome.ts';
import type { Stack } from './stack.ts';

/** What is compared, and who hears of it. */
interface Comparing {
  readonly ledger: Ledger;
  readonly warehouse: Pick<Warehouse, 'published'> & {
    /** How many rows readers see of each partition. */
    summary(): Promise<readonly (Partition & { readonly rows: number })[]>;
    /** Takes out all that is known of a partition. */
    forget(partition: Partition): Promise<unknown>;
  };
  readonly staging: Pick<CopyServices, 'now' | 'report'>;
}

/**
 * Compares what the ledger says was published with what the warehouse shows, which may have been
 * deleted or damaged, or be behind after a power cut. Where they differ, in the files or in the
 * number of rows, the partition is published again: its files are loaded from their staged copies.
 * The same set published by another run is not loaded again, but analysed again, because nobody
 * knows whether it was.
 */
export async function compareWarehouse({ ledger, warehouse, staging }: Comparing): Promise<void> {
  const rows = new Map<string, number>();
  for (const one of await warehouse.summary()) {
    rows.set(partitionName(one), (rows.get(partitionName(one)) ?? 0) + one.rows);
  }
  for (const period of await ledger.periods()) {
    const published = (await ledger.partitions(period)).filter((record) => record.published !== undefined);
    const payers = published.map(({ partition }) => partition.payer);
    const sets = payers.length === 0 ? undefined : await warehouse.published(period, payers);
    for (const record of published) {
      const { partition } = record;
      const difference = differenceOf(record, sets?.get(partition.payer), rows.get(partitionName(partition)) ?? 0);
      if (difference === undefined) continue;
      // Files whose rows are gone pass for loaded until all that is known of them is taken out.
      if (difference === 'rows') await warehouse.forget(partition);
      await ledger.reopen(partition, { by: 'warehouse-behind', forgetDeliveries: false }, staging.now());
      staging.report({ what: 'warehouse-behind', partition, redo: difference === 'run' ? 'analytics' : 'load' });
    }
  }
}

/** In what the warehouse differs from what was published of a partition. */
function differenceOf(
  record: PartitionRecord,
  shown: PublishedSet | undefined,
  rows: number,
): 'files' | 'rows' | 'run' | undefined {
  const { published } = record;
  if (shown === undefined || setIdOf(shown.stagedKeys) !== published?.setId) return 'files';
  if (rows !== published.rows) return 'rows';
  // A run that was cut off between its publish and the ledger is simply done again: its partition
  // is still dirty.
  return shown.epoch === published.epoch || hasChanges(record) ? undefined : 'run';
}

/**
 * Months that the warehouse shows and the ledger knows nothing of: it was lost, and their files are
 * gone as well.
 */
export async function unaccountedMonths({ ledger, warehouse }: Stack): Promise<string[]> {
  const known = new Set((await allPartitions(ledger)).map(({ partition }) => partitionName(partition)));
  const shown = new Set((await warehouse.publishedPartitions()).map(partitionName));
  return [...shown]
    .filter((name) => !known.has(name))
    .map(
      (name) => `the database shows ${name}, and no file accounts for it: the ledger was lost; --forget takes it out`,
    );
}
