import type { FailedChecks, PartitionRecord } from '../ledger/partitionRecord.ts';
import { failedChecksOf } from '../ledger/partitionRecord.ts';
import type { PartitionTotals } from '../warehouse/warehouse.ts';
import { retryAt } from './candidate.ts';
import type { FinalizeSettings } from './services.ts';

/** More than any script has: a partition's record in the ledger must stay small. */
const MAX_NAMES = 200;
const MAX_REASON_CHARACTERS = 300;

/** A partition after a run of the analytics: its record before that, and what they have found. */
interface Analysed {
  readonly record: PartitionRecord;
  readonly totals: Pick<PartitionTotals, 'failedChecks'>;
}

/**
 * What the ledger keeps of checks that failed, with when they are tried again; undefined where none
 * did. How often they have failed in a row is counted over the whole script: whichever fails, it is
 * run again.
 */
export function failedChecksAfter(
  settings: FinalizeSettings,
  { record, totals: { failedChecks } }: Analysed,
  now: number,
): FailedChecks | undefined {
  const [first] = failedChecks;
  if (!first) return undefined;
  const attempts = (failedChecksOf(record)?.attempts ?? 0) + 1;
  return {
    names: failedChecks.slice(0, MAX_NAMES).map(({ check }) => check),
    reason: first.reason.slice(0, MAX_REASON_CHARACTERS),
    attempts,
    retryAt: retryAt(settings, attempts, now),
  };
}

/** A check that failed in a run of the script, for so many payers by the same reason. */
interface FailedCheck {
  readonly check: string;
  readonly code: string;
  readonly reason: string;
  readonly payers: number;
}

/** One entry for each check and reason. A reason begins with the engine's code. */
export function failedChecksIn(analysed: readonly Analysed[]): readonly FailedCheck[] {
  const all = analysed.flatMap(({ totals }) => totals.failedChecks);
  return [...Map.groupBy(all, ({ check, reason }) => `${check}\0${reason}`).values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { check, reason } = first;
    return [{ check, code: reason.split(':', 1).join(), reason, payers: same.length }];
  });
}
