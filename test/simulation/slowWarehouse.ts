import type { Partition } from '../../src/billing/partition.ts';
import type { Warehouse } from '../../src/warehouse/warehouse.ts';
import { override } from './observed.ts';
import type { Scenario } from './scenario.ts';
import { type Process, type Scheduler, sleep } from './scheduler.ts';
import { isPlannedAs } from './watched.ts';

/** How slow a warehouse is. */
export interface Slowness {
  /** How long a statement that reads files may take. */
  readonly longestSeconds: () => number;
  /** Whether the statements of a partition never end. */
  readonly hangs: (partition: Partition) => boolean;
}

/** That of a scenario, as long as the world is not calm. */
export function slownessOf({ plans, longestStatementSeconds }: Scenario, isCalm: () => boolean): Slowness {
  return {
    longestSeconds: () => (isCalm() ? 0 : longestStatementSeconds),
    hangs: ({ payer }) => !isCalm() && isPlannedAs('hangs', plans, payer),
  };
}

/** A warehouse whose statements take their time, or never end unless they are cancelled. */
export function slowWarehouse(
  warehouse: Warehouse,
  scheduler: Scheduler,
  process: Process,
  { longestSeconds, hangs }: Slowness,
): Warehouse {
  async function mayHang(statement: string, signal: AbortSignal | undefined): Promise<void> {
    if (!scheduler.hangs()) return;
    scheduler.trace.push(`  and ${statement} never ends`);
    await endlessly(signal);
  }

  async function takesTime(statement: string, signal: AbortSignal | undefined): Promise<void> {
    await mayHang(statement, signal);
    const longest = longestSeconds();
    if (longest > 0) await sleep(scheduler, process, scheduler.random() ** 2 * longest);
  }

  return override<Warehouse>(warehouse, {
    raiseFence: async (period, epoch, signal) => {
      await mayHang('raiseFence', signal);
      return warehouse.raiseFence(period, epoch);
    },
    published: async (period, payers, signal) => {
      await mayHang('published', signal);
      return warehouse.published(period, payers);
    },
    register: async (partition, files, signal) => {
      if (hangs(partition)) await endlessly(signal);
      await takesTime('register', signal);
      return warehouse.register(partition, files);
    },
    audit: async (partition, files, signal) => {
      await takesTime('audit', signal);
      return warehouse.audit(partition, files);
    },
    publish: async (period, epoch, publications, signal) => {
      await mayHang('publish', signal);
      return warehouse.publish(period, epoch, publications);
    },
    unregister: async (period, epoch, superseded, signal) => {
      await mayHang('unregister', signal);
      return warehouse.unregister(period, epoch, superseded);
    },
  });
}

/** Ends only when it is cancelled. */
function endlessly(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}
