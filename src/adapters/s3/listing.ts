import { ListObjectsV2Command, type ListObjectsV2CommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { printable } from '../../base/printable.ts';
import type { ListedObject, Location, ReadResult } from '../../store/objectStore.ts';
import { failureOf, required, unquoted } from './failures.ts';

/** Asks S3 through the client of a bucket's region. */
export type AskS3 = <Answer>(bucket: string, act: (client: S3Client) => Promise<Answer>) => Promise<Answer>;

interface S3Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly startAfter?: string;
  readonly delimiter?: '/';
}

/** All pages of a listing, one at a time. Throws AccessDenied or ObjectGone. */
export async function* listPages(ask: AskS3, listing: S3Listing): AsyncGenerator<ListObjectsV2CommandOutput> {
  const { bucket, prefix: key } = listing;
  let token: string | undefined;
  do {
    const page = await listPage(ask, listing, token);
    yield page;
    const more = { bucket, key };
    token = page.IsTruncated ? required(page.NextContinuationToken, 'NextContinuationToken', more) : undefined;
  } while (token !== undefined);
}

/** One page: the first, or that of a token. */
export async function listPage(
  ask: AskS3,
  { bucket, prefix, startAfter, delimiter }: S3Listing,
  token?: string,
): Promise<ListObjectsV2CommandOutput> {
  const from = token === undefined ? { StartAfter: startAfter || undefined } : { ContinuationToken: token };
  // Encoded, because XML cannot express control characters, and its parsers change line ends.
  const what = { Bucket: bucket, Prefix: prefix, Delimiter: delimiter, EncodingType: 'url' } as const;
  try {
    return await ask(bucket, (client) => client.send(new ListObjectsV2Command({ ...what, ...from })));
  } catch (error) {
    throw failureOf(error, { bucket, key: prefix }, `listing of ${printable(prefix)} in bucket ${bucket}`);
  }
}

export type Facts = Omit<ReadResult, 'bytes'>;

export function factsOf(
  answer: { ContentLength?: number | undefined; ETag?: string | undefined; LastModified?: Date | undefined },
  object: Location,
): Facts {
  return {
    sizeBytes: required(answer.ContentLength, 'the size', object),
    etag: unquoted(required(answer.ETag, 'ETag', object)),
    lastModified: required(answer.LastModified, 'LastModified', object).getTime(),
  };
}

export function listedObjects(page: ListObjectsV2CommandOutput, bucket: string): ListedObject[] {
  return (page.Contents ?? []).map(({ Key = '', ETag, Size, LastModified }) => {
    const key = rawKey(page, Key);
    return { key, ...factsOf({ ContentLength: Size, ETag, LastModified }, { bucket, key }) };
  });
}

/** S3 encodes keys in listings as forms do: a space is `+`, and a plus is `%2B`. */
export function rawKey({ EncodingType }: ListObjectsV2CommandOutput, key: string): string {
  return EncodingType === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}
