import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactPolicies, type PolicyDocument, policyCharacters } from '../../../src/programs/packaging/payerPolicies.ts';
import { payerSource, payerSources } from '../../config/payerSources.ts';

const arn = (path: string) => `arn:\${AWS::Partition}:s3:::${path}`;
const statements = (documents: readonly PolicyDocument[]) => documents.flatMap(({ Statement }) => Statement);

describe('the policies for the payers’ buckets', () => {
  test('allow to read below the prefix, and to list it, while the bucket belongs to its owner', () => {
    const { copy: read, both: list } = exactPolicies([payerSource({ prefix: 'cur' })]);
    const owned = { StringEquals: { 'aws:ResourceAccount': ['111122223333'] } };
    expect(statements(read)).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: [arn('payer-one-billing/cur/*')],
        Condition: owned,
      },
    ]);
    expect(statements(list)).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [arn('payer-one-billing')],
        Condition: { ...owned, StringLike: { 's3:prefix': ['cur/*'] } },
      },
    ]);
  });

  test('a payer without a prefix has the whole bucket', () => {
    const { copy: read, both: list } = exactPolicies([payerSource()]);
    expect(statements(read)[0]?.Resource).toEqual([arn('payer-one-billing/*')]);
    expect(statements(list)[0]?.Condition).not.toHaveProperty('StringLike');
  });

  test('this account’s own buckets belong to this account', () => {
    const { copy: read, both: list } = exactPolicies([payerSource({ bucketOwner: 'self' })]);
    for (const { Condition } of statements([...read, ...list])) {
      expect(Condition).toEqual({ StringEquals: { 'aws:ResourceAccount': [`\${AWS::AccountId}`] } });
    }
  });

  test('a key may be used to read what S3 encrypted with it, and only the copying role may', () => {
    const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/a';
    const { copy: read, both: list } = exactPolicies([
      payerSource({ kmsKey }),
      payerSource({ bucket: 'another', kmsKey }),
    ]);
    const decrypting = ({ Action }: { Action: readonly string[] }) => Action.includes('kms:Decrypt');
    expect(statements(read).filter(decrypting)).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt'],
        Resource: [kmsKey],
        Condition: { StringLike: { 'kms:ViaService': [`s3.*.\${AWS::URLSuffix}`] } },
      },
    ]);
    expect(statements(list).filter(decrypting)).toEqual([]);
  });

  test('each allow every place exactly once, no bucket under another one’s prefix, and fit IAM’s limit', () => {
    fc.assert(
      fc.property(payerSources, (sources) => {
        const { copy: read, both: list } = exactPolicies(sources);
        const objects = statements(read).flatMap(({ Action, Resource }) =>
          Action.includes('s3:GetObject') ? Resource : [],
        );
        expect(objects.toSorted()).toEqual(
          sources.map(({ bucket, prefix }) => arn(prefix === '' ? `${bucket}/*` : `${bucket}/${prefix}/*`)).toSorted(),
        );
        const listings = statements(list).flatMap(({ Resource, Condition }) =>
          Resource.map((bucket) => `${bucket} ${Condition.StringLike?.['s3:prefix'] ?? '*'}`),
        );
        expect(listings.toSorted()).toEqual(
          sources.map(({ bucket, prefix }) => `${arn(bucket)} ${prefix === '' ? '*' : `${prefix}/*`}`).toSorted(),
        );
        for (const document of [...read, ...list]) expect(policyCharacters(document)).toBeLessThanOrEqual(6144);
      }),
    );
  });

  test('name of each bucket its own account', () => {
    fc.assert(
      fc.property(payerSources, (sources) => {
        const owners = new Map(sources.map((source) => [arn(source.bucket), source.bucketOwner]));
        for (const { Resource, Condition } of statements(exactPolicies(sources).both)) {
          const named = Condition.StringEquals?.['aws:ResourceAccount'];
          for (const bucket of Resource) {
            const owner = owners.get(bucket);
            expect(named).toContain(owner === 'self' ? `\${AWS::AccountId}` : owner);
          }
        }
      }),
    );
  });

  test('are the same whatever order the payers stand in', () => {
    fc.assert(
      fc.property(payerSources, (sources) => {
        expect(exactPolicies(sources.toReversed())).toEqual(exactPolicies(sources));
      }),
    );
  });

  test('are counted with the longest partition, account and domain', () => {
    const [document] = exactPolicies([payerSource({ bucketOwner: 'self', prefix: 'cur' })]).copy;
    expect(document && policyCharacters(document)).toBe(
      JSON.stringify(document).length -
        `\${AWS::Partition}`.length +
        'aws-us-gov'.length -
        `\${AWS::AccountId}`.length +
        '000000000000'.length,
    );
  });
});
