import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';

/**
 * Sends requests to the region that a bucket lies in, and remembers it: payers' buckets lie
 * anywhere, and S3 answers in the wrong region with an error that names the right one
 * (`x-amz-bucket-region`). One client a region, made when needed.
 *
 * The SDK's `followRegionRedirects` does this by changing the client's region while the request is
 * sent again. Requests that run at the same time pick that region up, and one of them may put it
 * back as the client's own for good.
 */
export class BucketRegions {
  readonly #home: S3Client;
  readonly #clientIn: (region: string) => S3Client;
  readonly #regions = new Map<string, string>();
  readonly #clients = new Map<string, S3Client>();

  /** `home` serves every bucket that is not known to lie elsewhere. */
  constructor(home: S3Client, clientIn: (region: string) => S3Client) {
    this.#home = home;
    this.#clientIn = clientIn;
  }

  /**
   * Answers what `send` answers with the client of the bucket's region, and throws what it throws
   * there.
   */
  async call<Answer>(bucket: string, send: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    const known = this.#regions.get(bucket);
    const client = this.#clientOf(known);
    try {
      return await send(client);
    } catch (error) {
      const region = regionNamedBy(error);
      if (region === undefined || region === (known ?? (await client.config.region()))) throw error;
      this.#regions.set(bucket, region);
      return send(this.#clientOf(region));
    }
  }

  #clientOf(region: string | undefined): S3Client {
    if (region === undefined) return this.#home;
    const known = this.#clients.get(region);
    if (known) return known;
    const client = this.#clientIn(region);
    this.#clients.set(region, client);
    return client;
  }
}

/**
 * PermanentRedirect, TemporaryRedirect, and what S3 answers to a signature for another region (S3
 * API reference, Error responses).
 */
const WRONG_REGION = new Set([301, 307, 400]);

function regionNamedBy(error: unknown): string | undefined {
  if (!(error instanceof S3ServiceException) || !WRONG_REGION.has(error.$metadata.httpStatusCode ?? 0))
    return undefined;
  return error.$response?.headers['x-amz-bucket-region'];
}
