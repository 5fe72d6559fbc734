import { describe, expect, test } from 'vitest';
import { payerResources } from '../../../src/programs/packaging/payerResources.ts';
import { payerSource } from '../../config/payerSources.ts';

const EXACT = { organizationId: '', payerAccess: 'exact' } as const;
const own = payerSource({ bucket: 'own-billing', bucketOwner: 'self' });

function manyPayers(count: number, bucketOwner: 'self' | undefined) {
  return Array.from({ length: count }, (_, index) => {
    const account = String(200_000_000_000 + index);
    return payerSource({
      bucket: `company-billing-reports-${account}`,
      prefix: 'cur',
      bucketOwner: bucketOwner ?? account,
    });
  });
}

const typesOf = (resources: object) => Object.values(resources).map(({ Type }) => Type);

describe('the resources made of the payers', () => {
  test('attach every policy to copy, and those for listing to reconcile', () => {
    const { resources, copyPolicies, reconcilePolicies } = payerResources(
      { sources: manyPayers(150, undefined) },
      EXACT,
      'stage',
    );
    const policies = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::IAM::ManagedPolicy');
    expect(policies.length).toBeGreaterThan(3);
    expect(copyPolicies).toEqual(policies.map((id) => ({ Ref: id })));
    expect(reconcilePolicies).toEqual(policies.filter((id) => /Listings/.test(id)).map((id) => ({ Ref: id })));
  });

  test('attach the listings by account to reconcile alone, where copy’s own policies list too', () => {
    const sources = [own, ...manyPayers(600, undefined)];
    const { resources, copyPolicies, reconcilePolicies, notices } = payerResources({ sources }, EXACT, 'stage');
    const ids = (policies: readonly object[]) => policies.map((policy) => Reflect.get(policy, 'Ref'));
    expect(ids(copyPolicies)).toEqual(['PayerReads1', 'PayerReads2', 'PayerReads3', 'PayerListings1']);
    expect(ids(reconcilePolicies)).toEqual(['AccountListings1', 'AccountListings2', 'PayerListings1']);
    expect(Object.keys(resources)).toEqual(expect.arrayContaining(ids([...copyPolicies, ...reconcilePolicies])));
    expect(notices).toHaveLength(1);
  });

  test('are a rule for each pattern, whose ARN the queues’ policies name beside the central rule’s', () => {
    const { resources, ruleArns } = payerResources({ sources: manyPayers(100, 'self') }, EXACT, 'stage');
    const rules = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::Events::Rule');
    expect(rules.length).toBeGreaterThan(1);
    expect(ruleArns).toEqual(
      ['CentralRule', 'CentralManifestRule', ...rules].map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
    );
  });

  test('are no rule without a bucket in this account, and no bus policy without one in another', () => {
    expect(typesOf(payerResources({ sources: [payerSource()] }, EXACT, 'stage').resources)).not.toContain(
      'AWS::Events::Rule',
    );
    expect(typesOf(payerResources({ sources: [own] }, EXACT, 'stage').resources)).not.toContain(
      'AWS::Events::EventBusPolicy',
    );
    expect(
      typesOf(payerResources({ sources: [own] }, { ...EXACT, organizationId: 'o-a1b2c3d4e5' }, 'stage').resources),
    ).toContain('AWS::Events::EventBusPolicy');
  });

  test('leave no pseudo-parameter outside Fn::Sub', () => {
    const { resources } = payerResources({ sources: [payerSource({ prefix: 'cur' }), own] }, EXACT, 'stage');
    const withoutSubs = JSON.stringify(resources).replaceAll(/\{"Fn::Sub":"[^"]*"\}/g, '');
    expect(withoutSubs).not.toContain('${');
    expect(JSON.stringify(resources)).toContain(`{"Fn::Sub":"arn:\${AWS::Partition}:s3:::own-billing/*"}`);
  });
});
