import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CopyObjectCommand, CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { createS3Client } from '../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../src/adapters/s3/objectStore.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { parseCopyMessage } from '../../src/queue/copyMessage.ts';
import { type MotoServer, REGION } from '../aws/motoServer.ts';
import { objectCreated } from '../functions/deployment.ts';
import { smallFiles } from './smallFiles.ts';

/** Files at once: two batches of ten. */
const CONCURRENCY = 20;
const SOURCE = 'payer-cur';
const STAGING = 'staging';
const PAYER = parsePayer('111122223333');
const FOLDER = 'cur/daily/data/BILLING_PERIOD=2026-10/';

/** What doing something with each file took: this process alone, and by the clock. */
interface Cost {
  readonly cpuMs: number;
  readonly filesPerSecond: number;
}

export interface StagingMeasures {
  readonly files: number;
  readonly columns: number;
  readonly sizeBytes: number;
  readonly staging: Cost;
  /** CopyObject and nothing else, with the same client, concurrency and server. */
  readonly copying: Cost;
}

/**
 * Stages `files` files as the copy function does, ledger included, and copies as many by plain
 * CopyObject, in turns, so that a machine that is busy with other things disturbs both alike.
 */
export async function measureStaging(moto: MotoServer, files: number): Promise<StagingMeasures> {
  const { columns, bytes } = smallFiles().at(-1) ?? { columns: 0, bytes: new Uint8Array() };
  const s3 = createS3Client(moto.clientConfig);
  for (const Bucket of [SOURCE, STAGING]) {
    const location = { LocationConstraint: REGION } as const;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: location }));
  }
  const keys = Array.from({ length: files }, (_, nth) => `${FOLDER}daily-${String(nth).padStart(5, '0')}.parquet`);
  await pMap(keys, (Key) => s3.send(new PutObjectCommand({ Bucket: SOURCE, Key, Body: bytes })), { concurrency: 8 });
  const services = servicesOn(s3, await createLedger(moto));
  const stage = async (key: string) => {
    const message = parseCopyMessage(objectCreated(SOURCE, key));
    await handleCopyMessage(services, message, services.place(SOURCE, key));
  };
  const copy = async (key: string) => {
    const CopySource = `${SOURCE}/${encodeURIComponent(key)}`;
    await s3.send(new CopyObjectCommand({ Bucket: STAGING, Key: `plain/${key}`, CopySource }));
  };
  const turns = Array.from({ length: 4 }, (_, turn) => keys.filter((_key, nth) => nth % 4 === turn));
  await pMap(turns[0] ?? [], async (key) => copy(`${key}`), { concurrency: CONCURRENCY });
  const [staged, copied] = [new Stopped(), new Stopped()];
  for (const turn of turns) {
    await staged.time(() => pMap(turn, stage, { concurrency: CONCURRENCY }));
    await copied.time(() => pMap(turn, copy, { concurrency: CONCURRENCY }));
  }
  return { files, columns, sizeBytes: bytes.length, staging: staged.per(files), copying: copied.per(files) };
}

/** Adds up what several turns took. */
class Stopped {
  #cpuMs = 0;
  #seconds = 0;

  async time(work: () => Promise<unknown>): Promise<void> {
    const [cpu, started] = [process.cpuUsage(), performance.now()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    this.#cpuMs += (user + system) / 1000;
    this.#seconds += (performance.now() - started) / 1000;
  }

  per(files: number): Cost {
    return { cpuMs: this.#cpuMs / files, filesPerSecond: files / this.#seconds };
  }
}

async function createLedger({ clientConfig }: MotoServer): Promise<Ledger> {
  const client = new DynamoDBClient(clientConfig);
  const TableName = `ledger-${randomUUID()}`;
  const keys = { pk: 'HASH', sk: 'RANGE' } as const;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: Object.keys(keys).map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: Object.entries(keys).map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    }),
  );
  return openDynamodbLedger(client, TableName);
}

function servicesOn(s3: S3Client, ledger: Ledger): CopyServices {
  const nowhere = { send: async () => {} };
  return {
    store: new S3ObjectStore(s3),
    ledger,
    copyQueue: nowhere,
    finalizeQueue: nowhere,
    place: placeBySources([{ bucket: SOURCE, prefix: 'cur', payer: PAYER, manifests: true }]),
    stagingBucket: STAGING,
    debounce: { quietSeconds: 300, maxWaitSeconds: 3600 },
    now: Date.now,
    report: () => {},
    notify: async () => {},
    stage: 'bench',
  };
}
