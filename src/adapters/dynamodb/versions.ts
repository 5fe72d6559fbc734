import type { Partition } from '../../billing/partition.ts';
import type { VersionId } from '../../billing/version.ts';
import type { Recorded, VersionReading, VersionsOfLedger } from '../../ledger/ledger.ts';
import { removedOutcome, type VersionRecord } from '../../ledger/versionRecord.ts';
import type { DynamodbFolds } from './folds.ts';
import { fenceOf, lostLease } from './leases.ts';
import type { DynamodbRecording } from './recording.ts';
import type { ChangeOfStaged, DynamodbVersionItems } from './versionItems.ts';

export class DynamodbVersions implements VersionsOfLedger {
  readonly #items: DynamodbVersionItems;
  readonly #recording: DynamodbRecording;
  readonly #folds: DynamodbFolds;

  constructor(items: DynamodbVersionItems, recording: DynamodbRecording, folds: DynamodbFolds) {
    this.#items = items;
    this.#recording = recording;
    this.#folds = folds;
  }

  async version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return this.#items.get(partition, id);
  }

  async versions(partition: Partition): Promise<VersionRecord[]> {
    return this.#items.list(partition);
  }

  async recordVersion(seen: VersionRecord, now: number, before?: VersionReading): Promise<Recorded> {
    await this.#folds.listPeriod(seen.partition.period);
    const isUnknown = before !== undefined && before.version === undefined;
    return this.#recording.record({ seen, now, isUnknown });
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

  async #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: ChangeOfStaged,
  ): Promise<void> {
    const held = await this.#items.changeStaged(partition, ids, change, fenceOf(partition.period, epoch));
    if (!held) throw lostLease(partition.period, epoch);
  }
}
