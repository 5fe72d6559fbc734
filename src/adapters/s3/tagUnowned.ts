import { PutObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Location } from '../../store/objectStore.ts';
import { unlessGone } from './failures.ts';
import { inS3 } from './inS3.ts';

/**
 * Puts the one tag `unowned=true` on a staged copy that belongs to no version, for the lifecycle
 * rule of the staging bucket that removes what has it; an object that is not there is not an error.
 * Throws AccessDenied, or S3's own error.
 */
export async function tagUnowned(client: S3Client, location: Location): Promise<void> {
  const Tagging = { TagSet: [{ Key: 'unowned', Value: 'true' }] };
  await unlessGone(location, () => client.send(new PutObjectTaggingCommand({ ...inS3(location), Tagging })));
}
