import type { Analysed, PartitionRecord, Published } from './partitionRecord.ts';
import { type Problem, withoutProblem, withProblem } from './problems.ts';

/** What a run may write into a partition's record. */
export type PartitionUpdate =
  | { readonly kind: 'published'; readonly published: Published }
  | { readonly kind: 'analysed'; readonly analysed: Analysed }
  /**
   * Everything that had changed when the run looked (`readAt`) is worked in, or cannot be (`held`).
   */
  | { readonly kind: 'settled'; readonly changes: number; readonly readAt: number; readonly held?: string }
  /** It has used up its time, or needs no longer one any more: see PartitionRecord. */
  | { readonly kind: 'sliced'; readonly sliceSeconds: number | undefined }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** The record after a run's update. */
export function applyUpdate(record: PartitionRecord, update: PartitionUpdate): PartitionRecord {
  switch (update.kind) {
    case 'published':
      return { ...record, published: update.published };
    case 'analysed': {
      const watermark = Math.max(update.analysed.watermark, record.analysed?.watermark ?? 0);
      return { ...withoutProblem(record, 'analyse'), analysed: { ...update.analysed, watermark } };
    }
    case 'settled':
      return settle(record, update);
    case 'sliced':
      return { ...record, sliceSeconds: update.sliceSeconds };
    case 'failed':
      return withProblem(record, update.problem);
    default:
      return update satisfies never;
  }
}

/**
 * Without changes, unless some came while the run was at work: these count from the moment at which
 * the run looked.
 */
function settle(record: PartitionRecord, update: Extract<PartitionUpdate, { kind: 'settled' }>): PartitionRecord {
  const { firstChangeAt, lastChangeAt, tickOwner, problem, otherProblem, held: _, ...rest } = record;
  const settledChanges = Math.max(update.changes, record.settledChanges);
  const after =
    update.held === undefined ? { ...rest, settledChanges } : { ...rest, settledChanges, held: update.held };
  if (record.changes <= settledChanges) return after;
  return {
    ...after,
    firstChangeAt: Math.max(update.readAt, firstChangeAt ?? update.readAt),
    lastChangeAt: lastChangeAt ?? update.readAt,
    tickOwner,
  };
}
