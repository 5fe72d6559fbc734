import type { Partition } from '../../billing/partition.ts';
import type { VersionId } from '../../billing/version.ts';
import type { Recorded, VersionReading, VersionsOfLedger } from '../../ledger/ledger.ts';
import { applyVersion, tickFor } from '../../ledger/partitionChanges.ts';
import { newPartitionRecord } from '../../ledger/partitionRecord.ts';
import { mergeVersion, removedOutcome, type VersionRecord } from '../../ledger/versionRecord.ts';
import type { DynamodbFolds } from './folds.ts';
import { fenceOf, lostLease } from './leases.ts';
import { latestVersion, latestVersions } from './log.ts';
import type { DynamodbPartitionItems } from './partitionItems.ts';
import type { ChangeOfStaged, DynamodbVersionItems } from './versionItems.ts';

export class DynamodbVersions implements VersionsOfLedger {
  readonly #partitions: DynamodbPartitionItems;
  readonly #items: DynamodbVersionItems;
  readonly #folds: DynamodbFolds;

  constructor(partitions: DynamodbPartitionItems, items: DynamodbVersionItems, folds: DynamodbFolds) {
    this.#partitions = partitions;
    this.#items = items;
    this.#folds = folds;
  }

  async version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return (await this.readVersion(partition, id)).version;
  }

  async readVersion(partition: Partition, id: VersionId): Promise<VersionReading> {
    const { record, entries } = await this.#partitions.read(partition);
    return { version: latestVersion(await this.#items.get(partition, id), id, entries), partition: record };
  }

  async versions(partition: Partition): Promise<VersionRecord[]> {
    const { entries } = await this.#partitions.read(partition);
    return latestVersions(await this.#items.list(partition), entries);
  }

  async recordVersion(seen: VersionRecord, now: number, reading?: VersionReading): Promise<Recorded> {
    const { partition, id, awaitsManifest } = seen;
    const known = reading ?? (await this.readVersion(partition, id));
    const { record, isNew } = mergeVersion(known.version, seen);
    const before = known.partition ?? newPartitionRecord(partition);
    const counts = applyVersion(before, record, { isNew, awaitsManifest }, now) !== before;
    if (!isNew && !counts) return { partition: before, isNew: false, tick: tickFor(before, id) };
    const after = await this.#folds.append(partition, { record, isNew, awaitsManifest, at: now });
    return { partition: after, isNew: true, tick: tickFor(after, id) };
  }

  async markSuperseded(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    since: number | undefined,
  ): Promise<void> {
    await this.#changeStaged(partition, epoch, ids, ({ supersededAt: _, ...outcome }) =>
      since === undefined ? outcome : { ...outcome, supersededAt: since },
    );
  }

  async markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[]): Promise<void> {
    await this.#changeStaged(partition, epoch, ids, removedOutcome);
  }

  /**
   * Versions that lie in the log alone get their items first. They may stay in the log: merged
   * again, a mark stays.
   */
  async #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: ChangeOfStaged,
  ): Promise<void> {
    const { entries } = await this.#partitions.read(partition);
    const named = new Set(ids);
    await this.#items.merge(entries.filter(({ record }) => named.has(record.id)));
    const held = await this.#items.changeStaged(partition, ids, change, fenceOf(partition.period, epoch));
    if (!held) throw lostLease(partition.period, epoch);
  }
}
