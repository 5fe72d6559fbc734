import { partitionName } from '../../src/billing/partition.ts';
import type { Payer } from '../../src/billing/payer.ts';
import { stagedKeyOf } from '../../src/copy/stagedKey.ts';
import { failedChecksOf, isDirty, type PartitionRecord } from '../../src/ledger/partitionRecord.ts';
import { problemOf } from '../../src/ledger/problems.ts';
import {
  isStray,
  type PartitionPlan,
  type PlannedReport,
  partitionOf,
  reportsOf,
  type Stuck,
  sourceOf,
  straysOf,
} from './scenario.ts';
import type { SimulatedBuckets } from './simulatedStore.ts';
import { TOTALS_OVERFLOW } from './simulatedWarehouse.ts';

const MAX_GENERATIONS = 8;

/** A file of a partition's visible set, traced back to its source. */
export interface Visible {
  readonly stagedKey: string;
  readonly key: string;
  readonly etag: string;
}

/** A partition, what is planned for it, and what was seen of it so far. */
export interface Watched {
  readonly plan: PartitionPlan;
  readonly name: string;
  readonly bucket: string;
  readonly partition: ReturnType<typeof partitionOf>;
  readonly reports: readonly PlannedReport[];
  readonly origins: ReadonlyMap<string, Visible>;
  /** The report that readers see: the first one that they saw. */
  bill: PlannedReport | undefined;
  /** The earliest delivery that what was published so far can be. */
  publishedIndex: number;
  /** Whether a delivery with a manifest was published. */
  delivered: boolean;
  watermark: number;
  analysedWatermark: number;
}

/** Whether the reactor has something left to do for a partition. */
export function isUnfinished(record: PartitionRecord): boolean {
  return isDirty(record) || failedChecksOf(record) !== undefined;
}

/** Whether a record says what its partition is stuck in. */
export function isStuckIn(stuck: Stuck, record: PartitionRecord): boolean {
  if (stuck === 'unknown') return problemOf(record, 'analyse')?.message.endsWith(TOTALS_OVERFLOW) ?? false;
  const { partition, changes } = record;
  const refused = problemOf(record, 'publish');
  if (stuck === 'hangs') return refused?.message.endsWith('and they were cancelled') ?? false;
  const isNamed = refused?.message.startsWith(`${partitionName(partition)}: `);
  return isNamed === true && refused?.changes === changes && refused.message.includes('line_item_unblended_cost');
}

/** Whether a payer's partition is planned to be stuck in this. */
export function isPlannedAs(wanted: Stuck, plans: readonly PartitionPlan[], payer: Payer): boolean {
  return plans.some(({ stuck }, index) => stuck === wanted && partitionOf(index).payer === payer);
}

/** Begins to watch a partition. */
export function watch(plan: PartitionPlan, index: number): Watched {
  const partition = partitionOf(index);
  const { bucket } = sourceOf(index, plan);
  const reports = reportsOf(index, plan);
  const origins = new Map<string, Visible>();
  const delivered = reports.flatMap(({ deliveries }) => deliveries.flatMap(({ arrivals }) => arrivals));
  for (const { key, content } of [...delivered, ...straysOf(index, plan)]) {
    for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
      const stagedKey = stagedKeyOf(partition, { bucket, key, etag: content.etag }, generation);
      origins.set(stagedKey, { stagedKey, key, etag: content.etag });
    }
  }
  const marks = { bill: undefined, publishedIndex: 0, delivered: false, watermark: 0, analysedWatermark: 0 };
  return { plan, name: partitionName(partition), bucket, partition, reports, origins, ...marks };
}

export function sameSet(visible: readonly Visible[], expected: ReadonlyMap<string, string>): boolean {
  return visible.length === expected.size && visible.every(({ key, etag }) => expected.get(key) === etag);
}

export function folder(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}

/** The files that readers should see at rest: their etags, by key. */
export function expectedAtRest(
  { plan, bill, bucket }: Watched,
  buckets: SimulatedBuckets,
): ReadonlyMap<string, string> {
  if (!bill) return new Map([['a report', 'whichever came first']]);
  if (plan.mode !== 'without-manifests') return bill.deliveries.at(-1)?.expected ?? new Map();
  return new Map(
    buckets.keys(bucket, bill.root).flatMap((key) => {
      const object = buckets.get({ bucket, key });
      const counts = object !== undefined && object.bytes.length > 0 && !isStray(key);
      return counts ? [[key, object.etag] as const] : [];
    }),
  );
}
