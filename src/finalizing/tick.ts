import { type Period, parsePeriod } from '../billing/period.ts';
import type { QueueMessage } from '../staging/queue.ts';

/** "Look at this period again." A hint, never an order: the ledger decides. */
export interface Tick {
  readonly period: Period;
  /** Clear away superseded copies, also where nothing else is due. */
  readonly clear?: boolean;
}

/** SQS delays a message by at most 15 minutes; a later moment is reached in hops. */
const MAX_DELAY_SECONDS = 900;

/** A tick that arrives at `dueAt`, or at the last moment before it that the queue can reach. Milliseconds since 1970. */
export function tickAt(
  period: Period,
  dueAt: number,
  now: number,
): QueueMessage<Tick> & { readonly delaySeconds: number } {
  const seconds = Math.ceil((dueAt - now) / 1000);
  return { body: { period }, delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, seconds)), group: period };
}

/** Reads a tick's body. Throws a TypeError or RangeError that names the value. */
export function parseTick(body: unknown): Tick {
  const period = typeof body === 'object' && body !== null && 'period' in body ? body.period : undefined;
  if (typeof period !== 'string') throw new TypeError(`a tick must name a period, got ${JSON.stringify(body)}`);
  const clear = typeof body === 'object' && body !== null && 'clear' in body && body.clear === true;
  return { period: parsePeriod(period), ...(clear ? { clear } : {}) };
}
