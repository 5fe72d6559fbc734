import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { S3 } from '@aws-sdk/client-s3';
import { SQS } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePayers } from '../../src/config/payers.ts';
import { accountOn } from '../aws/motoAccount.ts';
import { type MotoServer, REGION, startMotoServer } from '../aws/motoServer.ts';
import { findPythonTool } from '../aws/pythonTools.ts';
import { deployPayerStack } from './payerAccountStack.ts';
import {
  at,
  inlineCode,
  isList,
  type Json,
  resolveTemplate,
  TEMPLATE,
  TEMPLATE_PATH,
  TEMPLATE_TEXT,
} from './payerAccountTemplate.ts';

/** Moto's own account; the central one is another. */
const PAYER = '123456789012';
const CENTRAL = '999988887777';

function deployed(parameters: Record<string, string> = {}, account = PAYER, region = REGION) {
  const required = { BucketName: 'the-reports', CentralAccountId: CENTRAL, CentralRegion: REGION };
  return resolveTemplate({ account, region, parameters: { ...required, ...parameters } });
}

describe('the payer account’s template', () => {
  it('has nothing that cfn-lint objects to', async () => {
    const lint = await findPythonTool('cfn-lint');
    await expect(promisify(execFile)(lint, [TEMPLATE_PATH])).resolves.toMatchObject({ stdout: '' });
  });

  it('fits into one request to CloudFormation, and its code into what inline code was always allowed', () => {
    expect(Buffer.byteLength(TEMPLATE_TEXT)).toBeLessThanOrEqual(51_200);
    expect(inlineCode('Connector').length).toBeLessThanOrEqual(4096);
    expect(inlineCode('Inspector').length).toBeLessThanOrEqual(4096);
  });

  it.for([
    ['BucketName', ['my-reports.2024'], ['', 'ab', 's3://my-reports', 'my-reports/cur', 'a*c', 'My-Reports', '-abc-']],
    [
      'Prefix',
      ['', 'cur', "a/b-1/c_2/(x)!y.z='1'", 'a b:c+d,e@f~g'],
      ['/cur', 'cur/', 'a//b', '*', 'a\\b', 'a?b', 'a$b', 'a{b', 'a"b', 'a\nb'],
    ],
    ['CentralAccountId', ['012345678901'], ['', '12345678901', '1234567890123', 'x']],
    ['CentralRegion', ['us-east-1', 'us-gov-west-1', 'ap-southeast-5'], ['', 'us-east', 'US-EAST-1', 'us-east-1a']],
    ['Stage', ['prod', 'dev-2'], ['', 'pro_d', 'x'.repeat(31)]],
    ['ServiceName', ['cur-reactor'], ['', '1st', 'x'.repeat(24)]],
    ['PayerAccountId', ['', '012345678901'], ['123']],
    [
      'KmsKeyArn',
      ['', 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
      ['arn:aws:kms:us-east-1:111122223333:alias/reports', '1234abcd-12ab-34cd-56ef-1234567890ab'],
    ],
  ] as const)('takes no other %s than it can work with', ([name, good, bad]) => {
    const pattern = new RegExp(TEMPLATE.Parameters[name]?.AllowedPattern ?? 'missing');
    expect(good.filter((value) => !pattern.test(value))).toEqual([]);
    expect(bad.filter((value) => pattern.test(value))).toEqual([]);
  });

  it('takes no bucket and no prefix that the payers file would refuse, and writes the entry so that it can be read', () => {
    const fitting = (name: string) => fc.stringMatching(new RegExp(TEMPLATE.Parameters[name]?.AllowedPattern ?? ''));
    fc.assert(
      fc.property(fitting('BucketName'), fitting('Prefix'), (BucketName, Prefix) => {
        const entry = parse(String(deployed({ BucketName, Prefix }).outputs.PayersEntry));
        expect(parsePayers(entry).sources).toEqual([
          { payer: PAYER, bucket: BucketName, prefix: Prefix, manifests: true, bucketOwner: PAYER },
        ]);
      }),
    );
  });

  it('takes no service and stage so long that the names of its roles pass IAM’s 64 characters', () => {
    const longest = (name: string) => {
      const pattern = new RegExp(TEMPLATE.Parameters[name]?.AllowedPattern ?? '');
      return (
        Array.from({ length: 100 }, (_, length) => 'x'.repeat(length)).findLast((text) => pattern.test(text)) ?? ''
      );
    };
    const { resources } = deployed({ ServiceName: longest('ServiceName'), Stage: longest('Stage') });
    const listing = at(resources.Connection, 'Statements', 0, 'Condition', 'ArnEquals', 'aws:PrincipalArn');
    const names = [listing].flat().map((arn) => String(arn).split('role/')[1] ?? '');
    expect(Math.max(...names.map(({ length }) => length))).toBe(64);
  });

  it('lets nobody do anything to everything', () => {
    const statements = statementsIn(deployed({ KmsKeyArn: '' }).resources);
    expect(statements).toHaveLength(11);
    const broad = statements.filter((statement) =>
      [at(statement, 'Action'), at(statement, 'Resource'), at(statement, 'Principal')]
        .flat()
        .some((value) => value === '*' || (typeof value === 'string' && value.endsWith(':*'))),
    );
    expect(broad).toEqual([]);
  });

  it('keeps the log of its function for a limited time, in a group that only this function writes to', () => {
    const { resources } = deployed();
    expect(resources.ConnectorLogs).toEqual({ RetentionInDays: 30 });
    expect(at(resources.Connector, 'LoggingConfig')).toEqual({ LogGroup: '<ConnectorLogs>' });
    expect(at(resources.ConnectorRole, 'Policies', 0, 'PolicyDocument', 'Statement')).toEqual([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '<ConnectorLogs.Arn>' },
    ]);
  });

  it('keeps undelivered events encrypted for 14 days, and takes them from its own rule only', () => {
    const { resources } = deployed();
    expect(resources.UndeliveredEvents).toEqual({ MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true });
    expect(at(resources.UndeliveredEventsPolicy, 'PolicyDocument', 'Statement')).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: '<UndeliveredEvents.Arn>',
        Condition: { ArnEquals: { 'aws:SourceArn': '<ForwardRule.Arn>' } },
      },
    ]);
    const target = at(resources.ForwardRule, 'Targets', 0);
    expect(at(target, 'DeadLetterConfig')).toEqual({ Arn: '<UndeliveredEvents.Arn>' });
  });

  it('gives the connector another policy for another bucket, so that it may still disconnect the old one', () => {
    const nameFor = (BucketName: string) => at(deployed({ BucketName }).resources.ConnectorBucketPolicy, 'PolicyName');
    expect(nameFor('first-bucket')).not.toEqual(nameFor('second-bucket'));
  });

  it.for([
    ['forwards to the bus of exactly the stage', CENTRAL, REGION, true],
    ['does not forward where the reactor has a rule of its own: in its account and region', PAYER, REGION, false],
    ['forwards from another region of the reactor’s account', PAYER, 'eu-west-1', true],
  ] as const)('%s', ([, CentralAccountId, CentralRegion, forwards]) => {
    const { resources, outputs } = deployed({ CentralAccountId, CentralRegion, Stage: 'dev' });
    const connecting = ['Connection', 'Connector', 'ConnectorRole', 'ConnectorBucketPolicy', 'ConnectorLogs'];
    const inspecting = ['Inspection', 'Inspector', 'InspectorRole', 'InspectorPolicy', 'InspectorLogs'];
    const always = [...connecting, ...inspecting];
    const forwarding = ['ForwardRule', 'ForwardRole', 'UndeliveredEvents', 'UndeliveredEventsPolicy'];
    expect(Object.keys(resources)).toEqual(forwards ? [...always, ...forwarding] : always);
    expect(Object.keys(outputs).includes('UndeliveredEventsUrl')).toBe(forwards);
    if (!forwards) return;
    const bus = `arn:aws:events:${CentralRegion}:${CentralAccountId}:event-bus/cur-reactor-dev`;
    expect(at(resources.ForwardRule, 'Targets', 0, 'Arn')).toBe(bus);
    expect(at(resources.ForwardRole, 'Policies', 0, 'PolicyDocument', 'Statement')).toEqual([
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: bus },
    ]);
  });

  it.for([
    ['a payer’s own bucket', {}, { payer: PAYER, bucket: 'the-reports', bucketOwner: PAYER }],
    [
      'a path and a key',
      { Prefix: "a/b's", KmsKeyArn: `arn:aws:kms:${REGION}:${PAYER}:key/1` },
      {
        payer: PAYER,
        bucket: 'the-reports',
        prefix: "a/b's",
        bucketOwner: PAYER,
        kmsKey: `arn:aws:kms:${REGION}:${PAYER}:key/1`,
      },
    ],
    [
      'another payer’s reports, delivered into the reactor’s account',
      { CentralAccountId: PAYER, PayerAccountId: '012345678901' },
      { payer: '012345678901', bucket: 'the-reports', bucketOwner: 'self' },
    ],
  ] as const)('says what to put into the payers file: %s', ([, parameters, entry]) => {
    expect(parse(String(deployed(parameters).outputs.PayersEntry))).toEqual([entry]);
  });

  it('says what the policy of a key needs, for the copy role and through S3 only', () => {
    expect(deployed().outputs).not.toHaveProperty('KeyPolicyStatement');
    const { outputs } = deployed({ KmsKeyArn: `arn:aws:kms:${REGION}:${PAYER}:key/1` });
    expect(JSON.parse(String(outputs.KeyPolicyStatement))).toMatchObject({
      Action: 'kms:Decrypt',
      Principal: { AWS: `arn:aws:iam::${CENTRAL}:root` },
      Condition: {
        ArnEquals: {
          'aws:PrincipalArn': ['copy', 'manifest'].map(
            (name) => `arn:aws:iam::${CENTRAL}:role/cur-reactor-prod-${name}`,
          ),
        },
        StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` },
      },
    });
  });
});

/** Every policy statement anywhere below. */
function statementsIn(node: Json): readonly Json[] {
  if (node === null || typeof node !== 'object') return [];
  if (isList(node)) return node.flatMap(statementsIn);
  return 'Effect' in node ? [node] : Object.values(node).flatMap(statementsIn);
}

describe('deployed to moto', () => {
  let moto: MotoServer;
  beforeAll(async () => {
    moto = await startMotoServer();
  });
  afterAll(() => moto?.close());

  /** The central account's part: a bus, and a queue that gets whatever the bus gets. */
  async function deployCentral(stage: string): Promise<{ received(): Promise<readonly string[]> }> {
    const bus = `cur-reactor-${stage}`;
    const template = {
      Resources: {
        Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: bus } },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: bus } },
        Rule: {
          Type: 'AWS::Events::Rule',
          DependsOn: 'Bus',
          Properties: {
            EventBusName: bus,
            EventPattern: { source: ['aws.s3'] },
            Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
          },
        },
      },
    };
    const { clientConfig } = await accountOn(moto, CENTRAL);
    const client = new CloudFormationClient(clientConfig);
    await client.send(new CreateStackCommand({ StackName: bus, TemplateBody: JSON.stringify(template) }));
    const sqs = new SQS(clientConfig);
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: bus });
    return {
      async received() {
        const keys: string[] = [];
        for (;;) {
          const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
          if (Messages.length === 0) return keys.sort();
          keys.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '').detail.object.key));
        }
      },
    };
  }

  it.for([
    ['with a prefix', 'cur/daily', true],
    ['without a prefix', '', false],
  ] as const)('forwards data files and manifests, and nothing else: %s', async ([, Prefix, onlyBelow]) => {
    const Stage = `s${randomUUID().slice(0, 8)}`;
    const central = await deployCentral(Stage);
    const s3 = new S3(moto.clientConfig);
    const [Bucket, other] = [`reports-${randomUUID()}`, `reports-${randomUUID()}`];
    for (const name of [Bucket, other]) {
      await s3.createBucket({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: REGION } });
    }
    await s3.putBucketNotificationConfiguration({
      Bucket: other,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    });
    await deployPayer({ BucketName: Bucket, Prefix, Stage, CentralAccountId: CENTRAL, CentralRegion: REGION });

    const below = [
      'cur/daily/e/data/BILLING_PERIOD=2026-10/2026-10-16T15:24:15.653Z-1/e-00001.snappy.parquet',
      'cur/daily/e/metadata/BILLING_PERIOD=2026-10/e-Manifest.json',
    ];
    const beside = ['cur/daily2/year=2026/month=10/e-00001.snappy.parquet', 'elsewhere-Manifest.json'];
    const noise = [
      'cur/daily/e.csv.gz',
      'cur/daily/e-Manifest.json.bak',
      'cur/daily/aws-programmatic-access-test-object',
    ];
    for (const Key of [...below, ...beside, ...noise]) await s3.putObject({ Bucket, Key, Body: 'x' });
    for (const Key of below) await s3.putObject({ Bucket: other, Key, Body: 'x' });
    expect(await central.received()).toEqual([...below, ...(onlyBelow ? [] : beside)].sort());
    s3.destroy();
  });

  async function deployPayer(parameters: Record<string, string>): Promise<void> {
    const { resources, outputs } = deployed(parameters);
    const stack = await deployPayerStack(moto, parameters, resources.Connection ?? null);
    expect(stack.connected?.body).toMatchObject({ Status: 'SUCCESS' });
    expect(stack.outputs).toMatchObject({ PayersEntry: outputs.PayersEntry });
  }
});
