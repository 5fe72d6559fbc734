import type { Moment } from '../../base/moment.ts';
import type { Partition } from '../../billing/partition.ts';
import { type Period, parsePeriod } from '../../billing/period.ts';
import { versionIdOf } from '../../billing/version.ts';
import type { Delivery } from '../../ledger/delivery.ts';
import type { PartitionsOfLedger, Recorded } from '../../ledger/ledger.ts';
import {
  applyDelivery,
  applyReopening,
  applyReportChoice,
  countChange,
  type Reopening,
  tickFor,
} from '../../ledger/partitionChanges.ts';
import type { PartitionRecord } from '../../ledger/partitionRecord.ts';
import { applyUpdate, type PartitionUpdate } from '../../ledger/partitionUpdate.ts';
import type { PeriodInPlay } from '../../ledger/periodInPlay.ts';
import type { DynamodbAged } from './aged.ts';
import { deleteOldDocument, getDocument, putDocument } from './documents.ts';
import type { DynamodbFolds } from './folds.ts';
import { awaitedKey, deliveryKey, PERIODS, periodListingKey } from './keys.ts';
import { fenceOf, lostLease } from './leases.ts';
import type { DynamodbPartitionItems } from './partitionItems.ts';
import { type DynamodbTable, number, numberOf, textOf } from './table.ts';
import { type DynamodbViews, recordOf } from './views.ts';

export class DynamodbPartitions implements PartitionsOfLedger {
  readonly #table: DynamodbTable;
  readonly #items: DynamodbPartitionItems;
  readonly #aged: DynamodbAged;
  readonly #views: DynamodbViews;
  readonly #folds: DynamodbFolds;

  constructor(
    {
      table,
      items,
      aged,
    }: { readonly table: DynamodbTable; readonly items: DynamodbPartitionItems; readonly aged: DynamodbAged },
    views: DynamodbViews,
    folds: DynamodbFolds,
  ) {
    this.#table = table;
    this.#items = items;
    this.#aged = aged;
    this.#views = views;
    this.#folds = folds;
  }

  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return recordOf(await this.#views.read(partition));
  }

  async partitions(period: Period): Promise<PartitionRecord[]> {
    return (await this.#views.list(period)).map(({ record }) => record);
  }

  /** A period whose first partition was about to be written when the process died is among them. */
  async periods(): Promise<Period[]> {
    return (await this.#table.query(PERIODS, { prefix: '20' })).map((item) => parsePeriod(textOf(item, 'sk')));
  }

  async periodsInPlay(): Promise<PeriodInPlay[]> {
    const items = await this.#table.query(PERIODS, { prefix: '20' });
    return items.flatMap((item) => {
      const touchedAt = numberOf(item, 'touchedAt');
      return touchedAt === undefined ? [] : { period: parsePeriod(textOf(item, 'sk')), touchedAt };
    });
  }

  async retirePeriod({ period, touchedAt }: PeriodInPlay): Promise<void> {
    await this.#table.update(periodListingKey(period), {
      update: 'remove touchedAt',
      condition: 'touchedAt = :seen',
      values: { ':seen': number(touchedAt) },
    });
  }

  async recordDelivery(delivery: Delivery, awaited: readonly string[], now: number): Promise<Recorded> {
    const { id, executionId, manifest, partition } = delivery;
    const by = versionIdOf(manifest);
    const progress = { id, executionId, manifest, files: delivery.files.length, awaited };
    let isNew = false;
    const change = async (before: PartitionRecord) => {
      const after = applyDelivery(before, awaited.length === 0 ? { ...progress, completedBy: by } : progress, now);
      isNew = after?.isNew ?? false;
      if (!after?.isNew) return after?.record;
      // Before anything refers to it; a delivery that nothing refers to does no harm.
      await this.#aged.note(partition, 'delivery', { at: now, name: id });
      await putDocument(this.#table, deliveryKey(partition, id), delivery, { writtenAt: number(now) });
      return countChange(after.record, by, now);
    };
    const record = await this.#folds.replace(partition, { change, by, now });
    const isComplete = isNew && awaited.length > 0 && (await this.#isComplete(delivery));
    return { partition: record, isNew, tick: isComplete ? 'now' : tickFor(record, by) };
  }

  async delivery(partition: Partition, id: string): Promise<Delivery | undefined> {
    return getDocument(this.#table, deliveryKey(partition, id));
  }

  async forgetDeliveries(partition: Partition, epoch: number, recordedBy: Moment): Promise<void> {
    const { stored } = await this.#items.read(partition);
    const inUse = new Set([stored?.delivery?.id, stored?.completeDelivery?.id, stored?.awaitedList?.digest]);
    const fence = fenceOf(partition.period, epoch);
    for (const [what, keyOf] of [
      ['delivery', deliveryKey],
      ['awaited', awaitedKey],
    ] as const) {
      for (const note of await this.#aged.notedBy(partition, what, recordedBy)) {
        if (inUse.has(note.name)) continue;
        const did = await deleteOldDocument(this.#table, keyOf(partition, note.name), recordedBy, fence);
        if (did === 'refused') throw lostLease(partition.period, epoch);
        // Where it was put again since, there is a newer note of it.
        await this.#aged.drop(note);
      }
    }
  }

  async chooseReport(partition: Partition, report: string, now: number): Promise<Recorded> {
    let isNew = false;
    const change = async (before: PartitionRecord) => {
      const after = applyReportChoice(before, report, now);
      isNew = after?.isNew ?? false;
      return after?.record;
    };
    const record = await this.#folds.replace(partition, { change, now });
    return { partition: record, isNew, tick: isNew ? 'quiet' : 'none' };
  }

  async reopen(partition: Partition, how: Reopening, now: number): Promise<Recorded | undefined> {
    let isKnown = false;
    const change = async (before: PartitionRecord, stored: PartitionRecord | undefined) => {
      isKnown = stored !== undefined;
      return isKnown ? applyReopening(before, how, now) : undefined;
    };
    const record = await this.#folds.replace(partition, { change, by: how.by, now });
    return isKnown ? { partition: record, isNew: true, tick: tickFor(record, how.by) } : undefined;
  }

  /**
   * What arrives while this is under way stays in the list and counts as recorded after it: a run
   * that settles leaves the partition dirty then.
   */
  async commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#folds.replace(partition, { change: async (before) => applyUpdate(before, update), epoch });
  }

  /**
   * Whether a delivery that was just recorded is complete already: the last of its files may have
   * looked for it too early.
   */
  async #isComplete({ partition, id }: Delivery): Promise<boolean> {
    const { delivery } = (await this.#views.read(partition)).record;
    return delivery?.id === id && delivery.awaited.length === 0;
  }
}
