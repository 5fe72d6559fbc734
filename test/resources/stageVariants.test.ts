import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lint } from './cfnLint.ts';
import { everyRule } from './everyRule.ts';
import { packageStage } from './packaged.ts';
import { at, resourcesOf } from './template.ts';

const largeStages = [
  ['in one organization', { organizationId: 'o-a1b2c3d4e5' }, 2000, /every bucket of organization o-a1b2c3d4e5/],
  ['in no organization', {}, 600, /every bucket of 600 accounts whose policy lets them in/],
  ['all of an organization', { organizationId: 'o-a1b2c3d4e5', payerAccess: 'organization' }, 3, /payerAccess is/],
] as const;
test.each(largeStages)('names payers %s compactly, says so, and keeps to all rules', async (_, params, count, said) => {
  const payers = Array.from(
    { length: count },
    (_, n) => `- payer: '${200_000_000_000 + n}'\n  bucket: company-billing-reports-${n}\n  prefix: cur\n`,
  );
  const own = "- payer: '321098765432'\n  bucket: own-billing\n  bucketOwner: self\n";
  const change = (tree: string) => writeFile(join(tree, 'resources/payers.yml'), payers.join('') + own);
  const large = await packageStage('large', { params: { ...params, stagingBucket: 'company-staging' }, change });
  try {
    expect(large.said).toMatch(said);
    expect(everyRule.flatMap(({ violations }) => violations(large.template))).toEqual([]);
    expect(await lint(large)).toBe('');
  } finally {
    await large.remove();
  }
});

test('takes whatever an organization insists on: path, boundary, VPC, keys', async () => {
  const key = 'arn:aws:kms:us-east-2:999988887777:key/11112222-3333-4444-5555-666677778888';
  const boundary = 'arn:aws:iam::999988887777:policy/bounds';
  const names = ['bucketKey', 'ledgerKey', 'queuesKey', 'secretsKey', 'logsKey'];
  const params = { ...Object.fromEntries(names.map((name) => [name, key])), permissionsBoundary: boundary };
  const change = async (tree: string) => {
    const path = join(tree, 'serverless.yml');
    const text = await readFile(path, 'utf8');
    const lists = text
      .replace('vpcSubnets: []', 'vpcSubnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]')
      .replace('vpcSecurityGroups: []', 'vpcSecurityGroups: [sg-0123456789abcdef0]');
    await writeFile(path, lists);
  };
  const strict = await packageStage('strict', { params: { ...params, rolePath: '/reactor/' }, change });
  try {
    const { Resources } = strict.template;
    const roles = resourcesOf(strict.template, 'AWS::IAM::Role').map(([, { Properties }]) => Properties);
    expect(new Set(roles.map((role) => `${role.Path} ${role.PermissionsBoundary}`))).toEqual(
      new Set([`/reactor/ ${boundary}`]),
    );
    expect(at(Resources, 'FinalizeLambdaFunction.Properties.VpcConfig.SubnetIds.1')).toBe('subnet-0123456789abcdef1');
    expect(at(Resources, 'LedgerTable.Properties.SSESpecification.KMSMasterKeyId')).toBe(key);
    expect(await lint(strict)).toBe('');
    expect(everyRule.flatMap(({ violations }) => violations(strict.template))).toEqual([]);
  } finally {
    await strict.remove();
  }
});
