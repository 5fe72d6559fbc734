import type { S3 } from '@aws-sdk/client-s3';
import type { Asked, BucketFacts } from './findings.ts';

/** How a bucket is asked. */
interface AskingBucket {
  /** A client of a region: a bucket answers in its own. */
  readonly s3In: (region: string) => S3;
  readonly homeRegion: string;
  /** Reads a key's policy. */
  readonly keyPolicy: (keyArn: string) => Promise<string>;
}

/** What is asked about. */
interface AskedBucket {
  readonly bucket: string;
  readonly prefix: string;
  readonly kmsKey?: string | undefined;
}

/**
 * Asks S3 and KMS everything that findings are made of. Throws nothing: what could not be read is
 * unknown, with the reason.
 */
export async function readBucketFacts(
  asking: AskingBucket,
  { bucket, prefix, kmsKey }: AskedBucket,
): Promise<BucketFacts> {
  const region = await ask(() => regionOf(asking, bucket));
  const s3 = asking.s3In(region.is === 'known' ? region.value : asking.homeRegion);
  const Bucket = { Bucket: bucket };
  const [policy, sendsEvents, requesterPays, objects, encryptionKey, keyPolicy] = await Promise.all([
    ask(async () => (await orNone(s3.getBucketPolicy(Bucket), 'NoSuchBucketPolicy'))?.Policy ?? ''),
    ask(async () => (await s3.getBucketNotificationConfiguration(Bucket)).EventBridgeConfiguration !== undefined),
    ask(async () => (await s3.getBucketRequestPayment(Bucket)).Payer === 'Requester'),
    ask(() => ownersOf(s3, bucket, prefix)),
    ask(() => encryptionKeyOf(s3, bucket)),
    kmsKey === undefined ? undefined : ask(() => asking.keyPolicy(kmsKey)),
  ]);
  return { region, policy, sendsEvents, requesterPays, objects, encryptionKey, keyPolicy };
}

async function ask<Value>(question: () => Promise<Value>): Promise<Asked<Value>> {
  try {
    return { is: 'known', value: await question() };
  } catch (error) {
    return { is: 'unknown', why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** S3 answers with the region even where it refuses (S3 API Reference, HeadBucket). */
async function regionOf({ s3In, homeRegion }: AskingBucket, bucket: string): Promise<string> {
  try {
    return (await s3In(homeRegion).headBucket({ Bucket: bucket })).BucketRegion ?? homeRegion;
  } catch (error) {
    const headers = error instanceof Error && '$response' in error ? headersOf(error.$response) : {};
    const named = headers['x-amz-bucket-region'];
    if (typeof named !== 'string') throw error;
    return named;
  }
}

function headersOf(response: unknown): Readonly<Record<string, unknown>> {
  const headers = typeof response === 'object' && response !== null && 'headers' in response ? response.headers : {};
  return { ...(typeof headers === 'object' ? headers : {}) };
}

async function ownersOf(s3: S3, bucket: string, prefix: string) {
  const { Owner } = await s3.getBucketAcl({ Bucket: bucket });
  const below = { Bucket: bucket, Prefix: prefix && `${prefix}/`, FetchOwner: true };
  const { Contents = [] } = await s3.listObjectsV2(below);
  const foreign = Contents.filter((object) => object.Owner?.ID !== undefined && object.Owner.ID !== Owner?.ID);
  return { count: Contents.length, foreign: foreign.map(({ Key = '' }) => Key) };
}

async function encryptionKeyOf(s3: S3, bucket: string): Promise<string | undefined> {
  const asked = s3.getBucketEncryption({ Bucket: bucket });
  const answer = await orNone(asked, 'ServerSideEncryptionConfigurationNotFoundError');
  const [rule] = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const { SSEAlgorithm = '', KMSMasterKeyID = '' } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  return SSEAlgorithm.startsWith('aws:kms') ? KMSMasterKeyID : undefined;
}

/** Undefined where S3 says that there is none. */
async function orNone<Answer>(asked: Promise<Answer>, none: string): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.name === none) return undefined;
    throw error;
  }
}
