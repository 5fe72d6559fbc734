import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectOwners } from '../../../src/adapters/s3/bucketOwners.ts';
import { createS3Client } from '../../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import { tagUnowned } from '../../../src/adapters/s3/tagUnowned.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { createS3World, listPages, type S3World } from './s3World.ts';

let moto: MotoServer;
let world: S3World;
beforeAll(async () => {
  moto = await startMotoServer();
});
afterAll(() => moto.close());
beforeEach(async () => {
  world = await createS3World(moto);
});
afterEach(() => world.close());

const [PAYER, OURS] = ['123456789012', '123456789012'];

/** What the requests so far said of owners: the bucket's, and the copied object's bucket's. */
const owners = () =>
  world.proxy.requests.map(({ headers }) => [
    headers['x-amz-expected-bucket-owner'],
    headers['x-amz-source-expected-bucket-owner'],
  ]);

function open(ownerOf: (bucket: string) => string | undefined) {
  const config = { ...moto.clientConfig, endpoint: world.proxy.endpoint };
  const client = expectOwners(createS3Client(config), ownerOf);
  return { client, store: new S3ObjectStore(client) };
}

describe('every request', () => {
  it('of the store names the owner that its bucket must have', async () => {
    const { store, client } = open((bucket) => (bucket === world.source ? PAYER : OURS));
    const location = { bucket: world.source, key: 'p/key' };
    const small = { bucket: world.source, ...(await world.putText(location, 'small')) };
    const target = { bucket: world.staging, key: 'copy' };
    world.proxy.requests.length = 0;
    await store.read(small, { start: -3 });
    await store.read(small, { start: 3, end: 3 });
    await listPages(store, world.source, 'p/');
    await store.delete({ bucket: world.staging, key: 'none' });
    await tagUnowned(client, target);
    expect(owners()).toEqual(Array.from({ length: 5 }, () => [PAYER, undefined]));
    world.proxy.requests.length = 0;
    expect(await store.copy(small, target)).toBe('copied');
    expect(owners()).toEqual([[OURS, PAYER]]);
  });

  it('of a copy in parts does, too', async () => {
    const { client } = open((bucket) => (bucket === world.source ? PAYER : OURS));
    const store = new S3ObjectStore(client, { maxWholeCopyBytes: 0 });
    const location = { bucket: world.source, key: 'k' };
    const source = { bucket: world.source, ...(await world.putText(location, 'content')) };
    world.proxy.requests.length = 0;
    await store.copy(source, { bucket: world.staging, key: 'parts' });
    expect(owners().every(([owner]) => owner === OURS)).toBe(true);
    expect(owners().filter(([, sourceOwner]) => sourceOwner === PAYER)).toHaveLength(1);
  });

  it('to a bucket whose owner nobody knows says nothing', async () => {
    const { store } = open(() => undefined);
    await listPages(store, world.source, '');
    expect(owners()).toEqual([[undefined, undefined]]);
  });
});
