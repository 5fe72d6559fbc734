import { randomUUID } from 'node:crypto';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MotoServer, REGION, startMotoServer } from '../aws/motoServer.ts';
import { type CloudFormationSide, startCloudFormationSide } from './payerAccountConnector.ts';
import { at, type Json, resolveTemplate } from './payerAccountTemplate.ts';

const PAYER = '123456789012';

let moto: MotoServer;
let cloudFormation: CloudFormationSide;
beforeAll(async () => {
  moto = await startMotoServer();
  cloudFormation = await startCloudFormationSide();
});
afterAll(async () => {
  await cloudFormation.close();
  await moto.close();
});

/** From now on moto asks IAM about each request; it lets `free` of them pass first. */
async function enforcePermissions(free: number): Promise<void> {
  const reply = await fetch(`${moto.endpoint}/moto-api/reset-auth`, { method: 'POST', body: String(free) });
  expect(reply.ok).toBe(true);
}

/** A user who may do what the policy says, and how to be it. */
async function userWith(policy: Json): Promise<Record<string, string>> {
  const template = {
    Resources: {
      User: { Type: 'AWS::IAM::User' },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: { PolicyName: 'all', PolicyDocument: policy, Users: [{ Ref: 'User' }] },
      },
      Key: { Type: 'AWS::IAM::AccessKey', Properties: { UserName: { Ref: 'User' } } },
    },
    Outputs: { Id: { Value: { Ref: 'Key' } }, Secret: { Value: { 'Fn::GetAtt': ['Key', 'SecretAccessKey'] } } },
  };
  const client = new CloudFormationClient(moto.clientConfig);
  const StackName = `user-${randomUUID()}`;
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  const output = (key: string) => Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
  return { ...moto.env, AWS_ACCESS_KEY_ID: output('Id'), AWS_SECRET_ACCESS_KEY: output('Secret') };
}

describe('the connector’s permissions', () => {
  it('are enough for its bucket, and for no other one', async () => {
    const s3 = new S3(moto.clientConfig);
    const [own, other] = [`reports-${randomUUID()}`, `reports-${randomUUID()}`];
    for (const Bucket of [own, other]) {
      await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
    }
    const deployed = (BucketName: string) =>
      resolveTemplate({
        account: PAYER,
        region: REGION,
        parameters: { BucketName, CentralAccountId: '999988887777', CentralRegion: REGION },
      }).resources;
    const env = await userWith(at(deployed(own).ConnectorBucketPolicy, 'PolicyDocument'));
    const stackId = `arn:aws:cloudformation:${REGION}:${PAYER}:stack/payer/${randomUUID()}`;
    const ask = async (type: 'Create' | 'Delete', bucket: string) => {
      const request = { type, stackId, physicalId: `s3://${bucket}`, properties: deployed(bucket).Connection ?? null };
      return (await cloudFormation.ask(request, env).ended).answer?.body;
    };
    await enforcePermissions(0);
    const created = await ask('Create', own);
    const refused = await ask('Create', other);
    const deleted = await ask('Delete', own);
    await enforcePermissions(1_000_000);
    expect([created?.Status, deleted?.Status]).toEqual(['SUCCESS', 'SUCCESS']);
    expect(refused).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^AccessDenied: /) });
    s3.destroy();
  });
});
