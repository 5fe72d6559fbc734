import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { MotoServer } from '../aws/motoServer.ts';

/**
 * One stage of the reactor on a local server: its buckets, queues and table, under names of its
 * own.
 */
export class Deployment {
  readonly stagingBucket: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly s3: S3Client;
  readonly ledger: Ledger;
  readonly #sqs: SQSClient;
  readonly #queueUrls = new Map<string, string>();
  #writes = 0;

  static async create(server: MotoServer): Promise<Deployment> {
    const deployment = new Deployment(server, randomUUID().slice(0, 8));
    await deployment.#createAll(server);
    return deployment;
  }

  private constructor({ clientConfig, env }: MotoServer, stage: string) {
    const name = `cur-reactor-${stage}`;
    this.stagingBucket = `${name}-staging`;
    this.s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
    this.#sqs = new SQSClient(clientConfig);
    this.environment = {
      ...env,
      AWS_LAMBDA_FUNCTION_NAME: `${name}-function`,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      STAGE: stage,
      POWERTOOLS_SERVICE_NAME: 'cur-reactor',
      POWERTOOLS_METRICS_NAMESPACE: 'cur-reactor',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      LEDGER_TABLE: `${name}-ledger`,
      STAGING_BUCKET: this.stagingBucket,
      COPY_QUEUE: `${name}-copy`,
      MANIFEST_QUEUE: `${name}-manifest`,
      FINALIZE_QUEUE: `${name}-finalize`,
      PAYER_METRICS: 'all',
      RECONCILE_QUEUE: `${name}-reconcile`,
      QUIET_SECONDS: '0',
      MAX_WAIT_SECONDS: '0',
      SUPERSEDED_GRACE_SECONDS: '3600',
      LEASE_SECONDS: '960',
      RETRY_BASE_SECONDS: '60',
      RETRY_MAX_SECONDS: '3600',
      FINALIZE_STATEMENTS: '2',
      PARTITION_SECONDS: '240',
      SNOWFLAKE_SECRET: `${name}/snowflake`,
      SNOWFLAKE_DATABASE: 'CUR_REACTOR',
      SNOWFLAKE_SCHEMA: 'CUR',
      SNOWFLAKE_WAREHOUSE: 'CUR_REACTOR',
      SNOWFLAKE_ANALYTICS_WAREHOUSE: 'none',
      SNOWFLAKE_QUEUE_SECONDS: '600',
      SNOWFLAKE_ROLE: 'CUR_REACTOR',
      SNOWFLAKE_USER: 'CUR_REACTOR_FINALIZE',
      WAREHOUSE_TARGET: 'external',
      OWNER_KEY: 'user_owner',
      ENVIRONMENT_KEY: 'user_environment',
      REQUIRED_TAGS: 'user_owner',
      OWNER_DIGESTS: 'off',
      RECONCILE_CONCURRENCY: '2',
      PAYERS_TABLE: 'none',
      STALE_AFTER_HOURS: '36',
      RABBITMQ_SECRET: 'none',
      RABBITMQ_VIRTUAL_HOST: name,
      QUEUES: `${name}-copy,${name}-finalize`,
      DEAD_LETTER_QUEUES: `${name}-copy-dlq`,
      RELEASE: '1.2.3+test',
    };
    this.ledger = openDynamodbLedger(new DynamoDBClient(clientConfig), `${name}-ledger`);
  }

  async #createAll({ clientConfig }: MotoServer): Promise<void> {
    const { COPY_QUEUE, MANIFEST_QUEUE, FINALIZE_QUEUE, RECONCILE_QUEUE } = this.environment;
    const { DEAD_LETTER_QUEUES, LEDGER_TABLE } = this.environment;
    await this.createBucket(this.stagingBucket);
    const queues = [COPY_QUEUE, MANIFEST_QUEUE, FINALIZE_QUEUE, RECONCILE_QUEUE, DEAD_LETTER_QUEUES];
    for (const QueueName of queues) {
      const { QueueUrl } = await this.#sqs.send(new CreateQueueCommand({ QueueName }));
      this.#queueUrls.set(QueueName ?? '', QueueUrl ?? '');
    }
    const keys = { pk: 'HASH', sk: 'RANGE' } as const;
    await new DynamoDBClient(clientConfig).send(
      new CreateTableCommand({
        TableName: LEDGER_TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: Object.keys(keys).map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: Object.entries(keys).map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
      }),
    );
  }

  async createBucket(bucket: string): Promise<void> {
    const location = { LocationConstraint: 'us-east-2' } as const;
    await this.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: location }));
  }

  /**
   * Writes an object, and answers EventBridge's event of it. S3's times have whole seconds; its
   * sequencer is finer.
   */
  async put(bucket: string, key: string, bytes: Uint8Array) {
    const { ETag } = await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    this.#writes += 1;
    const sequencer = this.#writes.toString(16).toUpperCase().padStart(16, '0');
    return objectCreated(bucket, key, { etag: ETag?.replaceAll('"', ''), size: bytes.length, sequencer });
  }

  async stagedKeys(): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.stagingBucket }));
    return Contents.map(({ Key }) => Key ?? '');
  }

  /** Puts a message into a queue, for later where it says so. */
  async sendTo(queueName: string, delaySeconds = 0): Promise<void> {
    const QueueUrl = this.#queueUrls.get(queueName);
    await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}', DelaySeconds: delaySeconds }));
  }

  /** Takes what is ready in one of the queues. */
  async take(queue: 'COPY_QUEUE' | 'MANIFEST_QUEUE' | 'FINALIZE_QUEUE'): Promise<unknown[]> {
    const QueueUrl = this.#queueUrls.get(this.environment[queue] ?? '');
    const { Messages = [] } = await this.#sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body }) => JSON.parse(Body ?? ''));
  }
}

/** Moto's own account: the functions run there. */
const OWN_ACCOUNT = '123456789012';

/** EventBridge's event of an object of a bucket in that account, with an id of its own. */
export function objectCreated(bucket: string, key: string, object: Record<string, unknown> = {}) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: OWN_ACCOUNT,
    time: new Date().toISOString(),
    region: 'us-east-2',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: { version: '0', bucket: { name: bucket }, object: { key, ...object }, reason: 'PutObject' },
  };
}
