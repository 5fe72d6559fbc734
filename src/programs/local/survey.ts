import { quoteValue } from '../../base/printable.ts';
import { classifyKey } from '../../billing/layout.ts';
import { type Partition, partitionName } from '../../billing/partition.ts';
import type { ObjectStore } from '../../store/objectStore.ts';
import type { Input } from './input.ts';
import { type KnownFiles, recordedElsewhere } from './knownFiles.ts';

/** What a look at all the objects of an input has found, beside the files that are taken in. */
export interface Survey {
  readonly listed: number;
  /** The partitions that the input's files are placed in. */
  readonly partitions: readonly Partition[];
  /** Objects that nobody reads, by reason. */
  readonly notRead: ReadonlyMap<string, NotRead>;
  /**
   * By name: partitions in which earlier runs have recorded these files, and where they are placed
   * now.
   */
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
}

interface NotRead {
  readonly count: number;
  /** One of them. */
  readonly key: string;
}

interface Elsewhere {
  readonly recorded: Partition;
  readonly files: number;
  readonly placed: ReadonlySet<string>;
}

/** AWS writes no other names, and its event patterns are case-sensitive. */
const UPPER_CASE = 'only names that end in .parquet, in lower case, are taken for Parquet';

/**
 * Looks at every object once the input has learned to place them. Throws what the listing throws.
 */
export async function survey(input: Input, store: ObjectStore, known: KnownFiles): Promise<Survey> {
  let listed = 0;
  const partitions = new Map<string, Partition>();
  const notRead = new Map<string, NotRead>();
  const elsewhere = new Map<string, Elsewhere & { placed: Set<string> }>();
  for (const bucket of input.buckets.keys()) {
    for await (const page of store.list(bucket, '')) {
      listed += page.length;
      for (const object of page) {
        const placed = input.place(bucket, object.key);
        if (placed.is === 'ignored') countNotRead(notRead, object.key, placed.reason);
        if (placed.is !== 'data') continue;
        partitions.set(partitionName(placed.partition), placed.partition);
        const keyTellsMonth = classifyKey(object.key).kind === 'data';
        for (const recorded of recordedElsewhere(known, { bucket, ...object }, placed.partition, keyTellsMonth)) {
          const name = partitionName(recorded);
          const entry = elsewhere.get(name) ?? { recorded, files: 0, placed: new Set<string>() };
          entry.placed.add(partitionName(placed.partition));
          elsewhere.set(name, { ...entry, files: entry.files + 1 });
        }
      }
    }
  }
  return { listed, partitions: [...partitions.values()], notRead, elsewhere };
}

function countNotRead(notRead: Map<string, NotRead>, key: string, why: string): void {
  const reason = /\.parquet$/i.test(key) && why === 'not Parquet' ? UPPER_CASE : why;
  const known = notRead.get(reason) ?? { count: 0, key };
  notRead.set(reason, { ...known, count: known.count + 1 });
}

/** What is not read, in sentences. */
export function notReadSentences(notRead: Survey['notRead']): string[] {
  return [...notRead].map(([reason, { count, key }]) => {
    const objects = count === 1 ? '1 object is' : `${count} objects are`;
    if (reason === 'csv export') return `${objects} CSV; only Parquet is read`;
    return `${objects} not read: ${reason}, ${count === 1 ? '' : 'such as '}${quoteValue(key)}`;
  });
}

/**
 * What is recorded under another payer or month as well; `state` are the options that lead to the
 * state.
 */
export function elsewhereSentences(elsewhere: Survey['elsewhere'], state: string): string[] {
  return [...elsewhere.values()].map(({ recorded, files, placed }) => {
    const these = files === 1 ? '1 file' : `${files} files`;
    const { payer, period } = recorded;
    return (
      `${these} of ${[...placed].join(', ')} ${files === 1 ? 'is' : 'are'} recorded under ${partitionName(recorded)} as well, ` +
      `by an earlier run: if that one was wrong, npm start -- --forget ${payer}/${period}${state}`
    );
  });
}
