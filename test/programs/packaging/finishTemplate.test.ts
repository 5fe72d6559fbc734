import { describe, expect, test } from 'vitest';
import { type FinishingParams, finishTemplate } from '../../../src/programs/packaging/finishTemplate.ts';
import { at, listAt } from '../../resources/template.ts';

const KEY = 'arn:aws:kms:us-east-1:999988887777:key/a';
const NOTHING: FinishingParams = {
  rolePath: '/',
  permissionsBoundary: '',
  vpcSubnets: [],
  vpcSecurityGroups: [],
  bucketKey: '',
  ledgerKey: '',
  queuesKey: '',
  secretsKey: '',
  logsKey: '',
};

const allow = (Action: string | string[], resource: string) => ({
  Effect: 'Allow',
  Action,
  Resource: { 'Fn::GetAtt': [resource, 'Arn'] },
});
const role = (...Statement: object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: { Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement } }] },
});
const lambda = (name: string) => ({ Type: 'AWS::Lambda::Function', Properties: { FunctionName: `reactor-${name}` } });

const TEMPLATE = {
  Resources: {
    CopyLambdaFunction: lambda('copy'),
    FinalizeLambdaFunction: lambda('finalize'),
    SweepLambdaFunction: lambda('sweep'),
    CopyRole: role(
      allow(['s3:PutObject', 's3:GetObject'], 'StagingBucket'),
      allow(['dynamodb:GetItem', 'dynamodb:PutItem'], 'LedgerTable'),
      allow(['sqs:ReceiveMessage', 'sqs:SendMessage'], 'CopyQueue'),
    ),
    FinalizeRole: role(allow('secretsmanager:GetSecretValue', 'Secret'), allow('dynamodb:Query', 'LedgerTable')),
    SweepRole: role(allow('s3:GetObject', 'AnotherBucket')),
    StagingBucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'b' } },
    ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket', Properties: {} },
    LedgerTable: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 't' } },
    CopyQueue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q', SqsManagedSseEnabled: true } },
    CopyLogGroup: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 14 } },
  },
};

const finished = (params: Partial<FinishingParams>) => finishTemplate(TEMPLATE, { ...NOTHING, ...params }).Resources;
const policyOf = (resources: object, id: string, name: string) =>
  listAt(resources, `${id}.Properties.Policies`).find((policy) => at(policy, 'PolicyName') === name);
const keyActions = (resources: object, id: string) =>
  listAt(policyOf(resources, id, 'keys'), 'PolicyDocument.Statement').map((one) => listAt(one, 'Action').join());

describe('a finished template', () => {
  test('lets the functions that start themselves do so, and is otherwise as it was where nothing is wanted', () => {
    const { CopyLambdaFunction, FinalizeLambdaFunction, ...rest } = finished({});
    expect([CopyLambdaFunction, FinalizeLambdaFunction].map((one) => one?.Properties?.RecursiveLoop)).toEqual([
      'Allow',
      'Allow',
    ]);
    const { CopyLambdaFunction: _, FinalizeLambdaFunction: __, ...before } = TEMPLATE.Resources;
    expect(rest).toEqual(before);
  });

  test('has every role under the path, within the boundary', () => {
    const boundary = 'arn:aws:iam::999988887777:policy/bounds';
    const resources = finished({ rolePath: '/reactor/', permissionsBoundary: boundary });
    for (const id of ['CopyRole', 'FinalizeRole', 'SweepRole']) {
      expect(resources[id]?.Properties).toMatchObject({ Path: '/reactor/', PermissionsBoundary: boundary });
    }
  });

  test('encrypts with the customer’s keys what each of them is for, and nothing else', () => {
    const { StagingBucket, ServerlessDeploymentBucket } = finished({ bucketKey: KEY });
    expect(at(StagingBucket, 'Properties.BucketEncryption.ServerSideEncryptionConfiguration.0')).toEqual({
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
      BucketKeyEnabled: true,
    });
    expect(ServerlessDeploymentBucket).toEqual(TEMPLATE.Resources.ServerlessDeploymentBucket);
    expect(at(finished({ ledgerKey: KEY }), 'LedgerTable.Properties.SSESpecification')).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: KEY,
    });
    expect(finished({ queuesKey: KEY }).CopyQueue?.Properties).toEqual({ QueueName: 'q', KmsMasterKeyId: KEY });
    expect(at(finished({ logsKey: KEY }), 'CopyLogGroup.Properties.KmsKeyId')).toBe(KEY);
  });

  test('lets a role use a key as far as its other rights ask for it, by way of that service alone', () => {
    expect(keyActions(finished({ bucketKey: KEY }), 'CopyRole')).toEqual(['kms:Decrypt,kms:GenerateDataKey']);
    expect(keyActions(finished({ bucketKey: KEY }), 'SweepRole')).toEqual([]);
    expect(keyActions(finished({ queuesKey: KEY }), 'CopyRole')).toEqual(['kms:Decrypt,kms:GenerateDataKey']);
    expect(keyActions(finished({ queuesKey: KEY }), 'FinalizeRole')).toEqual([]);
    expect(keyActions(finished({ ledgerKey: KEY }), 'FinalizeRole')).toEqual(['kms:Decrypt,kms:DescribeKey']);
    expect(keyActions(finished({ ledgerKey: KEY }), 'CopyRole')[0]).toContain('kms:ReEncryptFrom');
    const resources = finished({ secretsKey: KEY });
    expect(keyActions(resources, 'FinalizeRole')).toEqual(['kms:Decrypt']);
    const [statement] = listAt(policyOf(resources, 'FinalizeRole', 'keys'), 'PolicyDocument.Statement');
    expect(at(statement, 'Resource')).toBe(KEY);
    expect(listAt(statement, 'Condition.StringEquals.kms:ViaService').map((one) => at(one, 'Fn::Sub'))).toEqual([
      `secretsmanager.\${AWS::Region}.amazonaws.com`,
      `secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}`,
    ]);
  });

  test('has in the VPC the functions that speak with Snowflake and the broker, whose code may not touch its network', () => {
    const resources = finished({ vpcSubnets: ['subnet-1'], vpcSecurityGroups: ['sg-1'] });
    const VpcConfig = { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] };
    expect(resources.FinalizeLambdaFunction?.Properties).toMatchObject({ VpcConfig });
    expect(resources.CopyLambdaFunction?.Properties).not.toHaveProperty('VpcConfig');
    expect(policyOf(resources, 'CopyRole', 'vpc')).toBeUndefined();
    const statements = listAt(policyOf(resources, 'FinalizeRole', 'vpc'), 'PolicyDocument.Statement');
    expect(statements.map((one) => at(one, 'Effect'))).toEqual(['Allow', 'Allow', 'Deny']);
    expect(JSON.stringify(at(statements[2], 'Condition'))).toContain('function:reactor-finalize');
  });
});
