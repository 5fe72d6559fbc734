import * as z from 'zod/mini';
import { definedFields } from '../base/definedFields.ts';
import { bucketName, objectKey, optionalSize, optionalText, readMessage } from '../billing/messageFields.ts';
import { type NamedObject, parseObjectCreated } from '../billing/objectCreated.ts';

/**
 * What the reactor asks of its own copy function:
 *
 *   copy           take in this object: a delivery names it, or a set needs it again, or it
 *                  appeared in a folder
 *   discovered     the same, of an object that reconcile found: the payers' configuration, which
 *                  knows whose it is, was stored before
 *   second-look    read this manifest again: its delivery seemed unfinished a while ago
 *   restore-copy   make the staged copy of this content again: the ledger knows it as staged, and
 *                  the copy is gone
 */
const KINDS = ['copy', 'discovered', 'second-look', 'restore-copy'] as const;
type CopyRequestKind = (typeof KINDS)[number];

/** A message that the reactor sends to its copy queue. */
export interface CopyRequest extends NamedObject {
  readonly kind: CopyRequestKind;
  /** Names what gave rise to it, in the logs and messages that follow. */
  readonly correlationId?: string;
}

/** What the copy function works on: what S3 announces, and what the reactor asks of itself. */
export type CopyMessage = CopyRequest | (NamedObject & { readonly kind: 'object-created' });

/** The request for an object; whatever else is known of the object is left out. */
export function copyRequest(kind: CopyRequestKind, object: NamedObject, correlationId?: string): CopyRequest {
  const { bucket, key, etag, versionId, sequencer, sizeBytes, eventEpochMs } = object;
  return definedFields({ kind, bucket, key, etag, versionId, sequencer, sizeBytes, eventEpochMs, correlationId });
}

const requestSchema = z.object(
  {
    kind: z.enum(KINDS, `must be one of ${KINDS.join(', ')}`),
    bucket: bucketName,
    key: objectKey,
    etag: optionalText,
    versionId: optionalText,
    sequencer: optionalText,
    sizeBytes: optionalSize,
    eventEpochMs: z.optional(z.int('must be milliseconds since 1970')),
    correlationId: optionalText,
  },
  'must be an object',
);

/**
 * Earlier releases sent their requests in the shape of S3's event, and its reason said what was
 * asked for. Messages wait for up to four days in the queue, and for fourteen in the dead-letter
 * queue, from where they may be sent again.
 */
const EARLIER_REASONS: ReadonlyMap<string, CopyRequestKind> = new Map([
  ['reconcile', 'discovered'],
  ['second-look', 'second-look'],
  ['copy-lost', 'restore-copy'],
]);

/**
 * Reads the (JSON-parsed) body of a message of the copy queue: a request has a `kind`, an event of
 * S3 has none.
 *
 * Throws MalformedMessage, whose message names every wrong field and its value.
 */
export function parseCopyMessage(body: unknown): CopyMessage {
  if (typeof body === 'object' && body !== null && 'kind' in body) {
    return definedFields(readMessage(requestSchema, body, 'a copy request'));
  }
  const { reason, ...object } = parseObjectCreated(body);
  return { ...object, kind: EARLIER_REASONS.get(reason) ?? 'object-created' };
}
