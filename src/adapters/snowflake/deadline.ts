import { withDeadline as endBy } from '../../base/deadline.ts';
import { SnowflakeFailure } from './failures.ts';

/**
 * What `work` answers, or a SnowflakeFailure of the kind `retry` with the code `DEADLINE` when that takes longer. The
 * signal is aborted then; work that goes on nevertheless is not listened to any more. `what` names the work in the message.
 */
export async function withDeadline<Result>(
  seconds: number,
  what: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const message = `no end of ${what} within ${seconds} s`;
  return endBy(seconds * 1000, () => new SnowflakeFailure({ code: 'DEADLINE', kind: 'retry', message }), work);
}
