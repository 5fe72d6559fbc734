import { randomUUID } from 'node:crypto';
import { NoSuchBucket, type NotificationConfiguration, S3, type S3ServiceException } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MotoServer, REGION, startMotoServer } from '../aws/motoServer.ts';
import { type CloudFormationSide, type ConnectorRequest, startCloudFormationSide } from './payerAccountConnector.ts';
import { type S3Front, startS3Front } from './payerAccountS3.ts';
import { type Json, resolveTemplate } from './payerAccountTemplate.ts';

const PAYER = '123456789012';
const CENTRAL = '999988887777';

let moto: MotoServer;
let front: S3Front;
let s3: S3;
let cloudFormation: CloudFormationSide;
beforeAll(async () => {
  moto = await startMotoServer();
  front = await startS3Front(moto.endpoint);
  cloudFormation = await startCloudFormationSide();
  s3 = new S3({ ...moto.clientConfig, endpoint: front.endpoint });
});
afterAll(async () => {
  s3.destroy();
  await cloudFormation.close();
  await front.close();
  await moto.close();
});
afterEach(() => {
  front.fault = () => undefined;
  front.writes.length = 0;
  cloudFormation.replyStatus = 200;
});

/** The custom resource's properties, as the template gives them for a bucket and a prefix. */
function propertiesFor(bucket: string, prefix = 'reports'): Json {
  const parameters = { BucketName: bucket, Prefix: prefix, CentralAccountId: CENTRAL, CentralRegion: REGION };
  return resolveTemplate({ account: PAYER, region: REGION, parameters }).resources.Connection ?? null;
}

function newStackId(): string {
  return `arn:aws:cloudformation:${REGION}:${PAYER}:stack/cur-reactor-payer/${randomUUID()}`;
}

async function ask(request: ConnectorRequest, seconds?: number) {
  const { ended, requestId } = cloudFormation.ask(request, { ...moto.env, AWS_ENDPOINT_URL: front.endpoint }, seconds);
  const { answer, status } = await ended;
  expect({ status, requestId: answer?.body.RequestId }).toEqual({ status: 0, requestId });
  if (!answer) throw new Error('CloudFormation heard nothing');
  return answer.body;
}

const BILLING_STATEMENT = {
  Sid: 'AWSBillingDelivery',
  Effect: 'Allow',
  Principal: { Service: ['billingreports.amazonaws.com', 'bcm-data-exports.amazonaws.com'] },
  Action: 's3:PutObject',
  Resource: 'arn:aws:s3:::the-bucket/*',
  Condition: { StringLike: { 'aws:SourceAccount': PAYER } },
};
const BILLING_POLICY = { Version: '2008-10-17', Id: 'Policy1335892530063', Statement: [BILLING_STATEMENT] };
const NOTIFICATIONS: NotificationConfiguration = {
  TopicConfigurations: [
    { Id: 'notify', TopicArn: `arn:aws:sns:${REGION}:${PAYER}:gone-for-long`, Events: ['s3:ObjectRemoved:*'] },
  ],
  QueueConfigurations: [
    {
      Id: 'line up',
      QueueArn: `arn:aws:sqs:${REGION}:${PAYER}:somebody-elses`,
      Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
      Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '.csv.gz' }] } },
    },
  ],
  LambdaFunctionConfigurations: [
    {
      Id: 'run',
      LambdaFunctionArn: `arn:aws:lambda:${REGION}:${PAYER}:function:theirs`,
      Events: ['s3:ObjectTagging:*'],
    },
  ],
};

interface BucketState {
  readonly notifications: NotificationConfiguration;
  readonly policy: { readonly Statement: readonly { readonly Sid?: string }[] } | undefined;
}

async function newBucket(before: { notifications?: NotificationConfiguration; policy?: object } = {}): Promise<string> {
  const Bucket = `reports-${randomUUID()}`;
  await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } });
  if (before.notifications) {
    await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: before.notifications });
  }
  if (before.policy) await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify(before.policy) });
  front.writes.length = 0;
  return Bucket;
}

