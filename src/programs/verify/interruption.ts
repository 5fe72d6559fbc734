/** Signals that end a program, with the exit statuses that shells give them: 128 and the number. */
const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Somebody has stopped the program. Consequence: what it has made is removed, and it ends. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly status: number;

  constructor(signal: keyof typeof STATUSES) {
    super(`stopped by ${signal}`);
    this.status = STATUSES[signal];
  }
}

/**
 * A signal that is aborted, with an {@link Interrupted}, when the process is asked to end. Only the
 * first time counts: behind npm, Ctrl-C arrives twice.
 */
export function interruption(stopped: () => void): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) return;
      stopped();
      controller.abort(new Interrupted(signal));
    });
  }
  return controller.signal;
}
