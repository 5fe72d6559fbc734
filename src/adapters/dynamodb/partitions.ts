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
import { getDocument, putDocument } from './documents.ts';
import type { DynamodbFolds } from './folds.ts';
import { deliveryKey, PERIODS } from './keys.ts';
import type { DynamodbPartitionItems } from './partitionItems.ts';
import { type DynamodbTable, textOf } from './table.ts';

export class DynamodbPartitions implements PartitionsOfLedger {
  readonly #table: DynamodbTable;
  readonly #items: DynamodbPartitionItems;
  readonly #folds: DynamodbFolds;

  constructor(table: DynamodbTable, items: DynamodbPartitionItems, folds: DynamodbFolds) {
    this.#table = table;
    this.#items = items;
    this.#folds = folds;
  }

  async partition(partition: Partition): Promise<PartitionRecord | undefined> {
    return (await this.#items.read(partition)).record;
  }

  async partitions(period: Period): Promise<PartitionRecord[]> {
    return this.#items.list(period);
  }

  /** A period whose first partition was about to be written when the process died is among them. */
  async periods(): Promise<Period[]> {
    return (await this.#table.query(PERIODS, '20')).map((item) => parsePeriod(textOf(item, 'sk')));
  }

  async recordDelivery(delivery: Delivery, awaited: readonly string[], now: number): Promise<Recorded> {
    const { id, executionId, manifest, partition } = delivery;
    const by = versionIdOf(manifest);
    const progress = { id, executionId, manifest, files: delivery.files.length, awaited };
    let isNew = false;
    const record = await this.#folds.replace(partition, async (before) => {
      const after = applyDelivery(before, awaited.length === 0 ? { ...progress, completedBy: by } : progress, now);
      isNew = after?.isNew ?? false;
      if (!after?.isNew) return after?.record;
      // Before anything refers to it; a delivery that nothing refers to does no harm.
      await putDocument(this.#table, deliveryKey(partition, id), delivery);
      return countChange(after.record, by, now);
    });
    return { partition: record, isNew, tick: tickFor(record, by) };
  }

  async delivery(partition: Partition, id: string): Promise<Delivery | undefined> {
    return getDocument(this.#table, deliveryKey(partition, id));
  }

  async chooseReport(partition: Partition, report: string, now: number): Promise<Recorded> {
    let isNew = false;
    const record = await this.#folds.replace(partition, async (before) => {
      const after = applyReportChoice(before, report, now);
      isNew = after?.isNew ?? false;
      return after?.record;
    });
    return { partition: record, isNew, tick: isNew ? 'quiet' : 'none' };
  }

  async reopen(partition: Partition, how: Reopening, now: number): Promise<Recorded | undefined> {
    let isKnown = false;
    const record = await this.#folds.replace(partition, async (before, stored) => {
      isKnown = stored !== undefined;
      return isKnown ? applyReopening(before, how, now) : undefined;
    });
    return isKnown ? { partition: record, isNew: true, tick: tickFor(record, how.by) } : undefined;
  }

  /**
   * What arrives while this is under way stays in the log and counts as recorded after it: a run
   * that settles leaves the partition dirty then.
   */
  async commit(partition: Partition, epoch: number, update: PartitionUpdate): Promise<PartitionRecord> {
    return this.#folds.replace(partition, async (before) => applyUpdate(before, update), epoch);
  }
}
