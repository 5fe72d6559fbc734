import type { Ledger } from '../../src/ledger/ledger.ts';
import { FencedOff, type Warehouse } from '../../src/warehouse/warehouse.ts';
import type { Oracle } from './oracle.ts';

/**
 * Lets the oracle hear of each commit. The ledger changes within the call, so the oracle sees it as
 * it is then.
 */
export function observedLedger(ledger: Ledger, oracle: Oracle): Ledger {
  return override(ledger, {
    commit: async (partition, epoch, update) => {
      const committed = ledger.commit(partition, epoch, update);
      const record = await committed;
      await oracle.ledgerCommitted(partition.period, epoch);
      return record;
    },
  });
}

export function observedWarehouse(warehouse: Warehouse, oracle: Oracle): Warehouse {
  return override(warehouse, {
    raiseFence: async (period, epoch) => {
      await warehouse.raiseFence(period, epoch).catch((error: unknown) => {
        if (error instanceof FencedOff) oracle.fencedOff(period, epoch, error.newest);
        throw error;
      });
      oracle.fenceRaised(period, epoch);
    },
    publish: async (period, epoch, publications) => {
      await warehouse.publish(period, epoch, publications);
      oracle.warehouseChanged('publish', period, epoch);
      await oracle.published(publications);
    },
    unregister: async (period, epoch, superseded, signal) => {
      const refused = await warehouse.unregister(period, epoch, superseded, signal);
      oracle.warehouseChanged('unregister', period, epoch);
      return refused;
    },
  });
}

/** An object with some of its methods replaced; the others still run on the object itself. */
export function override<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get(object, property) {
      const replaced: unknown = Reflect.get(methods, property);
      const member: unknown = replaced ?? Reflect.get(object, property, object);
      return typeof member === 'function' ? member.bind(object) : member;
    },
  });
}

/** Whatever the object is at the moment: what stands in its place later is used from then on. */
export function following<Target extends object>(current: () => Target): Target {
  // Made of nothing: it has no state of its own that somebody could see.
  return new Proxy({} as Target, {
    get(_, property) {
      const object = current();
      const member: unknown = Reflect.get(object, property, object);
      return typeof member === 'function' ? member.bind(object) : member;
    },
  });
}
