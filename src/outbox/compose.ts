import type { Moment } from '../base/moment.ts';
import { printable } from '../base/printable.ts';
import type { Payer } from '../billing/payer.ts';
import type { Period } from '../billing/period.ts';
import type { Message } from '../ledger/message.ts';
import type { Body, What } from './schema.ts';
import { SCHEMA } from './schema.ts';

/** Where a message comes from, and when. */
export interface MessageContext {
  readonly stage: string;
  /** When it happened: milliseconds since 1970. */
  readonly at: Moment;
  /** Of the event, tick or invocation in which it happened. */
  readonly correlationId?: string | undefined;
}

/** What a kind of message says beside what all of them say. */
export type Fields<Kind extends What> = Omit<
  Body<Kind>,
  'schema' | 'what' | 'id' | 'stage' | 'payer' | 'period' | 'at' | 'correlationId'
>;

interface Contents<Kind extends What> {
  readonly what: Kind;
  /**
   * What happened to what, behind the kind's own name in the id: names and numbers of ours, never a
   * string from outside.
   */
  readonly happened: readonly (string | number)[];
  readonly payer?: Payer;
  readonly period?: Period;
  /** To whom it goes, where there are several: the last word of the routing key. */
  readonly to?: string;
  readonly fields: Fields<Kind>;
}

/**
 * A key of S3 has 1,024 bytes (Amazon S3 User Guide, Naming Amazon S3 objects); reasons are cut.
 */
const MAX_TEXT_LENGTH = 2000;

/**
 * A message as it goes into the outbox. Strings may come from outside: they are made printable and
 * cut, and the body is plain JSON from here on. A body stays below 100 KB: its strings are short,
 * and nobody puts long lists into it.
 */
export function compose<Kind extends What>(context: MessageContext, contents: Contents<Kind>): Message {
  const { stage, at, correlationId } = context;
  const { what, happened, payer, period, to, fields } = contents;
  const id = [what, ...happened].join('/');
  const body = { schema: SCHEMA, what, id, stage, payer, period, at: isoOf(at), correlationId, ...fields };
  return {
    id,
    routingKey: ['cur', payer ?? 'all', period ?? 'all', what, ...(to === undefined ? [] : [to])].join('.'),
    body: JSON.parse(JSON.stringify(body, safe)),
    createdAt: at,
  };
}

/** ISO 8601 in UTC, from milliseconds since 1970. */
export function isoOf(moment: Moment): string {
  return new Date(moment).toISOString();
}

/** The UTC day of a moment, `YYYY-MM-DD`: what lasts for long is reported once a day. */
export function dayOf(moment: Moment): string {
  return isoOf(moment).slice(0, 10);
}

function safe(_field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return printable(value.length > MAX_TEXT_LENGTH ? `${value.slice(0, MAX_TEXT_LENGTH)}…` : value);
}
