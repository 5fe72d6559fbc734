import { createChunks } from '../base/chunks.ts';
import { slices } from '../base/slices.ts';
import type { Partition } from '../billing/partition.ts';
import type { SupersededFiles } from '../warehouse/warehouse.ts';
import { withinBudget } from './budget.ts';
import { type FinalizeServices, hasTimeFor, isOvertaken, type Run } from './services.ts';

/**
 * So many partitions, and so many files of each, are forgotten together: that locks the period's
 * fence.
 */
const PARTITIONS_AT_ONCE = 20;
const FILES_AT_ONCE = 500;
/** A removal that began late may still end so long after the invocation stops to begin work. */
const UNREGISTER_SECONDS = 60;

/**
 * Makes the external table forget files, some after the other, and does what follows for those that
 * it has forgotten. Answers whether it has forgotten all.
 */
export type Unregister = <File extends { readonly stagedKey: string }>(
  partition: Partition,
  files: readonly File[],
  followUp: (forgotten: readonly File[]) => Promise<void>,
) => Promise<boolean>;

/**
 * The {@link Unregister} of a run: what comes while some are being forgotten goes together into the
 * next transaction. It never fails a run, because readers see the same whether a file is forgotten
 * or not: what fails is reported, and tried again by the next clearing of its month. So is that for
 * which there is no time left. Throws what says that a newer run has taken over.
 */
export function createUnregister(services: FinalizeServices, run: Run): Unregister {
  const { warehouse, report } = services;
  const { period, epoch } = run;
  const late = (seconds: number) => new Error(`the external table had not forgotten them after ${seconds} s`);
  const forget = createChunks<SupersededFiles, ReadonlyMap<string, string>>(PARTITIONS_AT_ONCE, (superseded) =>
    withinBudget(services, { seconds: UNREGISTER_SECONDS, late }, (signal) =>
      warehouse.unregister(period, epoch, superseded, signal),
    ),
  );

  /** Why it has not forgotten these; undefined when it has. */
  async function problemOf({ payer, stagedKeys }: SupersededFiles): Promise<string | undefined> {
    try {
      const reasons = await forget({ payer, stagedKeys });
      const first = stagedKeys.find((stagedKey) => reasons.has(stagedKey));
      return first && `${first} was not unregistered: ${reasons.get(first)}`;
    } catch (error) {
      if (isOvertaken(error)) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  return async (partition, files, followUp) => {
    for (const some of slices(files, FILES_AT_ONCE)) {
      if (!hasTimeFor(0, services, run)) return false;
      const stagedKeys = some.map(({ stagedKey }) => stagedKey);
      const reason = await problemOf({ payer: partition.payer, stagedKeys });
      if (reason !== undefined) {
        report({ what: 'removal-failed', partition, files: some.length, reason });
        return false;
      }
      await followUp(some);
    }
    return true;
  };
}
