import type { PayerSource } from '../billing/source.ts';

/**
 * Which account each bucket must belong to: the payers' as they are configured, the staging bucket
 * this account. Nobody else's bucket is read or written, whatever its name.
 */
export class BucketOwners {
  readonly #stagingBucket: string;
  #ownAccount: string | undefined;
  #owners: ReadonlyMap<string, string> = new Map();

  constructor(stagingBucket: string) {
    this.#stagingBucket = stagingBucket;
  }

  /** Notes the account that the function runs in; undefined where its invocation does not say. */
  runsIn(account: string | undefined): void {
    this.#ownAccount = account;
  }

  /** Takes over the payers that count from now on; one bucket has one owner (payers.ts). */
  learn(sources: readonly PayerSource[]): void {
    this.#owners = new Map(sources.map(({ bucket, bucketOwner }) => [bucket, bucketOwner]));
  }

  /** The owner of a bucket: 12 digits; undefined for one that nobody has configured. */
  ownerOf(bucket: string): string | undefined {
    const owner = this.#owners.get(bucket) ?? (bucket === this.#stagingBucket ? 'self' : undefined);
    return owner === 'self' ? this.#ownAccount : owner;
  }
}
