import { withDeadline as endBy } from '../../base/deadline.ts';
import { BrokerFailure } from './failures.ts';

/** A time by which a call has to have come to its end. */
export interface TimeLimit {
  /** Milliseconds until then; 0 when it is past. */
  remainingMs(): number;
}

/** Starts a limit of `seconds`, by the clock `now` (milliseconds). */
export function startLimit(seconds: number, now: () => number): TimeLimit {
  const end = now() + seconds * 1000;
  return { remainingMs: () => Math.max(0, end - now()) };
}

/**
 * What `work` answers, or a BrokerFailure DEADLINE when that takes longer than `seconds`, or than what is left of the
 * limit. The signal is aborted then; work that goes on nevertheless is not listened to any more. `what` names the work.
 */
export async function withDeadline<Result>(
  seconds: number,
  limit: TimeLimit,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const milliseconds = Math.min(seconds * 1000, limit.remainingMs());
  const message = `no end of ${what} within ${Math.round(milliseconds) / 1000} s`;
  return endBy(milliseconds, () => new BrokerFailure('DEADLINE', message), work);
}
