import { shortHash } from '../../base/shortHash.ts';
import { slices } from '../../base/slices.ts';
import type { Partition } from '../../billing/partition.ts';
import type { ObjectPlace, VersionId } from '../../billing/version.ts';
import type { Recorded, VersionsOfLedger } from '../../ledger/ledger.ts';
import type { LongRemoved, VersionReading } from '../../ledger/versionRecord.ts';
import { isLongRemoved, removedOutcome, type VersionRecord } from '../../ledger/versionRecord.ts';
import type { DynamodbAged } from './aged.ts';
import type { DynamodbFolds } from './folds.ts';
import { fenceOf, lostLease } from './leases.ts';
import type { DynamodbRecording } from './recording.ts';
import { text, textOf } from './table.ts';
import { type ChangeOfStaged, changeOfStaged, type DynamodbVersionItems, deletionOfRemoved } from './versionItems.ts';

/** An item of them is below 40 KB. */
const IDS_PER_NOTE = 2000;

export class DynamodbVersions implements VersionsOfLedger {
  readonly #items: DynamodbVersionItems;
  readonly #aged: DynamodbAged;
  readonly #recording: DynamodbRecording;
  readonly #folds: DynamodbFolds;

  constructor(
    { items, aged }: { readonly items: DynamodbVersionItems; readonly aged: DynamodbAged },
    recording: DynamodbRecording,
    folds: DynamodbFolds,
  ) {
    this.#items = items;
    this.#aged = aged;
    this.#recording = recording;
    this.#folds = folds;
  }

  async version(partition: Partition, id: VersionId): Promise<VersionRecord | undefined> {
    return this.#items.get(partition, id);
  }

  async versionsById(partition: Partition, ids: readonly VersionId[]): Promise<VersionRecord[]> {
    const items = await this.#items.find(ids.map((id) => ({ partition, id })));
    return [...items.values()].map(({ record }) => record);
  }

  async versionsOfObjects(partition: Partition, objects: readonly ObjectPlace[]): Promise<VersionRecord[]> {
    return this.#items.listObjects(partition, objects);
  }

  async versions(partition: Partition): Promise<VersionRecord[]> {
    return this.#items.list(partition);
  }

  async recordVersion(seen: VersionRecord, now: number, before?: VersionReading): Promise<Recorded> {
    await this.#folds.touchPeriod(seen.partition.period, now);
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

  async markRemoved(partition: Partition, epoch: number, ids: readonly VersionId[], at: number): Promise<void> {
    for (const some of slices(ids, IDS_PER_NOTE)) {
      const name = shortHash(some.join(' '));
      await this.#aged.note(partition, 'removed', { at, name }, { ids: text(some.join(' ')) });
    }
    await this.#changeStaged(partition, epoch, ids, (outcome) => removedOutcome(outcome, at));
  }

  /**
   * An intent that names a version counts while the version is there: that one stays. A note goes
   * once nothing is left of what it names.
   */
  async forgetVersions(partition: Partition, epoch: number, { removedBy, kept }: LongRemoved): Promise<void> {
    const named = await this.#folds.namedIn(partition);
    const fence = fenceOf(partition.period, epoch);
    for (const note of await this.#aged.notedBy(partition, 'removed', removedBy)) {
      const found = await this.versionsById(partition, textOf(note.item, 'ids').split(' '));
      const old = found.filter((version) => isLongRemoved(version, removedBy)).map(({ id }) => id);
      const forgotten = old.filter((id) => !named.has(id) && !kept.has(id));
      if (!(await this.#items.changeAll(partition, forgotten, deletionOfRemoved, fence))) {
        throw lostLease(partition.period, epoch);
      }
      if (forgotten.length === old.length) await this.#aged.drop(note);
    }
  }

  async #changeStaged(
    partition: Partition,
    epoch: number,
    ids: readonly VersionId[],
    change: ChangeOfStaged,
  ): Promise<void> {
    const fence = fenceOf(partition.period, epoch);
    const held = await this.#items.changeAll(partition, ids, (item) => changeOfStaged(item, change), fence);
    if (!held) throw lostLease(partition.period, epoch);
  }
}
