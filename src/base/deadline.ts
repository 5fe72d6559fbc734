/**
 * Work did not end in time. Its adapter says what that means for the caller; as a rule it is tried
 * again.
 */
export class DeadlineMissed extends Error {
  override readonly name = 'DeadlineMissed';
}

/** A time by which a call has to end, with all of its steps. */
export interface TimeLimit {
  /** Milliseconds until then; 0 when it is past. */
  remainingMs(): number;
}

/** How long one step may take. */
interface Deadline {
  /** The step, for the message: `signing in`. */
  readonly what: string;
  readonly seconds: number;
  /** The limit of the call that the step belongs to, if that may be reached first. */
  readonly limit?: TimeLimit;
}

/** Starts a limit of `seconds`, by the clock `now` (milliseconds). */
export function startLimit(seconds: number, now: () => number): TimeLimit {
  const end = now() + seconds * 1000;
  return { remainingMs: () => Math.max(0, end - now()) };
}

/**
 * What `work` answers; DeadlineMissed is thrown when that takes too long. The signal is aborted
 * then, and work that goes on nevertheless is ignored.
 */
export async function withDeadline<Result>(
  { what, seconds, limit }: Deadline,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const milliseconds = Math.min(seconds * 1000, limit?.remainingMs() ?? Number.POSITIVE_INFINITY);
  const controller = new AbortController();
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new DeadlineMissed(`no end of ${what} within ${Math.round(milliseconds) / 1000} s`);
    controller.abort(error);
    over.reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work(controller.signal), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
