import { randomUUID } from 'node:crypto';
import type { Backoff } from '../../base/backoff.ts';
import { withDeadline } from '../../base/deadline.ts';
import type { KeptConnection } from '../../base/keptConnection.ts';
import type { Connection } from './connection.ts';
import { failureOf, type SnowflakeFailure, wasAnswered } from './failures.ts';

/**
 * Does work on a kept connection, and again, on a new one if need be, where the failure allows it;
 * within `seconds` each time.
 */
export type Persist = <Result>(
  kept: KeptConnection<Connection>,
  seconds: number,
  what: string,
  work: (connection: Connection, requestId: string, signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

const TRIES = 4;

/**
 * Makes {@link Persist}. It throws SnowflakeFailure after four tries, or at once when another would
 * be in vain.
 */
export function createPersistence(backoff: Backoff): Persist {
  return (kept, seconds, what, work) => {
    async function attempt(count: number, requestId: string): ReturnType<typeof work> {
      const connection = await kept.current();
      try {
        return await withDeadline({ what, seconds }, (signal) => work(connection, requestId, signal));
      } catch (error) {
        const failure = failureOf(error);
        if (isBreak(failure)) kept.drop(connection);
        if (!mayRepeat(failure, count)) throw failure;
        if (failure.kind === 'transient') await backoff(count);
        return attempt(count + 1, isDone(failure) ? randomUUID() : requestId);
      }
    }
    return attempt(1, randomUUID());
  };
}

/**
 * After this failure the session is of no use: it is gone, or, after a missed deadline, what it
 * still does is unknown.
 */
export function isBreak({ kind, code }: SnowflakeFailure): boolean {
  return kind === 'reconnect' || code === 'DEADLINE';
}

/** Time that has run out is the caller's, who knows whether there is more. */
function mayRepeat({ kind, code }: SnowflakeFailure, tries: number): boolean {
  if (tries === TRIES) return false;
  return kind === 'reconnect' || (kind === 'transient' && code !== 'DEADLINE');
}

/**
 * Under its request id, a statement that was answered would only be answered again, and a lost
 * session knows none.
 */
function isDone(failure: SnowflakeFailure): boolean {
  return failure.kind === 'reconnect' || wasAnswered(failure);
}
