import type { MemoryQueue, Received } from './queue.ts';

/** Does what one message asks for. Returning acknowledges it; throwing has it come again. */
export type Handler<Message> = (body: Message, context: { readonly receiveCount: number }) => Promise<void>;

interface ConsumeOptions {
  /** How many handlers run at the same time. */
  readonly concurrency: number;
  /** Aborting stops taking messages; handlers that run are waited for. */
  readonly signal: AbortSignal;
  /** How long a message waits after its nth failure: whole seconds, 0 to 43,200. */
  readonly backoffSeconds: (receiveCount: number) => number;
}

export interface Consumer {
  /**
   * Resolves once nothing is ready and nothing in flight. Delayed messages do not count:
   * `queue.pending()` says how many wait and when the earliest falls due. Rejects with the signal's
   * reason (or what `stopped` rejects with) if the consumer stops before.
   */
  idle(): Promise<void>;
  /**
   * Resolves after the abort, when the last handler has ended. Rejects, and consuming stops, if
   * `backoffSeconds` throws or answers nonsense.
   */
  readonly stopped: Promise<void>;
}

/**
 * Hands a queue's messages to a handler until the signal aborts. Wakes by itself when a message
 * arrives or falls due. Throws a RangeError unless the concurrency is a whole number above zero.
 */
export function consume<Message>(
  queue: MemoryQueue<Message>,
  handler: Handler<Message>,
  { concurrency, signal, backoffSeconds }: ConsumeOptions,
): Consumer {
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a whole number above zero, got ${concurrency}`);
  }
  const stopped = Promise.withResolvers<void>();
  const waiting = createWaiters();
  let running = 0;
  let isOpen = true;
  let whyStopped: unknown;

  const close = (reason: unknown): void => {
    isOpen = false;
    whyStopped = reason;
    stopListening();
    waiting.fail(reason);
    if (running === 0) stopped.resolve();
  };

  const settle = (): void => {
    running--;
    if (isOpen) look();
    else if (running === 0) stopped.resolve();
  };

  const look = (): void => {
    while (isOpen && running < concurrency) {
      const [message] = queue.receive(1);
      if (message === undefined) break;
      running++;
      handle(queue, message, handler, backoffSeconds)
        .catch((error: unknown) => {
          stopped.reject(error);
          if (isOpen) close(error);
        })
        .finally(settle);
    }
    if (waiting.count() > 0 && isIdle(queue)) waiting.release();
  };

  const stopListening = queue.onChange(look);
  if (signal.aborted) close(signal.reason);
  else signal.addEventListener('abort', () => isOpen && close(signal.reason), { once: true });
  if (isOpen) look();

  return {
    stopped: stopped.promise,
    idle: async () => {
      if (!isOpen) throw whyStopped;
      if (isIdle(queue)) return;
      await waiting.wait();
    },
  };
}

/** Callers that wait for the same thing. All are released, or all fail. */
function createWaiters() {
  const waiting = new Set<PromiseWithResolvers<void>>();
  const end = (one: (waiter: PromiseWithResolvers<void>) => void): void => {
    for (const waiter of waiting) one(waiter);
    waiting.clear();
  };
  return {
    count: () => waiting.size,
    release: () => end(({ resolve }) => resolve()),
    fail: (reason: unknown) => end(({ reject }) => reject(reason)),
    wait: () => {
      const waiter = Promise.withResolvers<void>();
      waiting.add(waiter);
      return waiter.promise;
    },
  };
}

async function handle<Message>(
  queue: MemoryQueue<Message>,
  { body, receipt, receiveCount }: Received<Message>,
  handler: Handler<Message>,
  backoffSeconds: ConsumeOptions['backoffSeconds'],
): Promise<void> {
  try {
    await handler(body, { receiveCount });
  } catch (error) {
    queue.retry(receipt, backoffSeconds(receiveCount), String(error));
    return;
  }
  queue.acknowledge(receipt);
}

function isIdle(queue: Pick<MemoryQueue<unknown>, 'pending'>): boolean {
  const { ready, inFlight } = queue.pending();
  return ready === 0 && inFlight === 0;
}
