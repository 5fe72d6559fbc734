import type { Moment } from '../../base/moment.ts';
import type { Partition } from '../../billing/partition.ts';
import type { VersionId } from '../../billing/version.ts';
import { applyVersion } from '../../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import type { VersionRecord } from '../../ledger/versionRecord.ts';
import { mergeVersion } from '../../ledger/versionRecord.ts';

/**
 * What was recorded of one version, as it stands in its partition's log. The log is in the order in
 * which the records took effect, and what it comes to is the ledger's arithmetic, entry by entry.
 */
export interface LogEntry {
  /** The version as it is known with this record merged in. */
  readonly record: VersionRecord;
  /**
   * Whether something about it was new when it was recorded. If not, it only resolves a delivery
   * that waits for its id.
   */
  readonly isNew: boolean;
  readonly awaitsManifest: boolean;
  readonly at: Moment;
}

/**
 * The partition's record after all entries. Calls that overlapped and recorded the same count once
 * each.
 */
export function replay(base: PartitionRecord, entries: readonly LogEntry[]): PartitionRecord {
  return entries.reduce((before, entry) => applyVersion(before, entry.record, entry, entry.at), base);
}

/**
 * The version after the entries about it; `known` is what its item says. Entries that are merged
 * into the item already change nothing.
 */
export function latestVersion(
  known: VersionRecord | undefined,
  id: VersionId,
  entries: readonly LogEntry[],
): VersionRecord | undefined {
  return entries
    .filter(({ record }) => record.id === id)
    .reduce<VersionRecord | undefined>((before, { record }) => mergeVersion(before, record).record, known);
}

/** All versions after the entries; `known` are those that have items. */
export function latestVersions(known: readonly VersionRecord[], entries: readonly LogEntry[]): VersionRecord[] {
  const versions = new Map(known.map((version) => [version.id, version]));
  for (const { record } of entries) {
    versions.set(record.id, mergeVersion(versions.get(record.id), record).record);
  }
  return [...versions.values()];
}

/** An entry as it is stored. The partition is that of the log: it is left out. */
export function encodeEntry({ record: { partition: _, ...record }, ...entry }: LogEntry): string {
  return JSON.stringify({ ...entry, record });
}

export function decodeEntry(partition: Partition, stored: string): LogEntry {
  const { record, ...entry } = JSON.parse(stored) as LogEntry;
  return { ...entry, record: { ...record, partition } };
}
