import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../store/objectStore.ts';
import { unlessGone } from './failures.ts';
import { inS3 } from './inS3.ts';
import { type AskS3, listedObjects, listPages } from './listing.ts';

/**
 * The staging bucket for a function that lists copies and deletes them, and does nothing else with
 * S3: its bundle need not carry the rest.
 */
export function stagedCopies(client: S3Client): Pick<ObjectStore, 'list' | 'delete'> {
  const ask: AskS3 = (_bucket, act) => act(client);
  return {
    list: async function* (bucket, prefix, startAfter = '') {
      for await (const page of listPages(ask, { bucket, prefix, startAfter })) yield listedObjects(page, bucket);
    },
    delete: (location) =>
      unlessGone(location, async () => {
        await client.send(new DeleteObjectCommand(inS3(location)));
      }),
  };
}
