import type { Payer } from '../../billing/payer.ts';
import type { Period } from '../../billing/period.ts';
import type { Warehouse } from '../../warehouse/warehouse.ts';
import { auditFiles } from './audit.ts';
import { raiseFence } from './fence.ts';
import type { SnowflakeNames } from './names.ts';
import { publishedFiles, publishFiles } from './publish.ts';
import { registerFiles, unregisterFiles } from './register.ts';
import { createSnowflakeScript } from './script.ts';
import type { Session } from './session.ts';
import { totalsOf } from './totals.ts';

interface SnowflakeWarehouseOptions {
  /**
   * The session to use now: asked for at every call, so that a broken one can be replaced by a new
   * one in between.
   */
  readonly session: () => Promise<Session>;
  /** The objects that the setup script has created. */
  readonly names: SnowflakeNames;
  /** The deployment's stage: it is part of the tags by which queries are found again. */
  readonly stage: string;
  /** The analytics script for these payers' month: rendered statements, in their order. */
  readonly analyticsStatements: (period: Period, payers: readonly Payer[]) => readonly string[];
}

/**
 * The warehouse of production: an external table over the staged Parquet files, and views that show
 * the published ones.
 *
 * No method holds a transaction open when it returns or throws, and none depends on what an earlier
 * one left in this process. What the session throws goes to the caller: the run fails, or the one
 * partition does, and is repeated.
 */
export function openSnowflakeWarehouse(options: SnowflakeWarehouseOptions): Warehouse {
  const { session, names } = options;
  return {
    raiseFence: async (period, epoch) => raiseFence(await session(), names, period, epoch),
    published: async (period, payers) => publishedFiles(await session(), names, period, payers),
    register: async (partition, files) => registerFiles(await session(), names, partition, files),
    audit: async (partition, files) => auditFiles(await session(), names, partition, files),
    publish: async (period, epoch, publications) =>
      publishFiles(await session(), names, { period, epoch }, publications),
    totals: async (period, payers) => totalsOf(await session(), names, period, payers),
    script: createSnowflakeScript(options),
    unregister: async (partition, stagedKeys) => unregisterFiles(await session(), names, partition, stagedKeys),
  };
}
