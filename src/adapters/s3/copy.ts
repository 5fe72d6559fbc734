import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Backoff } from '../../base/backoff.ts';
import { type Location, ObjectGone, type ObjectRef } from '../../store/objectStore.ts';
import { copySourceOf } from './copySource.ts';
import { denied, named, quoted, statusOf } from './failures.ts';

/** What copies work with. */
export interface Copying {
  /** Of the target's region: S3 finds the source by itself, wherever it lies. */
  readonly client: S3Client;
  /**
   * Looks at an object, under its etag where given. Throws ObjectGone, ObjectChanged or
   * AccessDenied.
   */
  readonly look: (object: ObjectRef) => Promise<unknown>;
  readonly backoff: Backoff;
}

/** One content of an object. */
export type CopySource = ObjectRef & { readonly etag: string; readonly sizeBytes: number };

/**
 * 409 means that another write to the same key is under way: "you should retry the upload" (S3 API
 * reference, CopyObject).
 */
const MAX_TRIES = 5;

/**
 * Copies an object of 5 GiB at most in one request, under its etag, to a key that must not exist.
 * Throws ObjectGone, ObjectChanged, AccessDenied, or S3's own error; all but the first two are for
 * retry.
 *
 * Tags stay behind: to copy them (the default) takes s3:GetObjectTagging on the payer's bucket and
 * s3:PutObjectTagging here. No ACL is given: the copy belongs to the bucket's owner.
 */
export async function copyWhole(copying: Copying, source: CopySource, target: Location): Promise<'copied' | 'exists'> {
  for (let tries = 1; ; tries++) {
    try {
      await copying.client.send(
        new CopyObjectCommand({
          Bucket: target.bucket,
          Key: target.key,
          CopySource: copySourceOf(source),
          CopySourceIfMatch: quoted(source.etag),
          IfNoneMatch: '*',
          TaggingDirective: 'REPLACE',
        }),
      );
      return 'copied';
    } catch (error) {
      if (statusOf(error) !== 409 || tries === MAX_TRIES) return existsOrThrow(copying, error, source, target);
      await copying.backoff(tries);
    }
  }
}

/**
 * What a copy's error means. 412 has two meanings, 404 as well (whose bucket?), so this looks: a
 * target that is there is 'exists'; a source that is gone or changed throws as much; if both are as
 * they should be, the error is thrown on.
 */
export async function existsOrThrow(
  copying: Copying,
  error: unknown,
  source: CopySource,
  target: Location,
): Promise<'exists'> {
  const status = statusOf(error);
  if (status === 403) throw denied(error, `copying ${named(source)} to ${named(target)}`);
  if (status === 412 && (await exists(copying, target))) return 'exists';
  if (status === 412 || status === 404) await copying.look(source);
  throw error;
}

/** Whether an object is there. Throws AccessDenied. */
export async function exists(copying: Copying, location: Location): Promise<boolean> {
  try {
    await copying.look(location);
    return true;
  } catch (error) {
    if (error instanceof ObjectGone) return false;
    throw error;
  }
}
