/**
 * What `work` answers, or what `late` makes when that takes longer than `milliseconds`. The signal is aborted then; work
 * that goes on nevertheless is not listened to any more.
 */
export async function withDeadline<Result>(
  milliseconds: number,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = late();
    controller.abort(error);
    over.reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work(controller.signal), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
