import { counted } from '../base/counted.ts';
import { type FailedChecks, hasChanges, isDirty, type PartitionRecord, wantsAnalytics } from './partitionRecord.ts';
import { problemsOf } from './problems.ts';

/**
 *   published   readers see the newest delivery, and analytics have run over it
 *   pending     changes wait for the next run, or analytics have not run over what was published
 *   waiting     the newest delivery is not complete; what was visible stays
 *   held        the current set cannot be formed; what was visible stays
 *   failed      registration, audit or analytics failed; after the first two what was visible stays
 */
export type PartitionState = 'published' | 'pending' | 'waiting' | 'held' | 'failed';

/** A partition's state, and why, from its record in the ledger. */
export function stateOf(record: PartitionRecord): { readonly state: PartitionState; readonly why: string } {
  const { delivery, held, published } = record;
  const problems = problemsOf(record);
  if (problems.length > 0 && isDirty(record)) {
    return { state: 'failed', why: problems.map(({ what, message }) => `${what}: ${message}`).join('; ') };
  }
  if (delivery && delivery.awaited.length > 0) {
    const { awaited, files, executionId } = delivery;
    const why = `${awaited.length} of ${counted(files, 'file')} of delivery ${executionId} ${awaited.length === 1 ? 'is' : 'are'} missing`;
    return { state: 'waiting', why };
  }
  if (hasChanges(record)) return { state: 'pending', why: 'changes wait for the next run' };
  if (held !== undefined || !published) return { state: 'held', why: held ?? 'nothing has been published' };
  if (wantsAnalytics(record)) return { state: 'pending', why: 'analytics have not run over it yet' };
  return { state: 'published', why: '' };
}

/** Which checks have failed, and why the first of them. */
export function failedChecksText({ names, reason }: FailedChecks): string {
  const [first] = names;
  const others = names.length > 1 ? `; ${names.slice(1).join(', ')}` : '';
  return `${counted(names.length, 'check')} failed: ${first} (${reason})${others}`;
}