async function stateOf(Bucket: string): Promise<BucketState> {
  const { $metadata, ...notifications } = await s3.getBucketNotificationConfiguration({ Bucket });
  const policy = await s3.getBucketPolicy({ Bucket }).then(
    ({ Policy }) => JSON.parse(Policy ?? ''),
    (error: S3ServiceException) => {
      if (error.name !== 'NoSuchBucketPolicy') throw error;
    },
  );
  return { notifications, policy };
}

const sidsOf = ({ policy }: BucketState) => policy?.Statement.map(({ Sid }) => Sid) ?? [];

describe('connecting a bucket', () => {
  it('turns EventBridge on and lets the roles of the reactor read below the prefix, where nothing was before', async () => {
    const bucket = await newBucket();
    const stackId = newStackId();
    const answer = await ask({ type: 'Create', stackId, properties: propertiesFor(bucket, 'cur/daily') });
    expect(answer).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: `s3://${bucket}`,
      StackId: stackId,
      RequestId: expect.any(String),
      LogicalResourceId: 'Connection',
    });
    const root = { AWS: `arn:aws:iam::${CENTRAL}:root` };
    const role = (name: string) => `arn:aws:iam::${CENTRAL}:role/cur-reactor-prod-${name}`;
    const uuid = stackId.split('/').at(-1)?.replaceAll('-', '');
    expect(await stateOf(bucket)).toEqual({
      notifications: { EventBridgeConfiguration: {} },
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: `CurReactor${uuid}On0`,
            Effect: 'Allow',
            Principal: root,
            Action: 's3:ListBucket',
            Resource: `arn:aws:s3:::${bucket}`,
            Condition: {
              ArnEquals: { 'aws:PrincipalArn': [role('copy'), role('manifest'), role('reconcile')] },
              StringLike: { 's3:prefix': 'cur/daily/*' },
            },
          },
          {
            Sid: `CurReactor${uuid}On1`,
            Effect: 'Allow',
            Principal: root,
            Action: ['s3:GetObject', 's3:GetObjectVersion'],
            Resource: `arn:aws:s3:::${bucket}/cur/daily/*`,
            Condition: { ArnEquals: { 'aws:PrincipalArn': [role('copy'), role('manifest')] } },
          },
        ],
      },
    });
  });

  it('keeps the notifications and the statements that were there, and asks S3 not to test others’ destinations', async () => {
    const bucket = await newBucket({ notifications: NOTIFICATIONS, policy: BILLING_POLICY });
    await ask({ type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) });
    const { notifications, policy } = await stateOf(bucket);
    expect(notifications).toEqual({ ...NOTIFICATIONS, EventBridgeConfiguration: {} });
    expect(policy).toMatchObject({ Version: '2008-10-17', Id: BILLING_POLICY.Id });
    expect(policy?.Statement).toEqual([BILLING_STATEMENT, expect.anything(), expect.anything()]);
    expect(front.writes.find(({ what }) => what.startsWith('PUT notification'))?.headers).toMatchObject({
      'x-amz-skip-destination-validation': 'true',
    });
  });

  it('reads a policy whose only statement is no list', async () => {
    const bucket = await newBucket({ policy: { ...BILLING_POLICY, Statement: BILLING_STATEMENT } });
    await ask({ type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) });
    expect((await stateOf(bucket)).policy?.Statement[0]).toEqual(BILLING_STATEMENT);
  });

  it('works only on a bucket of its own account', async () => {
    const bucket = await newBucket();
    await ask({ type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) });
    expect(front.writes.map(({ what, headers }) => [what, headers['x-amz-expected-bucket-owner']])).toEqual([
      [`PUT policy ${bucket}`, PAYER],
      [`PUT notification ${bucket}`, PAYER],
    ]);
  });

  it('done twice is done once, and still knows who turned EventBridge on', async () => {
    const bucket = await newBucket({ policy: BILLING_POLICY });
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const first = await ask({ type: 'Create', ...request });
    const once = await stateOf(bucket);
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    expect(physicalId).toBe(first.PhysicalResourceId);
    expect(await stateOf(bucket)).toEqual(once);
    await ask({ type: 'Delete', physicalId, ...request });
    expect(await stateOf(bucket)).toEqual({ notifications: {}, policy: BILLING_POLICY });
  });

  it('killed between the policy and EventBridge, it is finished by a repeat and undone by a Delete', async () => {
    const bucket = await newBucket({ policy: BILLING_POLICY });
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const half = new Promise<void>((resolve) => {
      front.fault = (what) => {
        if (!what.startsWith('PUT notification')) return undefined;
        resolve();
        return 'silence';
      };
    });
    const env = { ...moto.env, AWS_ENDPOINT_URL: front.endpoint };
    const asked = cloudFormation.ask({ type: 'Create', ...request }, env);
    await half;
    asked.process.kill('SIGKILL');
    expect(await asked.ended).toEqual({ status: null, answer: undefined });
    front.fault = () => undefined;
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    expect(await stateOf(bucket)).toMatchObject({ notifications: { EventBridgeConfiguration: {} } });
    await ask({ type: 'Delete', physicalId, ...request });
    expect(await stateOf(bucket)).toEqual({ notifications: {}, policy: BILLING_POLICY });
  });
});

