import { isCorrelationId } from '../base/correlationId.ts';
import type { Moment } from '../base/moment.ts';
import { shortHash } from '../base/shortHash.ts';
import type { Partition } from '../billing/partition.ts';
import type { Payer } from '../billing/payer.ts';
import type { Message } from '../ledger/message.ts';
import { compose, dayOf, type Fields, isoOf, type MessageContext } from './compose.ts';

/** A source that could not be listed, and why. */
interface Unreadable extends Fields<'unreadable'> {
  readonly payer: Payer;
}

/**
 * A payer's source cannot be listed. One id per source and UTC day, whatever the reasons of that
 * day are.
 */
export function unreadable(context: MessageContext, { payer, bucket, prefix, reason }: Unreadable): Message {
  const source = shortHash(`${bucket}\0${prefix}`);
  return compose(context, {
    what: 'unreadable',
    happened: [payer, source, dayOf(context.at)],
    payer,
    fields: { bucket, prefix, reason },
  });
}

/** How long a payer has not delivered. */
interface Stale {
  readonly payer: Payer;
  readonly hours: number;
  /** Absent where nothing complete was ever seen. */
  readonly lastDelivery?: Moment | undefined;
}

/**
 * A payer's newest complete delivery is too old. One id per last delivery and UTC day: each
 * reconcile reports it, and consumers drop duplicates.
 */
export function stale(context: MessageContext, { payer, hours, lastDelivery }: Stale, limitHours: number): Message {
  const last = lastDelivery === undefined ? null : isoOf(lastDelivery);
  return compose(context, {
    what: 'stale',
    happened: [payer, last ?? 'never', dayOf(context.at)],
    payer,
    fields: { hours, lastDelivery: last, limitHours },
  });
}

/**
 * A month has several reports, and nobody has chosen which one is the bill. One id per partition
 * and UTC day: each reconcile says it.
 */
export function reportsUndecided(
  context: MessageContext,
  { payer, period }: Partition,
  fields: Fields<'reports-undecided'>,
): Message {
  const happened = [period, payer, dayOf(context.at)];
  return compose(context, { what: 'reports-undecided', happened, payer, period, fields });
}

/**
 * A reconcile has ended. One id per invocation: one that AWS repeats has the same correlation id.
 */
export function reconciled(context: MessageContext, fields: Fields<'reconciled'>): Message {
  const { correlationId, at } = context;
  const invocation = isCorrelationId(correlationId) ? correlationId : isoOf(at);
  return compose(context, { what: 'reconciled', happened: [invocation], fields });
}
