import type { SetTimer } from '../../src/base/timer.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import type { Source } from '../../src/billing/source.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { FinalizeServices, FinalizeSettings, FinalizeTimings, Invocation } from '../../src/finalize/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Message } from '../../src/ledger/message.ts';
import type { Tick } from '../../src/queue/tick.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import { override } from './observed.ts';
import { asEffects, type Process, type Scheduler, sleep } from './scheduler.ts';
import type { SimulatedQueue } from './simulatedQueue.ts';
import { type SimulatedBuckets, simulatedStore } from './simulatedStore.ts';
import { type Slowness, slowWarehouse } from './slowWarehouse.ts';

/** Well before its lease is over. */
const YIELDS_AFTER_SECONDS = 20;

/** The parts of a world that its processes work with. */
interface Parts {
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly warehouse: Warehouse;
  readonly slowness: Slowness;
  readonly mutateTimer: (setTimer: SetTimer) => SetTimer;
  readonly buckets: SimulatedBuckets;
  readonly mutateStore: (store: ObjectStore) => ObjectStore;
  /** Hears the key of a staged file after it was deleted. */
  readonly onDeleted: (key: string) => Promise<void>;
  readonly copyQueue: SimulatedQueue<object>;
  readonly finalizeQueue: SimulatedQueue<Tick>;
  readonly sources: readonly Source[];
  readonly settings: FinalizeTimings;
  readonly stagingBucket: string;
}

/** What one process is given: each of its effects may fail, and none happens after its death. */
export function servicesOf(process: Process, parts: Parts) {
  const { scheduler, copyQueue, finalizeQueue, stagingBucket, settings } = parts;
  const ledger = asEffects(scheduler, process, 'ledger', parts.ledger);
  const shared = {
    store: observedStore(process, parts),
    ledger,
    notify: (messages: readonly Message[]) => ledger.putIntoOutbox(messages),
    copyQueue: copyQueue.sender(process),
    finalizeQueue: finalizeQueue.sender(process),
    now: () => scheduler.clock,
    report: () => {},
  };
  const deployment = { stage: 'simulated', stagingBucket };
  const { script: engine } = parts.warehouse;
  const effects = asEffects(scheduler, process, 'script', engine);
  const warehouse = asEffects(scheduler, process, 'warehouse', parts.warehouse);
  return {
    staging: (): CopyServices => ({
      ...shared,
      ...deployment,
      place: placeBySources(parts.sources),
      debounce: settings,
    }),
    finalizing: (): FinalizeServices => ({
      ...shared,
      warehouse: slowWarehouse(warehouse, scheduler, process, parts.slowness),
      // Reading the script is no effect.
      script: override(effects, { steps: (period, payers) => engine.steps(period, payers) }),
      sleep: (seconds) => sleep(scheduler, process, seconds),
      setTimer: parts.mutateTimer(timerOf(scheduler, process)),
    }),
    settings: (): FinalizeSettings => ({ ...settings, ...deployment, holder: process.name }),
    invocation: (): Invocation => ({ yieldAt: scheduler.clock + YIELDS_AFTER_SECONDS * 1000 }),
  };
}

function timerOf(scheduler: Scheduler, process: Process): SetTimer {
  return (callback, delayMs) =>
    scheduler.at(scheduler.now + delayMs, `${process.name} has used up a budget`, () => {
      if (process.alive) callback();
    });
}

function observedStore(process: Process, { scheduler, buckets, mutateStore, onDeleted }: Parts): ObjectStore {
  const store = mutateStore(simulatedStore(scheduler, process, buckets));
  return {
    ...store,
    delete: async (location) => {
      await store.delete(location);
      await onDeleted(location.key);
    },
  };
}
