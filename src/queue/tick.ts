import { isCorrelationId } from '../base/correlationId.ts';
import { definedFields } from '../base/definedFields.ts';
import { quoteValue } from '../base/printable.ts';
import { type Period, parsePeriod } from '../billing/period.ts';
import type { QueueMessage } from './queue.ts';

/** "Look again": a hint, never an order. The ledger decides. */
export type Tick = PeriodTick | OutboxTick;

/** Look at this period again. */
export interface PeriodTick {
  readonly period: Period;
  /** Clear away superseded copies, also where nothing else is due. */
  readonly clear?: boolean;
  /** Names the event that made the period due, in the logs and messages that follow from it. */
  readonly correlationId?: string | undefined;
  /** The moment under which the ledger has noted it (`noteTick`): milliseconds since 1970. */
  readonly notedFor?: number | undefined;
}

/** Messages lie in the outbox: look whether the broker takes them now. */
interface OutboxTick {
  readonly outbox: true;
}

/** SQS delays a message by at most 15 minutes; a later moment is reached in hops. */
const MAX_DELAY_SECONDS = 900;

/**
 * A tick that arrives at `dueAt`, or at the last moment before it that the queue can reach.
 * Milliseconds since 1970.
 */
export function tickAt(
  period: Period,
  dueAt: number,
  now: number,
  correlationId?: string,
): QueueMessage<PeriodTick> & { readonly delaySeconds: number } {
  const seconds = Math.ceil((dueAt - now) / 1000);
  return {
    body: definedFields({ period, correlationId }),
    delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, seconds)),
    group: period,
  };
}

/**
 * Reads a tick's body. Throws a TypeError or RangeError that names the value. An invalid
 * correlation id is left out: no tick is lost for it.
 */
export function parseTick(body: unknown): Tick {
  if (field(body, 'outbox') === true) return { outbox: true };
  const [period, clear, correlationId] = [field(body, 'period'), field(body, 'clear'), field(body, 'correlationId')];
  const notedFor = field(body, 'notedFor');
  if (typeof period !== 'string') {
    throw new TypeError(`a tick must name a period, got ${quoteValue(body)}`);
  }
  return definedFields({
    period: parsePeriod(period),
    clear: clear === true ? clear : undefined,
    correlationId: isCorrelationId(correlationId) ? correlationId : undefined,
    notedFor: typeof notedFor === 'number' && Number.isFinite(notedFor) ? notedFor : undefined,
  });
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
