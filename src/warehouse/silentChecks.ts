import type { Payer } from '../billing/payer.ts';
import { reasonLine } from './statementFailure.ts';
import type { PartitionTotals, SilentCheck } from './warehouse.ts';

/** The statuses of `cur_check_runs` that say that nothing is known of a check's findings. */
export const [FAILED, CANNOT_BE_TOLD] = ['failed', 'cannot-be-told'] as const;

const MAX_REASON_CHARACTERS = 500;

/** A row of `cur_check_runs` that has one of these statuses. */
interface CheckRun {
  readonly payer: Payer;
  readonly check: string;
  readonly status: string;
  readonly reason: string | null;
}

/** Those of one payer, in the order in which they are given. Reasons fit a line of a log. */
export function silentChecksOf(
  payer: Payer,
  runs: readonly CheckRun[],
): Pick<PartitionTotals, 'failedChecks' | 'unknownChecks'> {
  const withStatus = (status: string): SilentCheck[] =>
    runs
      .filter((run) => run.payer === payer && run.status === status)
      .map(({ check, reason }) => ({ check, reason: reasonLine(reason ?? '', MAX_REASON_CHARACTERS) }));
  return { failedChecks: withStatus(FAILED), unknownChecks: withStatus(CANNOT_BE_TOLD) };
}
