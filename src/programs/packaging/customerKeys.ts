import { AWS_REGION, URL_SUFFIX } from './pseudoParameters.ts';
import {
  mapResources,
  type StackResource,
  type StackTemplate,
  statementsOf,
  withoutProperty,
  withPolicy,
  withProperties,
} from './stackTemplate.ts';

/** The customer's own KMS keys, as ARNs. Empty: AWS's own, as the YAML files say. */
export interface CustomerKeys {
  readonly bucketKey: string;
  readonly ledgerKey: string;
  readonly queuesKey: string;
  readonly secretsKey: string;
  readonly logsKey: string;
}

/** What whoever may do this in a service has to be allowed with the key that encrypts there. */
interface KeyUse {
  readonly param: Exclude<keyof CustomerKeys, 'logsKey'>;
  readonly service: string;
  readonly may: RegExp;
  /** Whether a statement's resource counts: payers' buckets have keys of their own. */
  readonly of?: RegExp;
  readonly needs: readonly string[];
}

const ENCRYPT = ['kms:Decrypt', 'kms:GenerateDataKey'];
// DynamoDB Developer Guide, "Using AWS KMS keys: authorizing use of your KMS key".
const TABLE = ['kms:Decrypt', 'kms:DescribeKey'];
const TABLE_WRITES = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

const USES: readonly KeyUse[] = [
  { param: 'bucketKey', service: 's3', may: /^s3:PutObject$/, of: /StagingBucket/, needs: ENCRYPT },
  { param: 'bucketKey', service: 's3', may: /^s3:GetObject$/, of: /StagingBucket/, needs: ['kms:Decrypt'] },
  { param: 'ledgerKey', service: 'dynamodb', may: /^dynamodb:/, needs: TABLE },
  { param: 'ledgerKey', service: 'dynamodb', may: /^dynamodb:(Put|Update|Delete)Item$/, needs: TABLE_WRITES },
  { param: 'queuesKey', service: 'sqs', may: /^sqs:SendMessage$/, needs: ENCRYPT },
  { param: 'queuesKey', service: 'sqs', may: /^sqs:ReceiveMessage$/, needs: ['kms:Decrypt'] },
  { param: 'secretsKey', service: 'secretsmanager', may: /^secretsmanager:GetSecretValue$/, needs: ['kms:Decrypt'] },
];

/**
 * Encrypts what the stack makes with these keys, and lets each role use them as far as its other
 * rights ask for it.
 */
export function withCustomerKeys(template: StackTemplate, params: CustomerKeys): StackTemplate {
  const { bucketKey, ledgerKey, queuesKey } = params;
  const steps: ((before: StackTemplate) => StackTemplate)[] = [
    (before) => mapResources(before, 'AWS::IAM::Role', (role) => withPolicy(role, 'keys', keyStatements(role, params))),
  ];
  if (bucketKey !== '') steps.push((before) => mapResources(before, 'AWS::S3::Bucket', encryptStaging(bucketKey)));
  if (ledgerKey !== '') {
    const SSESpecification = { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: ledgerKey };
    steps.push((before) =>
      mapResources(before, 'AWS::DynamoDB::Table', (table) => withProperties(table, { SSESpecification })),
    );
  }
  if (queuesKey !== '') {
    steps.push((before) =>
      mapResources(before, 'AWS::SQS::Queue', (queue) =>
        withProperties(withoutProperty(queue, 'SqsManagedSseEnabled'), { KmsMasterKeyId: queuesKey }),
      ),
    );
  }
  if (params.logsKey !== '') {
    steps.push((before) =>
      mapResources(before, 'AWS::Logs::LogGroup', (group) => withProperties(group, { KmsKeyId: params.logsKey })),
    );
  }
  return steps.reduce((before, step) => step(before), template);
}

/** The framework's bucket for deployments stays as it is: nothing of a payer is ever in it. */
function encryptStaging(key: string) {
  const rule = {
    ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
    // One call of KMS for many objects.
    BucketKeyEnabled: true,
  };
  return (bucket: StackResource, id: string) =>
    id === 'StagingBucket'
      ? withProperties(bucket, { BucketEncryption: { ServerSideEncryptionConfiguration: [rule] } })
      : bucket;
}

function keyStatements(role: StackResource, params: CustomerKeys): object[] {
  const statements = statementsOf(role);
  const needed = Map.groupBy(
    USES.filter(({ param, may, of }) => {
      const resourceFits = (resource: unknown) => of === undefined || of.test(JSON.stringify(resource));
      const allows = (action: unknown) => [action].flat().some((one) => may.test(String(one)));
      return (
        params[param] !== '' && statements.some(({ Action, Resource }) => allows(Action) && resourceFits(Resource))
      );
    }),
    ({ param, service }) => `${param} ${service}`,
  );
  return [...needed.values()].flatMap((uses) => {
    const [first] = uses;
    if (!first) return [];
    return {
      Effect: 'Allow',
      Action: [...new Set(uses.flatMap(({ needs }) => needs))].sort(),
      Resource: params[first.param],
      Condition: { StringEquals: { 'kms:ViaService': viaService(first.service) } },
    };
  });
}

/** In some partitions the name ends as the partition's hosts do, in others as everywhere. */
function viaService(service: string): object[] {
  return ['amazonaws.com', URL_SUFFIX].map((end) => ({ 'Fn::Sub': `${service}.${AWS_REGION}.${end}` }));
}
