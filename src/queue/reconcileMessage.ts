import * as z from 'zod/mini';
import { definedFields } from '../base/definedFields.ts';
import { readMessage } from '../billing/messageFields.ts';
import { type Payer, parsePayer } from '../billing/payer.ts';

/** Works on one payer of a reconcile (ledger/reconcileRuns.ts). */
export interface ReconcileMessage {
  /** The run's id; it is the correlation id of all that follows. */
  readonly run: string;
  readonly payer: Payer;
  /** From 1 where the payer's work goes on that an earlier message began. */
  readonly hop?: number;
}

const schema = z.object(
  {
    run: z.string('must be a string').check(z.regex(/^[\w-]{1,64}$/, 'must be the id of a run')),
    payer: z.string('must be a string').check(z.regex(/^\d{12}$/, 'must be an AWS account id of 12 digits')),
    hop: z.optional(z.int('must be a whole number').check(z.minimum(1, 'must be 1 or more'))),
  },
  'must be an object',
);

/**
 * Reads the (JSON-parsed) body of a message of the reconcile queue.
 *
 * Throws MalformedMessage, whose message names every wrong field and its value.
 */
export function parseReconcileMessage(body: unknown): ReconcileMessage {
  const { run, payer, hop } = readMessage(schema, body, 'a reconcile message');
  return definedFields({ run, payer: parsePayer(payer), hop });
}
