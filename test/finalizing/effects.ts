import type { Finalizing } from '../../src/finalizing/finalizing.ts';
import { type Interceptor, intercepted } from '../staging/interception.ts';
import type { FinalizerWorld } from './finalizerWorld.ts';

/** Every part of a world that a finalizer acts on, each of its calls going through one interceptor. */
export function throughInterceptor(world: FinalizerWorld, intercept: Interceptor): Partial<Finalizing> {
  const { ledger, warehouse, store, copyQueue, finalizeQueue } = world.finalizing();
  return {
    ledger: intercepted(ledger, intercept),
    warehouse: intercepted(warehouse, intercept),
    store: intercepted(store, intercept),
    copyQueue: intercepted(copyQueue, intercept),
    finalizeQueue: intercepted(finalizeQueue, intercept),
  };
}
