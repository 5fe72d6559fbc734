import type { Payer } from './payer.ts';

/**
 * Where one payer's reports arrive. The payer of a file is what this says, never an id found in a
 * key or a row.
 */
export interface Source {
  readonly bucket: string;
  /**
   * Keys below it belong to the payer: empty for the whole bucket, else without slashes at its
   * ends.
   */
  readonly prefix: string;
  readonly payer: Payer;
  /**
   * Do this source's deliveries end with a manifest? AWS always writes one; a folder of loose files
   * has none.
   */
  readonly manifests: boolean;
  /**
   * Which of the payer's reports is the bill, by the end of its path; absent: the first one that
   * arrives.
   */
  readonly report?: string | undefined;
}

/**
 * The source that a key belongs to: of those whose prefix fits, the one with the longest. Undefined
 * when none does.
 */
export function findSource(sources: readonly Source[], bucket: string, key: string): Source | undefined {
  const fitting = sources.filter((source) => source.bucket === bucket && isBelow(key, source.prefix));
  return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

function isBelow(key: string, prefix: string): boolean {
  return prefix === '' || key.startsWith(`${prefix}/`);
}

/**
 * Where a payer's reports arrive, and what the reactor has to be allowed so that it can read them
 * there.
 */
export interface PayerSource extends Source {
  /**
   * The account that the bucket belongs to: 12 digits, or `self`, the account that the reactor runs
   * in.
   */
  readonly bucketOwner: string;
  /**
   * The ARN of the KMS key that the reports are encrypted with; absent where S3 does it with keys
   * of its own.
   */
  readonly kmsKey?: string | undefined;
}
