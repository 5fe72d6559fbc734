import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/**
 * Standard retries: throttling (SlowDown) waits up to 1, 2, 4 and 8 seconds in between, all else
 * far less.
 */
const MAX_ATTEMPTS = 5;
const CONNECTION_TIMEOUT_MS = 5_000;
/**
 * Without a byte for this long. S3 sends white space while it works for minutes (S3 API reference,
 * CompleteMultipartUpload); a copy that times out all the same is sent again, and finds what it has
 * made.
 */
const SOCKET_TIMEOUT_MS = 60_000;

/**
 * An S3 client that gives up on a connection that hangs, and retries what may succeed then;
 * `config` overrules each setting. Behind an endpoint of one's own (`endpoint`, AWS_ENDPOINT_URL_S3
 * or AWS_ENDPOINT_URL) buckets are named in the path: `bucket.localhost` leads nowhere.
 *
 * Buckets of other regions are S3ObjectStore's concern (bucketRegions.ts): `followRegionRedirects`
 * stays off.
 */
export function createS3Client(
  config: S3ClientConfig = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): S3Client {
  const endpoint = config.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL);
  return new S3Client({
    maxAttempts: MAX_ATTEMPTS,
    // No function uploads anything; what they read are parts of objects, which have no checksum of
    // their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS, socketTimeout: SOCKET_TIMEOUT_MS },
    forcePathStyle: Boolean(endpoint),
    ...config,
  });
}
