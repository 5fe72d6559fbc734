import { describe, expect, test } from 'vitest';
import type { PayerSource } from '../../../src/billing/source.ts';
import { payerAccess } from '../../../src/programs/packaging/payerAccess.ts';
import { policyCharacters } from '../../../src/programs/packaging/payerPolicies.ts';
import { payerSource } from '../../config/payerSources.ts';

const ORGANIZATION = 'o-a1b2c3d4e5';
const EXACT = { organizationId: '', payerAccess: 'exact' } as const;
const ALWAYS = { organizationId: ORGANIZATION, payerAccess: 'organization' } as const;
const SELF = `\${AWS::AccountId}`;

const account = (index: number) => String(200_000_000_000 + index);

function payers(count: number, change: (index: number) => Partial<PayerSource> = () => ({})): PayerSource[] {
  return Array.from({ length: count }, (_, index) => {
    const bucketOwner = account(index);
    return payerSource({
      bucket: `company-billing-reports-${bucketOwner}`,
      prefix: 'cur',
      bucketOwner,
      ...change(index),
    });
  });
}

/** A stage of 2,000 payers in which one has its bucket in the reactor's own account. */
const MANY = [...payers(2000), payerSource({ bucket: 'own-billing', prefix: 'cur', bucketOwner: 'self' })];

function policiesFor(sources: readonly PayerSource[], choice: Parameters<typeof payerAccess>[1]) {
  const { policies, notice } = payerAccess(sources, choice);
  const { copy, reconcile, both } = policies;
  for (const policy of [...copy, ...reconcile, ...both]) expect(policyCharacters(policy)).toBeLessThanOrEqual(6144);
  expect(Math.max(copy.length, reconcile.length) + both.length).toBeLessThanOrEqual(10);
  const statements = (of: 'copy' | 'reconcile') => [...policies[of], ...both].flatMap(({ Statement }) => Statement);
  return { copy: statements('copy'), reconcile: statements('reconcile'), notice };
}

describe('the payers’ policies', () => {
  test('are exact while they fit, and nothing is said', () => {
    const { copy, notice } = policiesFor(payers(150), EXACT);
    expect(notice).toBeUndefined();
    expect(copy.flatMap(({ Resource }) => Resource).filter((resource) => /:::\*/.test(resource))).toEqual([]);
  });

  test('name the organization of 2,000 payers, but no bucket of this account that is not a payer’s', () => {
    const { copy, reconcile, notice } = policiesFor(MANY, { ...EXACT, organizationId: ORGANIZATION });
    for (const { Resource, Condition } of [...copy, ...reconcile]) {
      const own = Resource.every((resource) => resource.includes(':::own-billing'));
      expect(Condition.StringEquals).toEqual(
        own ? { 'aws:ResourceAccount': [SELF] } : { 'aws:ResourceOrgID': [ORGANIZATION] },
      );
      expect(Condition.StringNotEquals).toEqual(own ? undefined : { 'aws:ResourceAccount': [SELF] });
    }
    const actionsOf = (statements: typeof copy) => statements.flatMap(({ Action }) => Action);
    expect(new Set(actionsOf(reconcile))).toEqual(new Set(['s3:ListBucket']));
    expect(actionsOf(copy)).toContain('s3:ListBucket');
    expect(notice).toMatch(
      /^the roles may read every bucket of organization o-a1b2c3d4e5 whose policy lets them in \(2001 entries need \d+ exact policies, and IAM attaches 10 to a role\)$/,
    );
  });

  test('name the accounts of 2,000 payers without an organization, each for reading and for listing', () => {
    const { copy, reconcile, notice } = policiesFor(MANY, EXACT);
    const accountsFor = (statements: typeof copy, action: string) =>
      statements
        .filter(({ Action }) => Action.includes(action))
        .flatMap(({ Condition }) => Condition.StringEquals?.['aws:ResourceAccount'] ?? [])
        .toSorted();
    const wanted = [SELF, ...payers(2000).map(({ bucketOwner }) => bucketOwner)].toSorted();
    expect(accountsFor(copy, 's3:GetObject')).toEqual(wanted);
    expect(accountsFor(copy, 's3:ListBucket')).toEqual(wanted);
    expect(accountsFor(reconcile, 's3:ListBucket')).toEqual(wanted);
    expect(reconcile.flatMap(({ Action }) => Action)).not.toContain('s3:GetObject');
    expect(notice).toContain('every bucket of 2000 accounts whose policy lets them in');
  });

  test('let copy use the keys of the accounts that have some, through S3 alone', () => {
    const sources = payers(2000, (index) =>
      index % 100 === 0 ? { kmsKey: `arn:aws:kms:us-east-1:${account(index)}:key/a` } : {},
    );
    const decrypting = policiesFor(sources, EXACT).copy.filter(({ Action }) => Action.includes('kms:Decrypt'));
    expect(decrypting).toHaveLength(1);
    expect(decrypting[0]?.Condition.StringEquals?.['aws:ResourceAccount']).toHaveLength(20);
    expect(decrypting[0]?.Condition.StringLike).toHaveProperty('kms:ViaService');
  });

  test('name the organization of few payers too where the stage wants it: one that only the table has can be read', () => {
    const { copy, notice } = policiesFor(payers(1), ALWAYS);
    expect(copy.map(({ Resource }) => Resource)).toEqual([
      [`arn:\${AWS::Partition}:s3:::*/*`],
      [`arn:\${AWS::Partition}:kms:*:*:key/*`],
      [`arn:\${AWS::Partition}:s3:::*`],
    ]);
    expect(notice).toContain('(payerAccess is "organization")');
  });

  test('name this account’s buckets as wholes where their prefixes are too many', () => {
    const own = payers(2000, (index) => ({ bucket: 'own-billing', prefix: `payer-${index}`, bucketOwner: 'self' }));
    const { copy, notice } = policiesFor(own, EXACT);
    expect(copy.flatMap(({ Resource }) => Resource)).toEqual([
      `arn:\${AWS::Partition}:s3:::own-billing/*`,
      `arn:\${AWS::Partition}:s3:::own-billing`,
    ]);
    expect(notice).toContain("in this account, the payers' buckets as a whole");
  });

  test('are refused where not even these fit', () => {
    expect(() => payerAccess(payers(4500), EXACT)).toThrow(
      /^4500 entries need \d+ exact policies, .*and 12 that name 4500 accounts: set organizationId, or split the payers/,
    );
  });
});
