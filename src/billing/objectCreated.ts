import * as z from 'zod/mini';
import { definedFields } from '../base/definedFields.ts';
import { bucketName, objectKey, optionalSize, optionalText, readMessage } from './messageFields.ts';

/**
 * An object at its source, as a message names it. What S3 may leave out is optional here, never
 * made up.
 */
export interface NamedObject {
  readonly bucket: string;
  /** The raw key: EventBridge does not URL-encode it, so it is never decoded. */
  readonly key: string;
  /** Without quotes. */
  readonly etag?: string;
  /** Absent where the bucket keeps no versions, and where it says "null". */
  readonly versionId?: string;
  readonly sequencer?: string;
  readonly sizeBytes?: number;
  /** When the object was created, as its event says: milliseconds since 1970. */
  readonly eventEpochMs?: number;
}

/** An "Object Created" event: what its bucket says of a new object. */
interface ObjectCreated extends NamedObject {
  /**
   * PutObject, CompleteMultipartUpload, CopyObject, …; `unknown` when the event has none. Nothing
   * depends on it.
   */
  readonly reason: string;
}

/** Amazon EventBridge events of S3 (S3 User Guide, EventBridge event message structure). */
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
            key: objectKey,
            size: optionalSize,
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

/**
 * Reads the (JSON-parsed) body of an EventBridge "Object Created" event. `eTag`, as another server
 * spells it, is taken for `etag`; text that is empty says nothing.
 *
 * Throws MalformedMessage, whose message names every wrong field and its value.
 */
export function parseObjectCreated(body: unknown): ObjectCreated {
  const { time, detail } = readMessage(eventSchema, body, 'an Object Created event');
  const { object } = detail;
  const etag = (object.etag || object.eTag)?.replace(/^"(.*)"$/s, '$1');
  const versionId = object['version-id'];
  return definedFields({
    bucket: detail.bucket.name,
    key: object.key,
    etag: etag || undefined,
    versionId: versionId === 'null' ? undefined : versionId || undefined,
    sequencer: object.sequencer || undefined,
    sizeBytes: object.size,
    eventEpochMs: time === undefined ? undefined : Date.parse(time),
    reason: detail.reason || 'unknown',
  });
}
