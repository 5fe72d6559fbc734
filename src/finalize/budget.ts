import { untilAborted } from '../base/untilAborted.ts';
import type { FinalizeServices } from './services.ts';

interface Budget {
  /** Absent: as long as it takes. */
  readonly seconds?: number | undefined;
  /** What is thrown when it is used up. */
  readonly late: (seconds: number) => Error;
  /** Ends the work as well: its reason is thrown then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `work` answers within its budget. When that is used up, or the signal is aborted, the work's
 * own signal is: the statement under way is cancelled. Work that goes on nevertheless is ignored.
 */
export async function withinBudget<Result>(
  { setTimer }: Pick<FinalizeServices, 'setTimer'>,
  { seconds, late, signal }: Budget,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const cancel = seconds === undefined ? () => {} : setTimer(() => over.abort(late(seconds)), seconds * 1000);
  try {
    return await untilAborted(either, () => work(either));
  } finally {
    cancel();
  }
}
