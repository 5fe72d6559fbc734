import type { Handler } from '../../adapters/memory/consume.ts';
import type { CopyRequest } from '../../queue/copyMessage.ts';
import type { Report } from '../../telemetry/events.ts';
import type { Retrying } from './retrying.ts';

/** A message is received this often before it becomes a dead letter. */
export const MAX_RECEIVES = 5;

/** What happens to a message that cannot be processed. */
export interface Attempts {
  /**
   * Where this process stays, and never gives up what it cannot take in: records what it goes on
   * retrying.
   */
  readonly retrying?: Retrying | undefined;
  /** Takes what a message failed with for the last time: it becomes a dead letter. */
  readonly onGivenUp: (error: unknown) => void;
  readonly report: Report;
}

/** Reports a failure when it was the last attempt. */
export function reportingGivenUp<Message>(
  onGivenUp: Attempts['onGivenUp'],
  handler: Handler<Message>,
): Handler<Message> {
  return async (body, context) => {
    try {
      await handler(body, context);
    } catch (error) {
      if (context.receiveCount >= MAX_RECEIVES) onGivenUp(error);
      throw error;
    }
  };
}

/**
 * Where this process stays, retries what cannot be taken in for good, and says so; else gives it up
 * at last.
 */
export function retryingCopies(
  { retrying, report, onGivenUp }: Attempts,
  handler: Handler<CopyRequest>,
): Handler<CopyRequest> {
  if (!retrying) return reportingGivenUp(onGivenUp, handler);
  return async (request, context) => {
    const { key } = request;
    try {
      await handler(request, context);
    } catch (error) {
      const attempts = context.receiveCount;
      const reason = error instanceof Error ? error.message : String(error);
      report({ what: 'object-retried', key, reason, attempts });
      await retrying.failed(key, reason, attempts);
      throw error;
    }
    await retrying.succeeded(key);
  };
}

/** 1, 2, 3, … seconds: for a process that ends after some attempts. */
export function linearBackoff(receiveCount: number): number {
  return receiveCount;
}

const LONGEST_PAUSE_SECONDS = 300;

/** 1, 2, 4, … seconds, up to five minutes: for a process that stays. */
export function patientBackoff(receiveCount: number): number {
  return Math.min(LONGEST_PAUSE_SECONDS, 2 ** Math.min(receiveCount - 1, 20));
}
