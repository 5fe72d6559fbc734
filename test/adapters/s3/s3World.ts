import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, type S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createS3Client } from '../../../src/adapters/s3/client.ts';
import { S3ObjectStore, type S3ObjectStoreOptions } from '../../../src/adapters/s3/objectStore.ts';
import type { ListedObject, Location } from '../../../src/store/objectStore.ts';
import { type AwsRequest, type Fault, type FaultProxy, startFaultProxy } from '../../aws/faultProxy.ts';
import { type MotoServer, REGION } from '../../aws/motoServer.ts';
import { addCopyConditions } from './copyConditions.ts';

type Decide = (request: AwsRequest) => Fault | Promise<Fault>;

/** Two fresh buckets on moto's server, and a store that reaches them through a proxy. */
export interface S3World {
  readonly source: string;
  readonly staging: string;
  readonly missing: string;
  readonly proxy: FaultProxy;
  /** Straight to moto's server. */
  readonly direct: S3Client;
  /** Through the proxy. */
  readonly client: S3Client;
  readonly store: S3ObjectStore;
  /**
   * The names of the commands that the store has sent through `client`, in order; retries do not
   * count.
   */
  readonly commands: string[];
  /** A store of its own, through the proxy. */
  storeWith(options: S3ObjectStoreOptions, config?: S3ClientConfig): S3ObjectStore;
  /** What the proxy answers from now on, before S3's own conditions; undefined passes. */
  answer(decide: Decide): void;
  /** Writes an object as its owner would. */
  put(location: Location, bytes: Uint8Array): Promise<void>;
  /** The same with a text, and answers what is listed then. */
  putText(location: Location, text: string): Promise<ListedObject>;
  listed(bucket: string, prefix?: string): Promise<ListedObject[]>;
  close(): Promise<void>;
}

export async function createS3World(moto: MotoServer): Promise<S3World> {
  const proxy = await startFaultProxy(moto.endpoint);
  const direct = createS3Client(moto.clientConfig);
  const throughProxy = { ...moto.clientConfig, endpoint: proxy.endpoint };
  const client = createS3Client(throughProxy);
  const commands: string[] = [];
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        commands.push(String(commandName));
        return next(args);
      },
    { step: 'initialize' },
  );
  const answer = (decide: Decide) => addCopyConditions(proxy, moto.endpoint, decide);
  answer(() => undefined);
  const [source, staging] = [`source-${randomUUID()}`, `staging-${randomUUID()}`];
  for (const Bucket of [source, staging]) {
    await direct.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  }
  const listed = async (bucket: string, prefix = '') =>
    (await listPages(new S3ObjectStore(direct), bucket, prefix)).flat();
  const put = async ({ bucket, key }: Location, Body: Uint8Array) => {
    await direct.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  };
  return {
    source,
    staging,
    missing: `missing-${randomUUID()}`,
    proxy,
    direct,
    client,
    store: new S3ObjectStore(client),
    commands,
    storeWith: (options, config = {}) => new S3ObjectStore(createS3Client({ ...throughProxy, ...config }), options),
    answer,
    put,
    putText: async (location, text) => {
      await put(location, Buffer.from(text));
      const written = (await listed(location.bucket, location.key)).find(({ key }) => key === location.key);
      if (!written) throw new Error(`${location.key} is not listed`);
      return written;
    },
    listed,
    close: async () => {
      client.destroy();
      direct.destroy();
      await proxy.close();
    },
  };
}

/** A store's listing, page by page. */
export function listPages(store: S3ObjectStore, bucket: string, prefix: string): Promise<ListedObject[][]> {
  return collect(store.list(bucket, prefix));
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
