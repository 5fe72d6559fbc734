import * as fc from 'fast-check';
import type { Moment } from '../../../src/base/moment.ts';
import type { Partition } from '../../../src/billing/partition.ts';
import type { Ledger, Recorded } from '../../../src/ledger/ledger.ts';
import { awaitedKey } from '../../../src/ledger/partitionRecord.ts';
import type { PartitionUpdate } from '../../../src/ledger/partitionUpdate.ts';
import { type DeliverySketch, deliveryOf, START, type VersionSketch, versionOf } from '../../ledger/records.ts';

/** One call of a ledger. */
export type Step =
  | { readonly does: 'version'; readonly sketch: VersionSketch }
  | { readonly does: 'delivery'; readonly sketch: DeliverySketch; readonly awaited: readonly string[] }
  | { readonly does: 'commit'; readonly kind: PartitionUpdate['kind']; readonly unseen: number }
  | { readonly does: 'forget' }
  | { readonly does: 'supersede' | 'show' | 'remove'; readonly sketches: readonly VersionSketch[] };

/** Few of them, so that steps meet. */
const FOLDER = 'source/';
const aContent = {
  key: fc.constantFrom('a', 'b'),
  etag: fc.constantFrom('e1', 'e2'),
};
const aVersion = fc.record({
  ...aContent,
  lastModified: fc.nat(3).map((seconds) => START + seconds * 1000),
  generation: fc.nat(1),
  awaitsManifest: fc.boolean(),
  outcome: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    { status: 'empty' },
    { status: 'quarantined', reason: 'r' },
  ),
});
const aVersionSketch = aVersion.map(
  ({ outcome, ...sketch }): VersionSketch => ({
    ...sketch,
    ...(outcome && { outcome: outcome as VersionSketch['outcome'] & object }),
  }),
);
const aToken = fc
  .record(aContent)
  .map((content) => versionOf({ ...content, folder: FOLDER }))
  .chain(({ id, source }) => fc.constantFrom(id, id, awaitedKey(source)));
/** Also lists that are too long to be kept in the record itself. */
const somePending = fc
  .tuple(fc.uniqueArray(aToken, { maxLength: 3 }), fc.constantFrom(0, 0, 0, 60))
  .map(([tokens, others]) => [...tokens, ...Array.from({ length: others }, (_, index) => `other-${index}`)]);

export const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: aVersionSketch.map((sketch): Step => ({ does: 'version', sketch })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('d1', 'd2', 'd3'), fc.nat(3), somePending)
      .map(([id, seconds, awaited]): Step => {
        const sketch = { id, etag: id, lastModified: START + seconds * 1000 };
        return { does: 'delivery', sketch, awaited };
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('published', 'analysed', 'settled', 'sliced', 'failed'), fc.nat(2))
      .map(([kind, unseen]): Step => ({ does: 'commit', kind: kind as PartitionUpdate['kind'], unseen })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ does: 'forget' }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('supersede', 'show', 'remove'), fc.array(fc.record(aContent), { maxLength: 3 }))
      .map(([does, sketches]): Step => ({ does: does as 'supersede' | 'show' | 'remove', sketches })),
  },
);

/**
 * Takes a step on a partition, under an epoch that holds. `changes` is how many the partition had
 * counted before.
 */
export async function take(
  ledger: Ledger,
  step: Step,
  { partition, epoch, changes, now }: { partition: Partition; epoch: number; changes: number; now: Moment },
): Promise<Recorded | undefined> {
  switch (step.does) {
    case 'version':
      return ledger.recordVersion(versionOf({ ...step.sketch, partition, folder: FOLDER }), now);
    case 'delivery':
      return ledger.recordDelivery(deliveryOf({ ...step.sketch, partition }), step.awaited, now);
    case 'commit':
      await ledger.commit(partition, epoch, updateOf(step.kind, Math.max(0, changes - step.unseen), epoch, now));
      return undefined;
    case 'forget':
      await ledger.forgetDeliveries(partition, epoch, now);
      return undefined;
    default: {
      const ids = step.sketches.map((sketch) => versionOf({ ...sketch, partition, folder: FOLDER }).id);
      if (step.does === 'remove') await ledger.markRemoved(partition, epoch, ids, START);
      else await ledger.markSuperseded(partition, epoch, ids, step.does === 'supersede' ? now : undefined);
      return undefined;
    }
  }
}

function updateOf(kind: PartitionUpdate['kind'], changes: number, epoch: number, now: Moment): PartitionUpdate {
  switch (kind) {
    case 'published':
      return { kind, published: { setId: `set-${changes}`, deliveryId: 'd1', files: 1, rows: 2, epoch, at: now } };
    case 'analysed':
      return { kind, analysed: { setId: `set-${changes}`, epoch, watermark: now, at: now } };
    case 'settled':
      return { kind, changes, readAt: now };
    case 'sliced':
      return { kind, sliceSeconds: changes % 2 === 0 ? 60 : undefined };
    case 'failed': {
      const problem = { what: 'analytics-failed', message: 'm', attempts: 1, at: now, retryAt: now, changes } as const;
      return { kind, problem };
    }
    default:
      return kind satisfies never;
  }
}
