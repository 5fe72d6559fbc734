import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CopyObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { openDynamodb, openS3 } from '../../functions/services.ts';
import type { Announced, Work } from './stagingProcess.ts';

/** As long as the body of a version's item. */
const BODY = 'x'.repeat(500);
const FIRST_READ = 'bytes=-131072';
const { LEDGER_TABLE = '', STAGING_BUCKET = '' } = process.env;

/** What a file's batch is like: its files, and the requests to DynamoDB for all of them. */
interface Batch {
  readonly files: number;
  readonly ledgerRequests: number;
}

type Part = (file: Announced, nth: number, batch: Batch) => Promise<void>;

const s3 = openS3(() => undefined)();
const dynamodb = openDynamodb();

/** Parts of staging by the function's own clients and nothing else. */
export const PARTS: Readonly<Record<Exclude<Work, 'staging'>, Part>> = {
  CopyObject: copy,
  'and a ranged read': readAndCopy,
  'and DynamoDB': async (file, nth, { files, ledgerRequests }) => {
    await readAndCopy(file);
    await put(file);
    for (let sent = files + nth; sent < ledgerRequests; sent += files) await get(file);
  },
};

async function copy({ bucket, key }: Announced): Promise<void> {
  const CopySource = `${bucket}/${encodeURIComponent(key)}`;
  await s3.send(new CopyObjectCommand({ Bucket: STAGING_BUCKET, Key: `plain/${key}`, CopySource }));
}

async function readAndCopy(file: Announced): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: file.bucket, Key: file.key, Range: FIRST_READ }));
  await Body?.transformToByteArray();
  await copy(file);
}

async function put({ key }: Announced): Promise<void> {
  const Item = { pk: { S: 'plain' }, sk: { S: key }, body: { S: BODY } };
  await dynamodb.send(new PutItemCommand({ TableName: LEDGER_TABLE, Item }));
}

async function get({ key }: Announced): Promise<void> {
  await dynamodb.send(new GetItemCommand({ TableName: LEDGER_TABLE, Key: { pk: { S: 'plain' }, sk: { S: key } } }));
}
