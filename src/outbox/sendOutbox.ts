import type { Moment } from '../base/moment.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Message } from '../ledger/message.ts';
import type { Report } from '../telemetry/events.ts';
import type { Broker, SendResult } from './broker.ts';

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
  /** So many messages are given to the broker at once. */
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
  readonly kept: number;
}

/**
 * A day for the unroutable, 14 days for all: as long as SQS keeps a message at most. `until` is the
 * caller's.
 */
export const OUTBOX_LIMITS: Omit<OutboxLimits, 'until'> = {
  batch: 100,
  unroutableSeconds: 86_400,
  oldestSeconds: 14 * 86_400,
};

/**
 * One pass over the outbox, the oldest first: gives it to the broker batch by batch, and takes out
 * what the broker answers for, before the next batch.
 *
 *   confirmed    taken out. Cut off in between, it is sent again under the same id: consumers drop duplicates
 *   unroutable   retry: kept for a day since it came in, then dropped with a metric
 *   failed       retry: kept, with the reason; a whole batch that failed ends the pass, for the broker is down
 *   too old      dropped with a metric, without being sent
 *
 * Never throws for the broker, whatever it does; throws what the ledger and `report` throw. Two
 * passes at the same time do no harm but duplicates.
 */
export async function sendOutbox(sending: OutboxSending, limits: OutboxLimits): Promise<OutboxPass> {
  const { ledger, broker, report, now } = sending;
  const messages = await ledger.outbox();
  if (!broker) return { sent: 0, dropped: await drop(sending, messages, 'the stage has no broker'), kept: 0 };

  const oldest = now() - limits.oldestSeconds * 1000;
  const isOld = ({ createdAt }: Message) => createdAt <= oldest;
  let dropped = await drop(sending, messages.filter(isOld), 'the broker did not take it in time');
  const waiting = messages.filter((message) => !isOld(message));
  let [sent, unroutable, reason] = [0, 0, 'there was no time left to send them'];
  for (let first = 0; first < waiting.length && now() < limits.until; first += limits.batch) {
    const batch = waiting.slice(first, first + limits.batch);
    const done = await sendBatch(sending, broker, batch, limits);
    sent += done.confirmed;
    dropped += done.dropped;
    unroutable += done.unroutable;
    reason = done.failures[0] ?? reason;
    if (done.failures.length === batch.length) break;
  }
  const kept = messages.length - sent - dropped;
  if (sent > 0) report({ what: 'messages-sent', count: sent });
  if (kept > unroutable) report({ what: 'messages-kept', count: kept - unroutable, reason });
  return { sent, dropped, kept };
}

interface BatchDone {
  readonly confirmed: number;
  readonly dropped: number;
  /** Of those that are kept. */
  readonly unroutable: number;
  /** The reasons of those that failed. */
  readonly failures: readonly string[];
}

async function sendBatch(
  sending: OutboxSending,
  broker: Pick<Broker, 'publish'>,
  batch: readonly Message[],
  { unroutableSeconds }: OutboxLimits,
): Promise<BatchDone> {
  const { ledger, report, now } = sending;
  const results = await publish(broker, batch);
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
  return { confirmed: confirmed.length, dropped, unroutable: unwanted.length - dropped, failures };
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