describe('updating', () => {
  it('with another prefix, it replaces its own statements and stays the same resource', async () => {
    const bucket = await newBucket({ policy: BILLING_POLICY });
    const stackId = newStackId();
    const created = await ask({ type: 'Create', stackId, properties: propertiesFor(bucket, 'old') });
    const sids = sidsOf(await stateOf(bucket));
    const physicalId = created.PhysicalResourceId;
    const updated = await ask({ type: 'Update', stackId, physicalId, properties: propertiesFor(bucket, '') });
    expect(updated).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: physicalId });
    const after = await stateOf(bucket);
    expect(sidsOf(after)).toEqual(sids);
    expect(JSON.stringify(after.policy)).not.toContain('old');
    expect(after.policy?.Statement[1]).not.toHaveProperty('Condition.StringLike');
    expect(after.policy?.Statement[2]).toMatchObject({ Resource: `arn:aws:s3:::${bucket}/*` });
  });

  it('with another bucket, it is another resource, and the Delete of the old one leaves the old bucket as it was', async () => {
    const [from, to] = [await newBucket({ policy: BILLING_POLICY }), await newBucket()];
    const stackId = newStackId();
    const { PhysicalResourceId: old } = await ask({ type: 'Create', stackId, properties: propertiesFor(from) });
    const updated = await ask({ type: 'Update', stackId, physicalId: old, properties: propertiesFor(to) });
    expect(updated.PhysicalResourceId).toBe(`s3://${to}`);
    await ask({ type: 'Delete', stackId, physicalId: old, properties: propertiesFor(from) });
    expect(await stateOf(from)).toEqual({ notifications: {}, policy: BILLING_POLICY });
    expect((await stateOf(to)).notifications).toEqual({ EventBridgeConfiguration: {} });
  });

  it('rolled back from another bucket, it is the first resource again', async () => {
    const [first, second] = [await newBucket(), await newBucket()];
    const stackId = newStackId();
    const created = await ask({ type: 'Create', stackId, properties: propertiesFor(first) });
    const before = await stateOf(first);
    const physicalId = `s3://${second}`;
    await ask({ type: 'Update', stackId, physicalId: created.PhysicalResourceId, properties: propertiesFor(second) });
    const back = await ask({ type: 'Update', stackId, physicalId, properties: propertiesFor(first) });
    expect(back.PhysicalResourceId).toBe(created.PhysicalResourceId);
    await ask({ type: 'Delete', stackId, physicalId, properties: propertiesFor(second) });
    expect(await stateOf(first)).toEqual(before);
    expect(await stateOf(second)).toEqual({ notifications: {}, policy: undefined });
  });

  it('to a bucket that refuses, it fails as the old resource: the old bucket stays connected, the new one is as it was', async () => {
    const [from, to] = [await newBucket(), await newBucket({ policy: BILLING_POLICY })];
    const stackId = newStackId();
    const { PhysicalResourceId: old } = await ask({ type: 'Create', stackId, properties: propertiesFor(from) });
    const connected = await stateOf(from);
    front.fault = (what) => (what === `PUT notification ${to}` ? 'AccessDenied' : undefined);
    const failed = await ask({ type: 'Update', stackId, physicalId: old, properties: propertiesFor(to) });
    expect(failed).toMatchObject({ Status: 'FAILED', PhysicalResourceId: old });
    expect(await stateOf(from)).toEqual(connected);
    expect(await stateOf(to)).toEqual({ notifications: {}, policy: BILLING_POLICY });
  });
});

