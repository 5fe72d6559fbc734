import fc from 'fast-check';
import { parsePayer } from '../../src/billing/payer.ts';
import type { PayerSource } from '../../src/billing/source.ts';

/** A payer whose bucket is its own. */
export function payerSource(change: Partial<PayerSource> = {}): PayerSource {
  return {
    payer: parsePayer('111122223333'),
    bucket: 'payer-one-billing',
    prefix: '',
    manifests: true,
    bucketOwner: '111122223333',
    ...change,
  };
}

const accounts = fc.nat(40).map((number) => String(100_000_000_000 + number));

/**
 * Places as companies have them: shared and lone prefixes, long names, several payers in one
 * bucket; no place twice.
 */
export const payerSources: fc.Arbitrary<PayerSource[]> = fc.uniqueArray(
  fc
    .record({
      bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
      prefix: fc.oneof(
        fc.constantFrom('', 'cur', 'exports/daily'),
        fc.stringMatching(/^[a-z]{1,60}(\/[a-z ]{1,30}[a-z]){0,3}$/),
      ),
      owner: fc.oneof(accounts, fc.constant('self')),
      payer: accounts,
      report: fc.option(fc.constantFrom('daily', 'exports/daily')),
      kmsKey: fc.option(fc.constantFrom('a', 'b').map((id) => `arn:aws:kms:us-east-1:111122223333:key/${id}`)),
    })
    .map(({ bucket, prefix, owner, payer, kmsKey, report }) =>
      payerSource({
        bucket,
        prefix,
        bucketOwner: owner,
        payer: parsePayer(payer),
        ...(kmsKey === null ? {} : { kmsKey }),
        ...(report === null ? {} : { report }),
      }),
    ),
  { selector: ({ bucket, prefix }) => `${bucket}/${prefix}`, minLength: 1, maxLength: 90 },
);
