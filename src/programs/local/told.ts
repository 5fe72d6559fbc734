import { join } from 'node:path';
import * as z from 'zod';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { Options } from './options.ts';
import { readPart, writeWhole } from './stateFormat.ts';

/** What the person said of a partition's files, where the rows did not decide. */
type Said = 'payer' | 'period';

/**
 * Which partitions of a state were placed by --payer or --period: what an earlier run was told wrong must not be taken for
 * what the rows say. A file beside the ledger; without it, nothing was told.
 */
export interface StatedPlacement {
  /** Whether the files of a partition may be taken to be there without a look at their rows. */
  readonly isTrusted: (partition: Partition) => boolean;
  /** Notes that the person's options have placed these partitions. */
  readonly note: (partitions: readonly Partition[]) => Promise<void>;
  readonly forget: (partitions: readonly Partition[]) => Promise<void>;
}

const TOLD_FILE = 'told.json';

const LOST = 'files that --payer or --period have placed need these options once more';

const ToldFile = z.record(z.string(), z.array(z.enum(['payer', 'period'])));

/** Reads what a state was told. `options` are those of this run. */
export async function readStated(keep: string, options: Pick<Options, 'payer' | 'period'>): Promise<StatedPlacement> {
  const path = join(keep, TOLD_FILE);
  const said = new Map(Object.entries((await readPart(path, ToldFile, LOST)) ?? {}));
  const now: Said[] = (['payer', 'period'] as const).filter((name) => options[name] !== undefined);
  const save = () => writeWhole(path, `${JSON.stringify(Object.fromEntries(said))}\n`);
  return {
    isTrusted: (partition) => (said.get(partitionName(partition)) ?? []).every((one) => now.includes(one)),
    note: async (partitions) => {
      const news = partitions.filter((one) => !now.every((word) => said.get(partitionName(one))?.includes(word)));
      if (news.length === 0) return;
      for (const one of news) said.set(partitionName(one), now);
      await save();
    },
    forget: async (partitions) => {
      const known = partitions.filter((one) => said.delete(partitionName(one)));
      if (known.length > 0) await save();
    },
  };
}
