import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MotoServer, REGION, startMotoServer } from '../../aws/motoServer.ts';
import { type S3Front, startS3Front } from '../../resources/payerAccountS3.ts';

const ROOT = new URL('../../../', import.meta.url);
const PAYER = '111122223333';
const CENTRAL = '999988887777';
const role = (name: string) => `arn:aws:iam::${CENTRAL}:role/cur-reactor-dev-${name}`;

let moto: MotoServer;
let front: S3Front;
let s3: S3;
beforeAll(async () => {
  moto = await startMotoServer();
  // Moto forgets that EventBridge is on.
  front = await startS3Front(moto.endpoint);
  s3 = new S3({ ...moto.clientConfig, endpoint: front.endpoint, forcePathStyle: true });
});
afterAll(async () => {
  s3?.destroy();
  await front?.close();
  await moto?.close();
});

/** Runs the program as a person does. */
function payerCheck(...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
  const env = { ...process.env, ...moto.env, AWS_ENDPOINT_URL: moto.endpoint, AWS_ENDPOINT_URL_S3: front.endpoint };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/programs/payer/main.ts', ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, said: `${stdout}${stderr}` });
    });
  });
}

async function newBucket(): Promise<string> {
  const Bucket = `reports-${randomUUID()}`;
  await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  return Bucket;
}

/**
 * A key, with a policy that names copy's role. Moto answers with the policy as it got it, KMS with
 * a text.
 */
async function newKey(): Promise<string> {
  const KeyPolicy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Allow', Principal: { AWS: role('copy') }, Action: 'kms:Decrypt', Resource: '*' },
    ],
  };
  const template = {
    Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: JSON.stringify(KeyPolicy) } } },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  };
  const client = new CloudFormationClient(moto.clientConfig);
  const StackName = `key-${randomUUID()}`;
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  client.destroy();
  return Stacks?.[0]?.Outputs?.[0]?.OutputValue ?? '';
}

describe('npm run payer:check', () => {
  it('finds nothing at a bucket that is connected, its key among it, and ends with 0', async () => {
    const [Bucket, key] = [await newBucket(), await newKey()];
    await s3.putObject({ Bucket, Key: 'cur/a.parquet', Body: 'a' });
    await s3.putBucketEncryption({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }],
      },
    });
    await s3.putBucketNotificationConfiguration({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    });
    const Principal = { AWS: [role('copy'), role('reconcile')] };
    const statement = { Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) });
    const place = ['--bucket', Bucket, '--prefix', 'cur', '--kms-key', key];
    const { status, said } = await payerCheck('--payer', PAYER, '--account', CENTRAL, ...place);
    expect(said).not.toMatch(/TROUBLE|unknown/);
    expect(said).toContain("the key's policy lets copy use it");
    expect(status).toBe(0);
  });

  it('finds what is missing at a bucket that is not, and ends with 3', async () => {
    const { status, said } = await payerCheck('--payer', PAYER, '--bucket', await newBucket());
    expect(said.split('\n').filter((line) => line.includes('TROUBLE'))).toEqual([
      expect.stringContaining(
        'the bucket policy does not name :role/cur-reactor-dev-copy, :role/cur-reactor-dev-reconcile',
      ),
      expect.stringContaining('sends no events'),
      expect.stringContaining('nothing below the prefix'),
    ]);
    expect(status).toBe(3);
  });

  it('says what it could not ask of a bucket that is not there', async () => {
    const { status, said } = await payerCheck('--payer', PAYER, '--bucket', 'no-such-bucket');
    expect(said).toMatch(/unknown {2}bucket policy: NoSuchBucket/);
    expect(status).toBe(3);
  });

  it.each([
    [['--payer', '1'], '--payer must be an AWS account id of 12 digits, got "1"'],
    [[], '--payer ID is needed'],
    [['--payer', PAYER, '--prefix', 'a'], '--prefix and --kms-key need --bucket'],
    [['--payer', '000000000000'], 'resources/payers.yml has no payer 000000000000'],
  ])('refuses %j, with 2', async (args, message) => {
    const { status, said } = await payerCheck(...args);
    expect(said).toContain(message);
    expect(status).toBe(2);
  });
});
