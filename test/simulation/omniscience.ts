import type { Ledger } from '../../src/ledger/ledger.ts';
import type { PartitionPlan } from './scenario.ts';
import type { SimulatedBuckets } from './simulatedStore.ts';
import type { SimulatedWarehouse } from './simulatedWarehouse.ts';

/** What the oracle may look at: the world as it is, not as the workflows see it. */
export interface Omniscience {
  readonly ledger: Ledger;
  readonly warehouse: SimulatedWarehouse;
  readonly buckets: SimulatedBuckets;
  /** What the reactor takes for the time. */
  readonly now: () => number;
  readonly maxWaitSeconds: number;
  /** Whether a partition cannot get over its trouble now. */
  readonly isStuck: (plan: PartitionPlan) => boolean;
  /** How often in a row runs may be fenced off by an epoch that the ledger has not handed out. */
  readonly fencedOffAtMost: number;
}
