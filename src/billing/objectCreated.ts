import * as z from 'zod/mini';
import { wrongFields } from '../base/wrongFields.ts';

/** That an object was created, as its bucket told it. What S3 may leave out is optional here, never made up. */
export interface ObjectCreated {
  readonly bucket: string;
  /** The raw key: EventBridge does not URL-encode it, so it is never decoded. */
  readonly key: string;
  /** Without quotes. */
  readonly etag?: string;
  /** Absent where the bucket keeps no versions, and where it says "null". */
  readonly versionId?: string;
  readonly sequencer?: string;
  readonly sizeBytes?: number;
  /** When the event happened: milliseconds since 1970. */
  readonly eventEpochMs?: number;
  /** PutObject, CompleteMultipartUpload, CopyObject, …: told, never filtered on. `unknown` when the event has none. */
  readonly reason: string;
}

/** The body is no "Object Created" event. The same body will fail again. Consequence: retries end in the dead-letter queue. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

/** S3 User Guide, Naming Amazon S3 objects: a key is at most 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

const optionalText = z.optional(z.string('must be a string'));

const key = z.string('must be a string').check(
  z.minLength(1, 'must not be empty'),
  z.refine((text) => Buffer.byteLength(text) <= MAX_KEY_BYTES, `must be at most ${MAX_KEY_BYTES} bytes of UTF-8`),
  z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
);

// General purpose buckets are stricter (3 to 63, lower case); old ones in us-east-1 could have all of this.
const bucketName = z
  .string('must be a string')
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/, 'must be the name of a bucket'));

/** Amazon EventBridge events of S3 (S3 User Guide, EventBridge event message structure). Unknown fields are dropped. */
const eventSchema = z.object(
  {
    'detail-type': z.literal('Object Created', 'must be "Object Created"'),
    source: z.enum(['aws.s3', 'cur-reactor'], 'must be "aws.s3" or "cur-reactor"'),
    time: z.optional(
      z
        .string('must be a string')
        .check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be an ISO 8601 time')),
    ),
    detail: z.object(
      {
        bucket: z.object({ name: bucketName }, 'must be an object'),
        object: z.object(
          {
            key,
            size: z.optional(
              z
                .number('must be a number of bytes')
                .check(z.refine((size) => Number.isSafeInteger(size) && size >= 0, 'must be a whole number of bytes')),
            ),
            etag: optionalText,
            eTag: optionalText,
            'version-id': optionalText,
            sequencer: optionalText,
          },
          'must be an object',
        ),
        reason: optionalText,
      },
      'must be an object',
    ),
  },
  'must be an object',
);

/** What {@link objectCreatedEvent} builds: the part of S3's own shape that {@link parseObjectCreated} reads, and an id. */
type ObjectCreatedEvent = z.output<typeof eventSchema> & { readonly id?: string };

/**
 * Reads the (JSON-parsed) body of an EventBridge "Object Created" event: S3's own, or one of ours. `eTag`, as another
 * server spells it, is taken for `etag`.
 *
 * Throws MalformedEvent, whose message names every wrong field and its value.
 */
export function parseObjectCreated(body: unknown): ObjectCreated {
  const parsed = eventSchema.safeParse(body);
  if (!parsed.success) {
    const wrong = wrongFields(parsed.error.issues, body, { whole: 'body' });
    throw new MalformedEvent(`not an Object Created event: ${wrong.join('; ')}`);
  }
  const { time, detail } = parsed.data;
  const { object } = detail;
  const etag = (object.etag || object.eTag)?.replace(/^"(.*)"$/s, '$1');
  const versionId = object['version-id'];
  return {
    bucket: detail.bucket.name,
    key: object.key,
    ...(etag && { etag }),
    ...(versionId && versionId !== 'null' && { versionId }),
    ...(object.sequencer && { sequencer: object.sequencer }),
    ...(object.size !== undefined && { sizeBytes: object.size }),
    ...(time !== undefined && { eventEpochMs: Date.parse(time) }),
    reason: detail.reason || 'unknown',
  };
}

/**
 * The same message in the shape of S3's event, for what the reactor sends to itself: the files of a manifest, and what
 * reconcile found missing. One parser reads both. `correlationId` names what gave rise to it: it stands where EventBridge
 * has the id of an event (EventBridge User Guide, Events). Throws a RangeError when `eventEpochMs` is no point in time.
 */
export function objectCreatedEvent(
  source: 'cur-reactor',
  created: ObjectCreated,
  correlationId?: string,
): ObjectCreatedEvent {
  const { etag, versionId, sequencer, sizeBytes, eventEpochMs } = created;
  return {
    ...(correlationId !== undefined && { id: correlationId }),
    'detail-type': 'Object Created',
    source,
    ...(eventEpochMs !== undefined && { time: new Date(eventEpochMs).toISOString() }),
    detail: {
      bucket: { name: created.bucket },
      object: {
        key: created.key,
        ...(sizeBytes !== undefined && { size: sizeBytes }),
        ...(etag !== undefined && { etag }),
        ...(versionId !== undefined && { 'version-id': versionId }),
        ...(sequencer !== undefined && { sequencer }),
      },
      reason: created.reason,
    },
  };
}
