import type { Moment } from '../base/moment.ts';
import { executionTime } from '../billing/executionTime.ts';
import type { PartitionRecord } from './partitionRecord.ts';

/**
 * When the newest complete delivery of a month was written at its source; undefined while there is
 * none. Whoever says how old a month's bill is asks here: the freshness alarm, the delivery lag,
 * the status and reconcile's report.
 *
 *   complete delivery      the time in the name of its folder, which survives a copy of the bucket;
 *                          without one, its manifest's LastModified
 *   manifest outstanding   undefined: nobody knows whether the files that have come are all
 *   no manifests           the newest LastModified of its staged files
 *
 * So a newer delivery counts once its last file is staged, however late that is, and then with its
 * own time. A manifest that is written again with the same bytes is a newer delivery of the same
 * content. What has been published does not matter.
 */
export function deliveredAt(
  record: Pick<PartitionRecord, 'completeDelivery' | 'delivery' | 'awaitsManifest' | 'watermark'>,
): Moment | undefined {
  const { completeDelivery, delivery, awaitsManifest, watermark } = record;
  if (completeDelivery) {
    const { key, lastModified } = completeDelivery.manifest;
    return executionTime(key) ?? lastModified;
  }
  return delivery || awaitsManifest ? undefined : watermark;
}
