import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import type { Ledger, StoredConfiguration } from '../../../src/ledger/ledger.ts';
import { payerSource } from '../../config/payerSources.ts';
import { START } from '../records.ts';

const KMS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000';
const CONFIGURATION: StoredConfiguration = {
  from: 'table',
  readAt: START,
  sources: [
    payerSource({ prefix: 'cur/daily', kmsKey: KMS_KEY }),
    payerSource({ payer: parsePayer('000000000012'), bucket: 'payer-two', bucketOwner: 'self', manifests: false }),
  ],
};

export function describeConfigurationRules(subject: () => Ledger): void {
  describe('the configuration', () => {
    it('that was never kept is undefined', async () => {
      expect(await subject().configuration()).toBeUndefined();
    });

    it('comes back as it was kept', async () => {
      await subject().saveConfiguration(CONFIGURATION);
      expect(await subject().configuration()).toEqual(CONFIGURATION);
    });

    it('takes the place of the one before as a whole', async () => {
      await subject().saveConfiguration(CONFIGURATION);
      const next = { from: 'fallback', readAt: START + 1, sources: [payerSource()] } as const;
      await subject().saveConfiguration(next);
      expect(await subject().configuration()).toEqual(next);
    });

    it.each([
      ['a small one', CONFIGURATION],
      ['a larger one', largeConfiguration('next', START + 1)],
    ])(
      'of ten thousand payers, larger than 400 KB however it is packed, comes back whole, and %s takes its place',
      async (_what, next) => {
        const large = largeConfiguration('first', START);
        await subject().saveConfiguration(large);
        expect(await subject().configuration()).toEqual(large);
        await subject().saveConfiguration(next);
        expect(await subject().configuration()).toEqual(next);
      },
    );

    it('is of nobody else: periods and partitions know nothing of it', async () => {
      await subject().saveConfiguration(CONFIGURATION);
      expect(await subject().periods()).toEqual([]);
    });
  });
}

/** Prefixes that no compression makes much smaller. */
function largeConfiguration(seed: string, readAt: number): StoredConfiguration {
  const sources = Array.from({ length: 10_000 }, (_, index) => {
    const prefix = createHash('sha512').update(`${seed}${index}`).digest('hex');
    return payerSource({ payer: parsePayer(String(100_000_000_000 + index)), prefix });
  });
  return { from: 'table', readAt, sources };
}
