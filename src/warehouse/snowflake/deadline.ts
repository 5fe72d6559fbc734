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
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = deadlineFailure(seconds, what);
    controller.abort(failure);
    late.reject(failure);
  }, seconds * 1000);
  try {
    return await Promise.race([work(controller.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function deadlineFailure(seconds: number, what: string): SnowflakeFailure {
  return new SnowflakeFailure({ code: 'DEADLINE', kind: 'retry', message: `no end of ${what} within ${seconds} s` });
}