describe('an update that fails', () => {
  it('does not take the access away that the bucket had granted before', async () => {
    const bucket = await newBucket();
    const stackId = newStackId();
    const { PhysicalResourceId: physicalId } = await ask({
      type: 'Create',
      stackId,
      properties: propertiesFor(bucket, 'old'),
    });
    const sids = sidsOf(await stateOf(bucket));
    await s3.putBucketNotificationConfiguration({ Bucket: bucket, NotificationConfiguration: {} });
    front.fault = (what) => (what.startsWith('PUT notification') ? 'AccessDenied' : undefined);
    const failed = await ask({ type: 'Update', stackId, physicalId, properties: propertiesFor(bucket, 'new') });
    expect(failed).toMatchObject({ Status: 'FAILED', PhysicalResourceId: physicalId });
    expect(sidsOf(await stateOf(bucket))).toEqual(sids);
  });
});

describe('disconnecting', () => {
  it.for([
    ['with others’ notifications and a policy', { notifications: NOTIFICATIONS, policy: BILLING_POLICY }],
    ['with neither', {}],
    [
      'with EventBridge on already',
      { notifications: { ...NOTIFICATIONS, EventBridgeConfiguration: {} }, policy: BILLING_POLICY },
    ],
  ] as const)('leaves the bucket as it was found: %s', async ([, before]) => {
    const bucket = await newBucket(before);
    const found = await stateOf(bucket);
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    expect(await stateOf(bucket)).not.toEqual(found);
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: physicalId,
    });
    expect(await stateOf(bucket)).toEqual(found);
  });

  it('keeps what others added meanwhile', async () => {
    const bucket = await newBucket();
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    const connected = await stateOf(bucket);
    const Statement = [BILLING_STATEMENT, ...(connected.policy?.Statement ?? [])];
    await s3.putBucketPolicy({ Bucket: bucket, Policy: JSON.stringify({ ...connected.policy, Statement }) });
    const NotificationConfiguration = { ...NOTIFICATIONS, ...connected.notifications };
    await s3.putBucketNotificationConfiguration({ Bucket: bucket, NotificationConfiguration });
    await ask({ type: 'Delete', physicalId, ...request });
    expect(await stateOf(bucket)).toEqual({
      notifications: NOTIFICATIONS,
      policy: { Version: '2012-10-17', Statement: [BILLING_STATEMENT] },
    });
  });

  it('leaves EventBridge on while another stack of the reactor needs it; the last one turns it off', async () => {
    const bucket = await newBucket();
    const properties = propertiesFor(bucket);
    const [prod, dev] = [newStackId(), newStackId()];
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', stackId: prod, properties });
    await ask({ type: 'Create', stackId: dev, properties });
    await ask({ type: 'Delete', stackId: prod, physicalId, properties });
    const left = await stateOf(bucket);
    expect(left.notifications).toEqual({ EventBridgeConfiguration: {} });
    expect(sidsOf(left)).toHaveLength(2);
    await ask({ type: 'Delete', stackId: dev, physicalId, properties });
    expect(await stateOf(bucket)).toEqual({ notifications: {}, policy: undefined });
  });

  it('succeeds twice, changing nothing the second time, and for a bucket that is gone', async () => {
    const bucket = await newBucket();
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({ Status: 'SUCCESS' });
    front.writes.length = 0;
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({ Status: 'SUCCESS' });
    expect(front.writes).toEqual([]);
    await s3.deleteBucket({ Bucket: bucket });
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({ Status: 'SUCCESS' });
    await expect(stateOf(bucket)).rejects.toThrow(NoSuchBucket);
  });

  it('fails with a reason, and not silently, where it may not take its statements away', async () => {
    const bucket = await newBucket();
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    const { PhysicalResourceId: physicalId } = await ask({ type: 'Create', ...request });
    front.fault = (what) => (what.startsWith('DELETE policy') ? 'AccessDenied' : undefined);
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({
      Status: 'FAILED',
      PhysicalResourceId: physicalId,
      Reason: 'AccessDenied: Access Denied by a test',
    });
  });
});

