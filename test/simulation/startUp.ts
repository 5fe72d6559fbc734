import type { Partition } from '../../src/billing/partition.ts';
import type { Source } from '../../src/billing/source.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { compareWarehouse } from '../../src/programs/local/compareWarehouse.ts';
import { discoverSource } from '../../src/reconcile/discover.ts';
import { knowPartition } from '../../src/reconcile/knownPartition.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';

/** What a process that starts works with. */
export interface StartUp {
  readonly staging: CopyServices;
  readonly warehouse: Warehouse;
  readonly sources: readonly Source[];
  readonly compare: typeof compareWarehouse;
}

/**
 * What the embedded reactor does when it starts (local/feed.ts): it compares the warehouse with the
 * ledger, looks at the sources and the staged copies, and sweeps.
 */
export async function startUp({ staging, warehouse, sources, compare }: StartUp): Promise<void> {
  const compared = { published: warehouse.published.bind(warehouse), summary: () => rowsOf(staging), forget: nothing };
  await compare({ ledger: staging.ledger, warehouse: compared, staging });
  const scope = {
    full: true,
    know: (partition: Partition) => knowPartition(staging, partition),
  };
  for (const source of sources) await discoverSource(staging, source, scope);
  await sweep(staging);
}

/** The simulated warehouse has no rows of its own that could be lost beside its files. */
async function rowsOf({ ledger }: CopyServices) {
  const records = [];
  for (const period of await ledger.periods()) records.push(...(await ledger.partitions(period)));
  return records.map(({ partition, published }) => ({ ...partition, rows: published?.rows ?? 0 }));
}

async function nothing(): Promise<void> {}
