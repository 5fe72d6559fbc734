import type { SetTimer } from '../../src/base/timer.ts';
import type { FinalizeTimings } from '../../src/finalize/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { compareWarehouse } from '../../src/programs/local/compareWarehouse.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import type { Consumer } from './simulatedQueue.ts';

/**
 * Breaks one part of the world on purpose, to see that the oracle notices. Each gets the part and
 * answers what takes its place.
 */
export interface Mutation {
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly warehouse?: (warehouse: Warehouse) => Warehouse;
  readonly copy?: (copy: Consumer) => Consumer;
  readonly store?: (store: ObjectStore) => ObjectStore;
  readonly finalize?: (finalize: Consumer) => Consumer;
  readonly timer?: (setTimer: SetTimer) => SetTimer;
  /** Takes the place of what a start compares (local/compareWarehouse.ts). */
  readonly compare?: typeof compareWarehouse;
  readonly settings?: Partial<FinalizeTimings>;
}

/** How a scenario is played. */
export interface Options {
  readonly mutation?: Mutation;
  /** Hold the world to invariant 6 as well: for scenarios without faults. */
  readonly progressSeconds?: number;
  /**
   * Hold it to invariant 6 in that no more runs than these are begun in vain after the ledger was
   * restored.
   */
  readonly fencedOffAtMost?: number;
}
