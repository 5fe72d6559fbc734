import { type Partition, partitionName } from '../billing/partition.ts';
import { compareText, type SourceVersion, versionIdOf } from '../billing/version.ts';
import type { Placed } from '../copy/services.ts';
import { compareDeliveries } from '../ledger/deliveryOrder.ts';
import type { PartitionRecord } from '../ledger/partitionRecord.ts';
import type { KnownFiles, KnownPartition } from './knownPartition.ts';
import type { Tally } from './tally.ts';

/** One report of one partition of the source under search. */
export interface FoundReport {
  readonly partition: Partition;
  readonly report: string;
  readonly isChosenReport: boolean;
  readonly tally: Tally;
  /** The newest manifest at the source, and its folder where that is one delivery's own. */
  manifest?: SourceVersion;
  manifestFolder?: string | undefined;
  /** Its delivery requests the files that are missing: they are not queued one by one. */
  manifestRequestsFiles: boolean;
  /** Another report is the bill, and that this one exists is known. */
  isLeftOut: boolean;
}

/** Names a report of a partition, for maps. */
export function reportKey({ partition, report }: Pick<Placed, 'partition' | 'report'>): string {
  return `${partitionName(partition)} ${report}`;
}

export function isNewer(a: SourceVersion, b: SourceVersion): boolean {
  const order = compareDeliveries({ id: '', executionId: '', manifest: a }, { id: '', executionId: '', manifest: b });
  return order > 0 || (order === 0 && compareText(a.key, b.key) > 0);
}

/**
 * Whether the newest delivery known came with this manifest: one that was quarantined may have been
 * read again since.
 */
export function isOfDelivery(record: PartitionRecord | undefined, manifest: SourceVersion): boolean {
  return record?.delivery !== undefined && versionIdOf(record.delivery.manifest) === versionIdOf(manifest);
}

/**
 * Whether a manifest of the bill needs no more work: its delivery is complete, or a newer one is
 * known.
 */
export function isWorkedOff(record: PartitionRecord | undefined, { report, manifest }: FoundReport): boolean {
  const delivery = record?.delivery;
  if (!delivery || !manifest || record.report !== report) return false;
  const order = compareDeliveries({ ...delivery, manifest }, delivery);
  return order < 0 || (order === 0 && delivery.awaited.length === 0);
}

/** Whether what the newest manifest names is known: then nothing else counts. */
export function isDeliveryKnown({ record }: KnownPartition, { report, manifest }: FoundReport): boolean {
  const delivery = record?.report === report ? record.delivery : undefined;
  return (
    delivery !== undefined && manifest !== undefined && compareDeliveries({ ...delivery, manifest }, delivery) <= 0
  );
}

/**
 * Whether the ledger does not know this content, or only an earlier write of it: content that has
 * come back is new.
 */
export function isNewContent({ versions }: KnownFiles, object: SourceVersion): boolean {
  const knownAt = versions.get(versionIdOf(object))?.source.lastModified;
  return knownAt === undefined || knownAt < object.lastModified;
}
