import { join } from 'node:path';
import * as z from 'zod';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Options } from './options.ts';
import { readPart, writeWhole } from './stateFormat.ts';

/** What the options said of a partition's files, where the rows did not decide. */
type StatedBy = 'payer' | 'period';

/**
 * Which partitions of a state were placed by --payer or --period: a wrong option of an earlier run
 * must not be mistaken for what the rows say. A file beside the ledger; without it, no option has
 * placed anything.
 */
export interface StatedPlacement {
  /** Whether the files of a partition may be taken to be there without a look at their rows. */
  readonly isTrusted: (partition: Partition) => boolean;
  /** Notes that the person's options have placed these partitions. */
  readonly note: (partitions: readonly Partition[]) => Promise<void>;
  readonly forget: (partitions: readonly Partition[]) => Promise<void>;
}

const STATED_FILE = 'stated.json';

const LOST = 'files that --payer or --period have placed need these options once more';

const StatedFile = z.record(z.string(), z.array(z.enum(['payer', 'period'])));

/** Reads which options have placed what in a state. `options` are those of this run. */
export async function readStated(keep: string, options: Pick<Options, 'payer' | 'period'>): Promise<StatedPlacement> {
  const path = join(keep, STATED_FILE);
  const stated = new Map(Object.entries((await readPart(path, StatedFile, LOST)) ?? {}));
  const now: StatedBy[] = (['payer', 'period'] as const).filter((name) => options[name] !== undefined);
  const save = () => writeWhole(path, `${JSON.stringify(Object.fromEntries(stated))}\n`);
  return {
    isTrusted: (partition) => (stated.get(partitionName(partition)) ?? []).every((one) => now.includes(one)),
    note: async (partitions) => {
      const unrecorded = partitions.filter(
        (one) => !now.every((word) => stated.get(partitionName(one))?.includes(word)),
      );
      if (unrecorded.length === 0) return;
      for (const one of unrecorded) stated.set(partitionName(one), now);
      await save();
    },
    forget: async (partitions) => {
      const known = partitions.filter((one) => stated.delete(partitionName(one)));
      if (known.length > 0) await save();
    },
  };
}
