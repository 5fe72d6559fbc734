import type { FinalizeServices } from '../../src/finalize/services.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import { type Interceptor, intercepted, refusing } from '../copy/interception.ts';
import { override } from '../simulation/observed.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

/**
 * Every part of a world that a finalizer acts on, each of its calls going through one interceptor.
 */
export function throughInterceptor(world: FinalizerWorld, intercept: Interceptor): Partial<FinalizeServices> {
  const { ledger, warehouse, script, store, copyQueue, finalizeQueue } = world.finalizing();
  return {
    ledger: intercepted(ledger, intercept),
    warehouse: intercepted(warehouse, intercept),
    // Reading the script is no effect.
    script: override(intercepted(script, intercept), { steps: (period, payers) => script.steps(period, payers) }),
    store: unlisted(store, intercept),
    copyQueue: intercepted(copyQueue, intercept),
    finalizeQueue: intercepted(finalizeQueue, intercept),
  };
}

/** Listing the copies is no effect; deleting one is. */
export function unlisted(store: FinalizeServices['store'], intercept: Interceptor): FinalizeServices['store'] {
  return override(intercepted(store, intercept), { list: (...args) => store.list(...args) });
}

/** A world whose warehouse, or script, always throws on one method. */
export function refusedBy(
  world: FinalizerWorld,
  method: 'submit' | keyof Warehouse,
  error: Error,
): Partial<FinalizeServices> {
  const { script } = world.tables;
  return method === 'submit'
    ? { script: refusing(script, method, error) }
    : { warehouse: refusing(world.tables, method, error) };
}
