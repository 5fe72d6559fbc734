import { S3ServiceException } from '@aws-sdk/client-s3';
import { printable } from '../../base/printable.ts';
import { AccessDenied, type Location, ObjectChanged, ObjectGone, type ObjectRef } from '../../store/objectStore.ts';

/**
 * Codes whose status S3 cannot send any more once it has answered 200, as CopyObject may before it
 * fails.
 */
const STATUS_OF_CODE = new Map([
  ['AccessDenied', 403],
  ['NoSuchBucket', 404],
  ['NoSuchKey', 404],
  ['NoSuchVersion', 404],
  ['ConditionalRequestConflict', 409],
  ['PreconditionFailed', 412],
]);

/** The HTTP status that an error of S3 stands for; undefined for every other error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  return STATUS_OF_CODE.get(error.name) ?? error.$metadata.httpStatusCode;
}

/**
 * What a failed request for an object, or a bucket's listing, means to a workflow: ObjectGone,
 * ObjectChanged, AccessDenied, or the error itself (which is retried). Answers to HEAD have no
 * code, so the status decides. 405 is a version that is a delete marker (S3 API reference,
 * GetObject).
 */
export function failureOf(error: unknown, object: ObjectRef, about = named(object)): unknown {
  switch (statusOf(error)) {
    case 404:
    case 405:
      return new ObjectGone(`no ${about}`, { cause: error });
    case 412:
      return changed(object);
    case 403:
      return denied(error, about);
    default:
      return error;
  }
}

/**
 * Names S3's code and what it was about, no more: S3's own message names principals and policies.
 */
export function denied(error: unknown, about: string): AccessDenied {
  const code = error instanceof S3ServiceException && error.name !== 'Unknown' ? error.name : 'HTTP 403';
  return new AccessDenied(`S3 refuses (${code}): ${about}`);
}

export function changed(object: ObjectRef): ObjectChanged {
  const { etag } = object;
  return new ObjectChanged(`${named(object)} has another content than ${etag ?? 'when its read began'}`);
}

/** An object in words fit for a log: keys come from outside. */
export function named({ bucket, key }: Location): string {
  return `object ${printable(key)} in bucket ${bucket}`;
}

/**
 * What S3 always answers. Throws an Error that names the field if it did not: something else than
 * S3 did.
 */
export function required<Value>(value: Value | undefined, field: string, object: Location): Value {
  if (value === undefined) throw new Error(`S3 answered without ${field} for ${named(object)}`);
  return value;
}

/** S3's headers have etags in quotes; events, and everything here, have them without. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

/**
 * Keys are Unicode (S3 User Guide, "Naming Amazon S3 objects"): no object has one with half a
 * character. Throws ObjectGone.
 */
export function checkKey(location: Location): void {
  if (!location.key.isWellFormed()) throw new ObjectGone(`no ${named(location)}`);
}

/** Sends a request; that the object is not there does not count as a failure. */
export async function unlessGone(location: Location, send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    const failure = failureOf(error, location);
    if (!(failure instanceof ObjectGone)) throw failure;
  }
}
