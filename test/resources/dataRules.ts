import { add, type Rule, set, take } from './rule.ts';
import { at, listAt, resourceStatements, resourcesOf, targetOf } from './template.ts';

const PUBLIC_ACCESS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

function encryptionOf(rule: unknown): { readonly SSEAlgorithm?: unknown; readonly KMSMasterKeyID?: unknown } {
  return at(rule, 'ServerSideEncryptionByDefault') ?? {};
}

export const dataRules: readonly Rule[] = [
  {
    name: 'buckets are encrypted',
    violations: (template) =>
      resourcesOf(template, 'AWS::S3::Bucket').flatMap(([id, bucket]) => {
        const [encryption] = listAt(bucket, 'Properties.BucketEncryption.ServerSideEncryptionConfiguration');
        const { SSEAlgorithm, KMSMasterKeyID } = { ...encryptionOf(encryption) };
        return SSEAlgorithm === 'AES256' || (SSEAlgorithm === 'aws:kms' && KMSMasterKeyID) ? [] : [id];
      }),
    breaks: [
      set('StagingBucket.Properties.BucketEncryption', undefined),
      set('StagingBucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration.0', {
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
      }),
    ],
  },
  {
    name: 'buckets are closed to the public, whatever a policy says',
    violations: (template) =>
      resourcesOf(template, 'AWS::S3::Bucket').flatMap(([id, bucket]) =>
        PUBLIC_ACCESS.filter((name) => at(bucket, `Properties.PublicAccessBlockConfiguration.${name}`) !== true).map(
          (name) => `${id} ${name}`,
        ),
      ),
    breaks: [
      set('StagingBucket.Properties.PublicAccessBlockConfiguration.IgnorePublicAcls', false),
      set('ServerlessDeploymentBucket.Properties.PublicAccessBlockConfiguration', undefined),
    ],
  },
  {
    name: 'buckets and queues refuse what does not come over TLS',
    violations: (template) => {
      const refusing = new Set(
        resourceStatements(template)
          .filter(
            ({ statement }) =>
              at(statement, 'Effect') === 'Deny' &&
              String(at(statement, 'Condition.Bool.aws:SecureTransport')) === 'false' &&
              ['*', 's3:*', 'sqs:*'].includes(String(at(statement, 'Action'))) &&
              at(statement, 'Principal') === '*',
          )
          .map(({ where }) => where),
      );
      const guarded = [...resourcesOf(template, 'AWS::S3::Bucket'), ...resourcesOf(template, 'AWS::SQS::Queue')];
      return guarded.flatMap(([id]) => (refusing.has(id) ? [] : [id]));
    },
    breaks: [
      take('StagingBucketPolicy'),
      set('StagingBucketPolicy.Properties.PolicyDocument.Statement.0.Effect', 'Allow'),
      set('FinalizeQueuePolicy.Properties.PolicyDocument.Statement.0.Condition', undefined),
      set('CopyQueuePolicy.Properties.PolicyDocument.Statement.1.Action', 'sqs:SendMessage'),
      set('FinalizeQueuePolicy.Properties.PolicyDocument.Statement.0.Principal', { Service: 'events.amazonaws.com' }),
    ],
  },
  {
    name: 'the staging bucket has never kept versions: external tables do not support it',
    violations: ({ Resources }) =>
      at(Resources, 'StagingBucket.Properties.VersioningConfiguration') === undefined ? [] : ['StagingBucket'],
    breaks: [
      set('StagingBucket.Properties.VersioningConfiguration', { Status: 'Enabled' }),
      set('StagingBucket.Properties.VersioningConfiguration', { Status: 'Suspended' }),
    ],
  },
  {
    name: 'what is staged belongs to this account',
    violations: ({ Resources }) => {
      const ownership = at(Resources, 'StagingBucket.Properties.OwnershipControls.Rules.0.ObjectOwnership');
      return ownership === 'BucketOwnerEnforced' ? [] : ['StagingBucket'];
    },
    breaks: [set('StagingBucket.Properties.OwnershipControls', undefined)],
  },
  {
    name: 'unfinished uploads go after a day, and nothing else expires but what is tagged superseded',
    violations: ({ Resources }) => {
      const rules = listAt(Resources, 'StagingBucket.Properties.LifecycleConfiguration.Rules');
      const aborting = rules.filter((rule) => at(rule, 'AbortIncompleteMultipartUpload.DaysAfterInitiation') === 1);
      const others = rules.filter((rule) => !aborting.includes(rule));
      const tag = JSON.stringify([{ Key: 'unowned', Value: 'true' }]);
      const right =
        aborting.length === 1 &&
        others.length === 1 &&
        others.every((rule) => JSON.stringify(at(rule, 'TagFilters')) === tag) &&
        Number(at(others[0], 'ExpirationInDays')) >= 1 &&
        at(aborting[0], 'ExpirationInDays') === undefined &&
        rules.every((rule) => at(rule, 'Status') === 'Enabled');
      return right ? [] : ['StagingBucket'];
    },
    breaks: [
      set('StagingBucket.Properties.LifecycleConfiguration', undefined),
      set('StagingBucket.Properties.LifecycleConfiguration.Rules.0.ExpirationInDays', 30),
      set('StagingBucket.Properties.LifecycleConfiguration.Rules.1.TagFilters', undefined),
      set('StagingBucket.Properties.LifecycleConfiguration.Rules.1.Status', 'Disabled'),
    ],
  },
  {
    name: 'what is staged and the ledger outlive the stack, unless the deployment that makes them fails',
    violations: ({ Resources }) =>
      ['StagingBucket', 'LedgerTable'].filter(
        (id) =>
          at(Resources, `${id}.DeletionPolicy`) !== 'RetainExceptOnCreate' ||
          at(Resources, `${id}.UpdateReplacePolicy`) !== 'Retain',
      ),
    breaks: [
      set('StagingBucket.DeletionPolicy', 'Delete'),
      set('StagingBucket.DeletionPolicy', 'Retain'),
      set('LedgerTable.DeletionPolicy', undefined),
      set('LedgerTable.UpdateReplacePolicy', undefined),
    ],
  },
  {
    name: 'the ledger can be brought back to any second, takes bursts, and forgets nothing by itself but reports of reconciles',
    violations: (template) => {
      const tables = resourcesOf(template, 'AWS::DynamoDB::Table');
      if (tables.length !== 1) return ['there must be one table'];
      return tables.flatMap(([id, table]) => {
        const properties = at(table, 'Properties');
        const keys = listAt(properties, 'KeySchema').map((key) => `${at(key, 'AttributeName')} ${at(key, 'KeyType')}`);
        const types = listAt(properties, 'AttributeDefinitions').map((definition) => at(definition, 'AttributeType'));
        const right =
          keys.join() === 'pk HASH,sk RANGE' &&
          types.join() === 'S,S' &&
          at(properties, 'BillingMode') === 'PAY_PER_REQUEST' &&
          at(properties, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled') === true &&
          // adapters/dynamodb/reconcileRuns.ts alone writes this attribute.
          at(properties, 'TimeToLiveSpecification.AttributeName') === 'expiresAt' &&
          // Absent is encrypted with DynamoDB's own key; `SSEEnabled: false` means the same, but
          // does not say so.
          (at(properties, 'SSESpecification') === undefined ||
            at(properties, 'SSESpecification.KMSMasterKeyId') !== undefined);
        return right ? [] : [id];
      });
    },
    breaks: [
      set('LedgerTable.Properties.PointInTimeRecoverySpecification', undefined),
      set('LedgerTable.Properties.BillingMode', 'PROVISIONED'),
      set('LedgerTable.Properties.SSESpecification', { SSEEnabled: false }),
      set('LedgerTable.Properties.TimeToLiveSpecification', { AttributeName: 'ttl', Enabled: true }),
      set('LedgerTable.Properties.KeySchema.1.AttributeName', 'id'),
      take('LedgerTable'),
    ],
  },
  {
    name: 'the central bus takes events of the payers’ accounts, and nothing but events',
    violations: (template) =>
      resourcesOf(template, 'AWS::Events::EventBusPolicy').flatMap(([id, policy]) => {
        const statement = at(policy, 'Properties.Statement');
        const accounts = listAt(statement, 'Principal.AWS');
        const named =
          accounts.length > 0 && accounts.every((account) => /:\d{12}:root$/.test(String(at(account, 'Fn::Sub'))));
        const organization = at(statement, 'Condition.StringEquals.aws:PrincipalOrgID') !== undefined;
        const numbers = listAt(statement, 'Condition.StringEquals.aws:PrincipalAccount');
        const numbered = numbers.length > 0 && numbers.every((number) => /^\d{12}$/.test(String(number)));
        const bus = targetOf(at(policy, 'Properties.EventBusName'));
        const right =
          (named || organization || numbered) &&
          at(statement, 'Action') === 'events:PutEvents' &&
          targetOf(at(statement, 'Resource')) === 'CentralBus' &&
          bus === 'CentralBus';
        return right ? [] : [id];
      }),
    breaks: [
      set('CentralBusPolicy.Properties.Statement.Principal', '*'),
      set('CentralBusPolicy.Properties.Statement.Action', 'events:*'),
      set('CentralBusPolicy.Properties.EventBusName', undefined),
      add('OpenBus', { Type: 'AWS::Events::EventBusPolicy', Properties: { StatementId: 'all', Statement: {} } }),
    ],
  },
];
