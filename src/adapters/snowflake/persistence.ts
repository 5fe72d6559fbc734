import { randomUUID } from 'node:crypto';
import type { Backoff } from '../../base/backoff.ts';
import { withDeadline } from '../../base/deadline.ts';
import type { KeptConnection } from '../../base/keptConnection.ts';
import { untilAborted } from '../../base/untilAborted.ts';
import type { Connection } from './connection.ts';
import { failureOf, SnowflakeFailure, wasAnswered } from './failures.ts';

/** What is done on a connection. */
export interface Step {
  /** For messages: `signing in`. */
  readonly what: string;
  /** How long each attempt may take. */
  readonly seconds: number;
  /** When it is aborted, the statement is cancelled and the session ended; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does work on a kept connection, and again, on a new one if need be, where the failure allows it;
 * within the step's seconds each time.
 */
export type Persist = <Result>(
  kept: KeptConnection<Connection>,
  step: Step,
  work: (connection: Connection, requestId: string, signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

const TRIES = 4;

/**
 * Makes {@link Persist}. It throws SnowflakeFailure after four tries, or at once when another would
 * be in vain.
 */
export function createPersistence(backoff: Backoff): Persist {
  return (kept, step, work) => {
    async function attempt(count: number, requestId: string): ReturnType<typeof work> {
      const connection = await kept.current();
      try {
        return await attemptOn(connection, kept, step, (signal) => work(connection, requestId, signal));
      } catch (error) {
        if (!(error instanceof SnowflakeFailure) || !mayRepeat(error, count)) throw error;
        if (error.kind === 'transient') await backoff(count);
        return attempt(count + 1, isDone(error) ? randomUUID() : requestId);
      }
    }
    return attempt(1, randomUUID());
  };
}

/** Throws SnowflakeFailure, or the reason of the step's signal; a session of no use is dropped. */
async function attemptOn<Result>(
  connection: Connection,
  kept: KeptConnection<Connection>,
  step: Step,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await inTime(step, work);
  } catch (error) {
    const failure = failureOf(error);
    if (step.signal?.aborted || isBreak(failure)) kept.drop(connection);
    step.signal?.throwIfAborted();
    throw failure;
  }
}

/** One attempt at a step: within its time, and until its signal is aborted. */
export async function inTime<Result>(
  { what, seconds, signal }: Step,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return withDeadline({ what, seconds }, (late) => {
    const either = signal ? AbortSignal.any([signal, late]) : late;
    return untilAborted(signal, () => work(either));
  });
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
