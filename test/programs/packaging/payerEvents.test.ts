import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownBucketPatterns, sendersStatement } from '../../../src/programs/packaging/payerEvents.ts';
import { payerSource, payerSources } from '../../config/payerSources.ts';

describe('the rules on the default bus', () => {
  test('are none when no payer’s bucket is in this account', () => {
    expect(ownBucketPatterns([payerSource()])).toEqual({ files: [], manifests: [] });
  });

  test('let new reports and manifests of this account’s buckets through, whatever wrote them', () => {
    const own = payerSource({ bucket: 'own-billing', bucketOwner: 'self' });
    const patternOf = (wildcard: string) => ({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['own-billing'] }, object: { key: [{ wildcard }] } },
    });
    expect(ownBucketPatterns([payerSource(), own])).toEqual({
      files: [patternOf('*.parquet')],
      manifests: [patternOf('*-Manifest.json')],
    });
  });

  test('name each of these buckets exactly once, and fit EventBridge’s limit', () => {
    fc.assert(
      fc.property(payerSources, (sources) => {
        const own = sources.filter(({ bucketOwner }) => bucketOwner === 'self').map(({ bucket }) => bucket);
        const { files, manifests } = ownBucketPatterns(sources);
        for (const patterns of [files, manifests]) {
          expect(patterns.flatMap(({ detail }) => detail.bucket.name)).toEqual([...new Set(own)].toSorted());
          for (const pattern of patterns) expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(2048);
        }
      }),
    );
  });

  test('are refused when they are more than a bus may have', () => {
    const own = Array.from({ length: 1000 }, (_, index) =>
      payerSource({ bucket: `own-billing-${'x'.repeat(40)}-${index}`, bucketOwner: 'self' }),
    );
    expect(() => ownBucketPatterns(own)).toThrow(/1000 buckets .* need \d+ rules .*allows 30/);
  });
});

describe('the central bus takes events', () => {
  test('from the accounts that own the payers’ buckets, each once', () => {
    const delivered = payerSource({ bucket: 'own-billing', bucketOwner: 'self' });
    const shared = payerSource({ bucket: 'shared', bucketOwner: '444455556666' });
    expect(sendersStatement([shared, payerSource(), delivered, payerSource({ prefix: 'two' })], '')).toEqual({
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Principal: {
        AWS: [`arn:\${AWS::Partition}:iam::111122223333:root`, `arn:\${AWS::Partition}:iam::444455556666:root`],
      },
    });
  });

  test('from the whole organization when its id is given', () => {
    expect(sendersStatement([payerSource()], 'o-a1b2c3d4e5')).toEqual({
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Principal: '*',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    });
  });

  test('from nobody when all buckets are this account’s', () => {
    expect(sendersStatement([payerSource({ bucketOwner: 'self' })], '')).toBeUndefined();
  });

  test.each(['111122223333', 'o-', 'o-*********', 'O-A1B2C3D4E5'])('from no such organization: %s', (id) => {
    expect(() => sendersStatement([payerSource()], id)).toThrow(
      `organizationId must be o- and 10 to 32 letters or digits, got "${id}"`,
    );
  });

  const payers = (count: number) =>
    Array.from({ length: count }, (_, index) => payerSource({ bucketOwner: String(200_000_000_000 + index) }));

  test('from accounts by their numbers, where their ARNs are too long for its policy', () => {
    expect(sendersStatement(payers(150), '')).toHaveProperty('Principal.AWS.length', 150);
    const many = payers(600);
    expect(sendersStatement(many, '')).toEqual({
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Principal: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': many.map(({ bucketOwner }) => bucketOwner) } },
    });
  });

  test('from at most as many accounts as its policy can name; then the organization has to be named', () => {
    expect(() => sendersStatement(payers(700), '')).toThrow(/700 accounts .*allows 10240: set organizationId/);
    expect(() => sendersStatement(payers(700), 'o-a1b2c3d4e5')).not.toThrow();
  });
});
