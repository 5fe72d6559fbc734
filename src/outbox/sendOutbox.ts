import type { Moment } from '../base/moment.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Message } from '../ledger/message.ts';
import type { Report } from '../telemetry/events.ts';
import type { Broker, SendResult } from './broker.ts';
import { lastId, OUTBOX_PAGE, type OutboxPlace, type OutboxReading, outboxPages } from './outboxPages.ts';

/** What sends the outbox. `now` answers milliseconds since 1970. */
interface OutboxSending {
  readonly ledger: Pick<Ledger, 'outbox' | 'takeFromOutbox'>;
  /**
   * Undefined where the stage has no broker: then what an earlier deployment left behind is
   * dropped.
   */
  readonly broker: Pick<Broker, 'publish'> | undefined;
  readonly report: Report;
  readonly now: () => Moment;
}

export interface OutboxLimits {
  /**
   * From then on nothing more is sent: milliseconds since 1970. What is on its way takes the
   * broker's own time limit.
   */
  readonly until: Moment;
  /** So many messages are read, and given to the broker, at once. */
  readonly batch: number;
  /** A message that no queue takes is kept for this long: a queue may be bound in the meantime. */
  readonly unroutableSeconds: number;
  /** No message is kept for longer. */
  readonly oldestSeconds: number;
}

/** How many messages a pass has dealt with in each way. */
export interface OutboxPass {
  readonly sent: number;
  readonly dropped: number;
  /** Where the pass ended early, of those that it has read: there may be more. */
  readonly kept: number;
  /** Where the next pass goes on; undefined where this one has come to the end. */
  readonly next?: OutboxPlace | undefined;
}

/**
 * A day for the unroutable, 14 days for all: as long as SQS keeps a message at most. `until` is the
 * caller's.
 */
export const OUTBOX_LIMITS: Omit<OutboxLimits, 'until'> = {
  batch: OUTBOX_PAGE,
  unroutableSeconds: 86_400,
  oldestSeconds: 14 * 86_400,
};

/**
 * One pass over the outbox: reads it batch by batch (outboxPages.ts), gives each to the broker, the
 * oldest message first, and takes out what the broker answers for, before the next is read.
 *
 *   confirmed    taken out. Cut off in between, it is sent again under the same id: consumers drop duplicates
 *   unroutable   retry: kept for a day since it came in, then dropped with a metric
 *   failed       retry: kept, with the reason; a whole batch that failed ends the pass, for the broker is down
 *   too old      dropped with a metric, without being sent
 *
 * A pass that begins where another ended goes round: from there to the end, and then from the head.
 * So what is kept at the head, for whatever reason, does not keep those behind it from their turn.
 *
 * Never throws for the broker, whatever it does; throws what the ledger and `report` throw. Two
 * passes at the same time do no harm but duplicates.
 */
export async function sendOutbox(
  sending: OutboxSending,
  limits: OutboxLimits,
  from: OutboxPlace = {},
): Promise<OutboxPass> {
  const { ledger, broker, report, now } = sending;
  const sum = { sent: 0, dropped: 0, unroutable: 0, kept: 0 };
  let [reason, isDown, next]: [string, boolean, OutboxPlace | undefined] = [NO_TIME, false, undefined];
  let place = from;
  for await (const page of roundFrom(ledger, from, limits.batch)) {
    if (broker && (isDown || now() >= limits.until)) {
      sum.kept += page.length;
      next = place;
      break;
    }
    const done = await sendBatch(sending, page, limits);
    sum.sent += done.confirmed;
    sum.dropped += done.dropped;
    sum.unroutable += done.unroutable;
    sum.kept += page.length - done.confirmed - done.dropped;
    reason = done.failures[0] ?? reason;
    isDown = done.isDown;
    place = { after: lastId(page) };
  }
  const { sent, dropped, unroutable, kept } = sum;
  if (sent > 0) report({ what: 'messages-sent', count: sent });
  if (kept > unroutable) {
    report({ what: 'messages-kept', count: kept - unroutable, isAtLeast: next !== undefined, reason });
  }
  return { sent, dropped, kept, next };
}

const NO_TIME = 'there was no time left to send them';

/** All pages: those behind a place, and then those before it. */
async function* roundFrom(ledger: OutboxReading, from: OutboxPlace, limit: number): AsyncGenerator<readonly Message[]> {
  const { after } = from;
  yield* outboxPages(ledger, from, limit);
  if (after === undefined) return;
  for await (const page of outboxPages(ledger, {}, limit)) {
    const before = page.filter(({ id }) => id <= after);
    if (before.length > 0) yield before;
    if (before.length < page.length) return;
  }
}

interface BatchDone {
  readonly confirmed: number;
  readonly dropped: number;
  /** Of those that are kept. */
  readonly unroutable: number;
  /** The reasons of those that failed. */
  readonly failures: readonly string[];
  /** Nothing that was sent has arrived. */
  readonly isDown: boolean;
}

async function sendBatch(
  sending: OutboxSending,
  page: readonly Message[],
  { unroutableSeconds, oldestSeconds }: OutboxLimits,
): Promise<BatchDone> {
  const { ledger, broker, report, now } = sending;
  if (!broker) {
    const dropped = await drop(sending, page, 'the stage has no broker');
    return { confirmed: 0, dropped, unroutable: 0, failures: [], isDown: false };
  }
  const oldest = now() - oldestSeconds * 1000;
  const isOld = ({ createdAt }: Message) => createdAt <= oldest;
  const tooOld = await drop(sending, page.filter(isOld), 'the broker did not take it in time');
  const batch = page.filter((message) => !isOld(message));
  const results = batch.length > 0 ? await publish(broker, batch) : [];
  const resultOf = (index: number): SendResult =>
    results[index] ?? { is: 'failed', reason: 'the broker said nothing of it' };
  const confirmed = batch.filter((_, index) => resultOf(index).is === 'confirmed');
  await ledger.takeFromOutbox(confirmed.map(({ id }) => id));

  const unwanted = batch.filter((_, index) => resultOf(index).is === 'unroutable');
  const latest = now() - unroutableSeconds * 1000;
  const dropped = await drop(
    sending,
    unwanted.filter(({ createdAt }) => createdAt <= latest),
    'no queue was bound for it',
  );
  for (const { id, routingKey, createdAt } of unwanted) {
    if (createdAt > latest) report({ what: 'message-unroutable', id, routingKey });
  }
  const failures = batch.flatMap((_, index) => {
    const result = resultOf(index);
    return result.is === 'failed' ? [result.reason] : [];
  });
  return {
    confirmed: confirmed.length,
    dropped: dropped + tooOld,
    unroutable: unwanted.length - dropped,
    failures,
    isDown: batch.length > 0 && failures.length === batch.length,
  };
}

/** A broker never throws; one that does all the same has not said what became of the messages. */
async function publish(broker: Pick<Broker, 'publish'>, batch: readonly Message[]): Promise<readonly SendResult[]> {
  try {
    return await broker.publish(batch);
  } catch (error) {
    const name = error instanceof Error ? error.name : 'a non-Error was thrown';
    return batch.map(() => ({ is: 'failed', reason: `the broker's client failed: ${name}` }));
  }
}

/** Removes messages that nobody will receive; answers how many. */
async function drop({ ledger, report }: OutboxSending, messages: readonly Message[], reason: string): Promise<number> {
  await ledger.takeFromOutbox(messages.map(({ id }) => id));
  for (const { id, routingKey } of messages) report({ what: 'message-dropped', id, routingKey, reason });
  return messages.length;
}
