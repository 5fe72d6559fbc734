import { randomUUID } from 'node:crypto';
import { S3, type ServerSideEncryptionByDefault } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../aws/faultProxy.ts';
import { type MotoServer, REGION, startMotoServer } from '../aws/motoServer.ts';
import { type CloudFormationSide, startCloudFormationSide } from './payerAccountConnector.ts';
import { resolveTemplate } from './payerAccountTemplate.ts';

/** Moto's own account. */
const PAYER = '123456789012';
const KEY = `arn:aws:kms:${REGION}:${PAYER}:key/11112222-3333-4444-5555-666677778888`;

let moto: MotoServer;
let proxy: FaultProxy;
let cloudFormation: CloudFormationSide;
let s3: S3;
let bucket: string;

beforeAll(async () => {
  moto = await startMotoServer();
  proxy = await startFaultProxy(moto.endpoint);
  cloudFormation = await startCloudFormationSide('Inspector');
  s3 = new S3({ ...moto.clientConfig, forcePathStyle: true });
});
afterAll(async () => {
  s3?.destroy();
  await cloudFormation?.close();
  await proxy?.close();
  await moto?.close();
});
beforeEach(async () => {
  bucket = `reports-${randomUUID()}`;
  payer('BucketOwner');
  await s3.createBucket({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  await encrypt({ SSEAlgorithm: 'AES256' });
});

/** S3 encrypts every bucket by itself; moto leaves that to whoever asks. */
function encrypt(ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault) {
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  return s3.putBucketEncryption({ Bucket: bucket, ServerSideEncryptionConfiguration });
}

const xml = (body: string) => ({ status: 200, headers: { 'content-type': 'application/xml' }, body });

/** Moto knows no Requester Pays: who pays for requests is answered here. */
function payer(
  who: 'BucketOwner' | 'Requester',
  more: (path: string) => ReturnType<typeof xml> | undefined = () => undefined,
) {
  const paying = `<RequestPaymentConfiguration><Payer>${who}</Payer></RequestPaymentConfiguration>`;
  proxy.decide = ({ path }) => (path.includes('requestPayment') ? xml(paying) : more(path));
}

async function findings(
  parameters: Record<string, string> = {},
  type: 'Create' | 'Delete' = 'Create',
  region = REGION,
) {
  const required = { BucketName: bucket, Prefix: 'cur', CentralAccountId: '999988887777', CentralRegion: REGION };
  const { resources } = resolveTemplate({ account: PAYER, region: REGION, parameters: { ...required, ...parameters } });
  const stackId = `arn:aws:cloudformation:${REGION}:${PAYER}:stack/payer/${randomUUID()}`;
  const env = { ...moto.env, AWS_ENDPOINT_URL: proxy.endpoint, AWS_REGION: region };
  const { answer } = await cloudFormation.ask({ type, stackId, properties: resources.Inspection ?? null }, env).ended;
  expect(answer?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'inspection' });
  return answer?.body.Data?.Findings;
}

describe('the payer template’s inspection', () => {
  it('finds nothing at a bucket that the reactor can read, and says so', async () => {
    await s3.putObject({ Bucket: bucket, Key: 'cur/a.parquet', Body: 'a' });
    expect(await findings()).toBe('none');
  });

  it('finds Requester Pays', async () => {
    payer('Requester');
    expect(await findings()).toMatch(/^Requester Pays is on/);
  });

  it('finds objects that another account owns, below the prefix', async () => {
    await s3.putObject({ Bucket: bucket, Key: 'cur/a.parquet', Body: 'a' });
    const owned = (id: string, key: string) => `<Contents><Key>${key}</Key><Owner><ID>${id}</ID></Owner></Contents>`;
    const { Owner } = await s3.getBucketAcl({ Bucket: bucket });
    const listing = `<ListBucketResult>${owned(Owner?.ID ?? '', 'cur/a')}${owned('somebody', 'cur/b')}</ListBucketResult>`;
    payer('BucketOwner', (path) => (path.includes('list-type') && path.includes('cur') ? xml(listing) : undefined));
    expect(await findings()).toMatch(/^another account owns 1 of 2 objects, such as cur\/b: no bucket policy reaches/);
  });

  it('finds a key that the stack was not given, and one that no other account can use', async () => {
    await encrypt({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY });
    expect(await findings()).toBe(`the bucket encrypts with ${KEY}: name this key as KmsKeyArn`);
    await encrypt({ SSEAlgorithm: 'aws:kms' });
    expect(await findings()).toMatch(/^the bucket encrypts with the key aws\/s3, which no other account can use/);
  });

  it('finds a region that the reactor’s account has to enable', async () => {
    expect(await findings({}, 'Create', 'me-south-1')).toContain("enable region me-south-1 in the reactor's account");
    expect(await findings({ CentralAccountId: PAYER }, 'Create', 'me-south-1')).not.toContain('enable region');
  });

  it('says what it could not check, and never fails a stack', async () => {
    bucket = 'no-such-bucket';
    expect(await findings()).toContain('owners could not be checked (NoSuchBucket)');
    expect(await findings({}, 'Delete')).toBe('');
  });
});