describe('a failure', () => {
  it('is reported with its reason when the bucket does not exist, and the Delete that follows succeeds', async () => {
    const request = { stackId: newStackId(), properties: propertiesFor(`missing-${randomUUID()}`) };
    const failed = await ask({ type: 'Create', ...request });
    expect(failed).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('NoSuchBucket') });
    const physicalId = failed.PhysicalResourceId;
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({ Status: 'SUCCESS' });
  });

  it('to read undoes nothing and needs nothing of the Delete that follows', async () => {
    const bucket = await newBucket({ policy: BILLING_POLICY });
    const request = { stackId: newStackId(), properties: propertiesFor(bucket) };
    front.fault = () => 'AccessDenied';
    const failed = await ask({ type: 'Create', ...request });
    expect(failed).toMatchObject({ Status: 'FAILED', Reason: 'AccessDenied: Access Denied by a test' });
    const physicalId = failed.PhysicalResourceId;
    expect(await ask({ type: 'Delete', physicalId, ...request })).toMatchObject({ Status: 'SUCCESS' });
    expect(front.writes).toEqual([]);
  });

  it('half-way is undone', async () => {
    const bucket = await newBucket({ policy: BILLING_POLICY });
    front.fault = (what) => (what.startsWith('PUT notification') ? 'AccessDenied' : undefined);
    const failed = await ask({ type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) });
    expect(failed).toMatchObject({ Status: 'FAILED', Reason: 'AccessDenied: Access Denied by a test' });
    expect(await stateOf(bucket)).toEqual({ notifications: {}, policy: BILLING_POLICY });
  });

  it('that cannot be undone says what stopped it twice', async () => {
    const bucket = await newBucket();
    const isStopped = (what: string) => what.startsWith('PUT notification') || what.startsWith('DELETE policy');
    front.fault = (what) => (isStopped(what) ? 'AccessDenied' : undefined);
    const failed = await ask({ type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) });
    expect(failed.Reason).toBe('AccessDenied: Access Denied by a test; not undone: Access Denied by a test');
  });

  it('of new permissions that are not known everywhere yet is waited out', async () => {
    const bucket = await newBucket();
    let refusals = 2;
    front.fault = () => (refusals-- > 0 ? 'AccessDenied' : undefined);
    const request: ConnectorRequest = { type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) };
    expect(await ask(request, 60)).toMatchObject({ Status: 'SUCCESS' });
    expect(refusals).toBeLessThan(0);
  });

  it('of S3 to answer at all is reported before the time is up', async () => {
    const bucket = await newBucket();
    front.fault = () => 'silence';
    const request: ConnectorRequest = { type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) };
    expect(await ask(request, 6)).toMatchObject({ Status: 'FAILED', Reason: 'Error: S3 did not answer in time' });
  });
});

describe('the answer to CloudFormation', () => {
  const env = () => ({ ...moto.env, AWS_ENDPOINT_URL: front.endpoint });

  it('is put without a content type, for which the address is not signed, and within 4,096 bytes', async () => {
    const bucket = await newBucket();
    front.fault = () => 'AccessDenied at length';
    const request: ConnectorRequest = { type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) };
    const { answer } = await cloudFormation.ask(request, env()).ended;
    expect(answer).toMatchObject({ method: 'PUT', headers: { 'content-type': '' } });
    expect(answer?.body.Reason).toHaveLength(1000);
    expect(answer?.sizeBytes).toBeLessThanOrEqual(4096);
  });

  it('that is not heard fails the function, so that Lambda repeats the event', async () => {
    const bucket = await newBucket();
    cloudFormation.replyStatus = 503;
    const request: ConnectorRequest = { type: 'Create', stackId: newStackId(), properties: propertiesFor(bucket) };
    expect((await cloudFormation.ask(request, env()).ended).status).toBe(1);
    cloudFormation.replyStatus = 200;
    expect(await ask(request)).toMatchObject({ Status: 'SUCCESS' });
  });
});
