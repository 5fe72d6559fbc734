import { failedChecksOf, type PartitionRecord } from '../ledger/partitionRecord.ts';
import { stateOf } from '../ledger/partitionState.ts';

/**
 *   complete     the newest delivery that is known is whole, visible to readers, and analysed by every check
 *   incomplete   it is not; the row says what is missing
 *   unknown      nothing of it has arrived, or nobody knows whether what has arrived is all
 */
export type Verdict = 'complete' | 'incomplete' | 'unknown';

/**
 * What a partition's record comes to. It takes more than the state: nobody may read "complete" too
 * early.
 */
export function verdictOf(record: PartitionRecord | undefined): Verdict {
  if (!record) return 'unknown';
  const { problem, delivery } = record;
  const isAtRest = stateOf(record).state === 'published' && problem === undefined;
  if (!isAtRest || (delivery && !isVisible(record, delivery)) || !isAnalysed(record)) return 'incomplete';
  if (isUndecided(record) || failedChecksOf(record)) return 'incomplete';
  return lacksManifest(record) ? 'unknown' : 'complete';
}

/** Whether the month has several reports, and nobody has chosen which one is the bill. */
function isUndecided({ otherReports = [] }: PartitionRecord): boolean {
  return otherReports.length > 0;
}

/** Whether readers see this delivery. */
export function isVisible({ published }: PartitionRecord, delivery: { readonly id: string }): boolean {
  return published?.deliveryId === delivery.id;
}

/** Whether analytics have run over what readers see. */
export function isAnalysed({ published, analysed }: PartitionRecord): boolean {
  return (
    published !== undefined &&
    analysed !== undefined &&
    analysed.epoch >= published.epoch &&
    analysed.setId === published.setId
  );
}

/**
 * Whether its source writes manifests, and none of them has come: then nobody knows whether all
 * files are here.
 */
export function lacksManifest({ awaitsManifest, delivery }: PartitionRecord): boolean {
  return awaitsManifest && delivery === undefined;
}
