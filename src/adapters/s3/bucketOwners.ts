import type { S3Client } from '@aws-sdk/client-s3';

/** The account that a bucket must belong to; undefined where that is not known. */
export type OwnerOf = (bucket: string) => string | undefined;

/**
 * Has every request of a client say whose its buckets must be, and answers the client: S3 refuses
 * it (403) where a bucket of that name belongs to somebody else by now (S3 User Guide, Verifying
 * bucket ownership with bucket owner condition).
 */
export function expectOwners(client: S3Client, ownerOf: OwnerOf): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      addOwners(args.input, ownerOf);
      return next(args);
    },
    { step: 'initialize', name: 'expectOwners' },
  );
  return client;
}

function addOwners(input: object, ownerOf: OwnerOf): void {
  if ('Bucket' in input && typeof input.Bucket === 'string') {
    Object.assign(input, { ExpectedBucketOwner: ownerOf(input.Bucket) });
  }
  if ('CopySource' in input && typeof input.CopySource === 'string') {
    // Names of buckets have no character that is encoded in it.
    const [bucket = ''] = input.CopySource.split('/');
    Object.assign(input, { ExpectedSourceBucketOwner: ownerOf(bucket) });
  }
}
