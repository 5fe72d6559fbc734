import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Location } from '../../store/objectStore.ts';
import { unlessGone } from './failures.ts';
import { inS3 } from './inS3.ts';

/**
 * Deletes an object; one that is not there is not an error. By itself, for a function that does
 * nothing else with S3: its bundle need not carry the rest. Throws AccessDenied, or S3's own error.
 */
export async function deleteObject(client: S3Client, location: Location): Promise<void> {
  await unlessGone(location, () => sendDelete(client, location));
}

/** The same, and S3's errors as they come. */
export async function sendDelete(client: S3Client, location: Location): Promise<void> {
  await client.send(new DeleteObjectCommand(inS3(location)));
}
