import { type Partition, partitionName } from '../../billing/partition.ts';
import { objectName, type SourceVersion, type VersionId, versionIdOf } from '../../billing/version.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { allPartitions } from './outcome.ts';

/** Where the files that earlier runs have recorded belong. */
export interface KnownFiles {
  /**
   * The partitions that this content is recorded in: more than one, where a run's options named
   * another payer or month.
   */
  readonly ofVersion: (id: VersionId) => readonly Partition[];
  /** The same of an object, whatever its content. */
  readonly ofObject: (object: Pick<SourceVersion, 'bucket' | 'key'>) => readonly Partition[];
}

export async function knownFiles(ledger: Ledger): Promise<KnownFiles> {
  const byVersion = new Map<VersionId, Partition[]>();
  const byObject = new Map<string, Map<string, Partition>>();
  for (const { partition } of await allPartitions(ledger)) {
    for (const { id, source, outcome } of await ledger.versions(partition)) {
      // What was withdrawn is looked at again: whether it counts depends on what lies beside it
      // now.
      if (outcome.status === 'removed' || (outcome.status === 'staged' && outcome.withdrawn !== undefined)) continue;
      byVersion.set(id, [...(byVersion.get(id) ?? []), partition]);
      const ofObject = byObject.get(objectName(source)) ?? new Map<string, Partition>();
      byObject.set(objectName(source), ofObject.set(partitionName(partition), partition));
    }
  }
  return {
    ofVersion: (id) => byVersion.get(id) ?? [],
    ofObject: (object) => [...(byObject.get(objectName(object))?.values() ?? [])],
  };
}

/**
 * In which other partitions a file is recorded than where it is placed now. The same content
 * anywhere else is a contradiction: one of the runs was given a wrong payer or month. Another
 * content under the same key is one when the key alone says the month (`keyTellsMonth`) and the
 * payer is another: a loose file may be replaced by anybody's.
 */
export function recordedElsewhere(
  known: KnownFiles,
  file: SourceVersion,
  placed: Partition,
  keyTellsMonth: boolean,
): Partition[] {
  const isOther = (one: Partition) => partitionName(one) !== partitionName(placed);
  const sameKey = keyTellsMonth
    ? known.ofObject(file).filter(({ payer, period }) => payer !== placed.payer && period === placed.period)
    : [];
  const all = [...known.ofVersion(versionIdOf(file)), ...sameKey].filter(isOther);
  return [...new Map(all.map((one) => [partitionName(one), one])).values()];
}
