import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createS3Client } from '../../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import type { AwsRequest } from '../../aws/faultProxy.ts';
import { type MotoServer, REGION, startMotoServer } from '../../aws/motoServer.ts';
import { s3Answer } from './copyConditions.ts';
import { createS3World, listPages, type S3World } from './s3World.ts';

const ELSEWHERE = 'eu-west-1';

describe('buckets of other regions', () => {
  let moto: MotoServer;
  let world: S3World;
  let store: S3ObjectStore;
  let made: string[];
  beforeAll(async () => {
    moto = await startMotoServer();
  });
  afterAll(() => moto.close());
  beforeEach(async () => {
    world = await createS3World(moto);
    made = [];
    store = new S3ObjectStore(world.client, {
      clientIn: (region) => {
        made.push(region);
        return createS3Client({ ...moto.clientConfig, endpoint: world.proxy.endpoint, region });
      },
    });
    // As S3 does it: the source lies elsewhere, and a request that is signed for another region is
    // sent away.
    world.answer((request) => {
      const lies = bucketOf(request) === world.source ? ELSEWHERE : REGION;
      if (regionOf(request) === lies) return undefined;
      return s3Answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': lies });
    });
  });
  afterEach(() => world.close());

  const source = async (key: string) => ({
    bucket: world.source,
    ...(await world.putText({ bucket: world.source, key }, key)),
  });

  it('are read, looked at and listed where they lie', async () => {
    const object = await source('k');
    expect((await store.read(object, { start: 0 })).sizeBytes).toBe(1);
    expect((await store.read(object, { start: 1, end: 1 })).sizeBytes).toBe(1);
    expect(await listPages(store, world.source, '')).toMatchObject([[{ key: 'k' }]]);
  });

  it('are found by a look, too, whose answer has no body', async () => {
    const object = await source('k');
    expect((await store.read(object, { start: 1, end: 1 })).sizeBytes).toBe(1);
  });

  it('are asked for in the wrong region once, and one client is made for each region', async () => {
    const object = await source('k');
    await store.read(object, { start: 0 });
    await store.read(object, { start: 0 });
    expect(world.proxy.requests.map(regionOf)).toEqual([REGION, ELSEWHERE, ELSEWHERE]);
    expect(made).toEqual([ELSEWHERE]);
  });

  it('are known to the stores that end with a signal, too', async () => {
    const object = await source('k');
    for (let message = 1; message <= 3; message++) {
      await store.until(new AbortController().signal).read(object, { start: 0 });
    }
    expect(world.proxy.requests.map(regionOf)).toEqual([REGION, ELSEWHERE, ELSEWHERE, ELSEWHERE]);
    expect(made).toEqual([ELSEWHERE]);
  });

  it('are copied from by the client of the target, which S3 serves', async () => {
    const object = await source('k');
    expect(await store.copy(object, { bucket: world.staging, key: 't' })).toBe('copied');
    expect(world.proxy.requests.map(regionOf)).toEqual([REGION]);
  });

  it('are no trouble to requests that run at the same time, nor to later ones', async () => {
    const [there, here] = [await source('k'), { bucket: world.staging, key: 't' }];
    await world.putText(here, 'x');
    const reads = Array.from({ length: 30 }, (_, index) => store.read(index % 2 ? there : here, { start: 0 }));
    expect((await Promise.all(reads)).map(({ sizeBytes }) => sizeBytes)).toEqual(reads.map(() => 1));
    await store.read(here, { start: 0 });
    const atHome = world.proxy.requests.filter((request) => bucketOf(request) === world.staging);
    expect(new Set(atHome.map(regionOf))).toEqual(new Set([REGION]));
    expect(atHome).toHaveLength(16);
  });

  it('that send requests away from everywhere end in an error', async () => {
    world.answer((request) => {
      const other = regionOf(request) === REGION ? ELSEWHERE : REGION;
      return s3Answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': other });
    });
    const read = store.read({ bucket: world.source, key: 'k' }, { start: 0 });
    await expect(read).rejects.toMatchObject({ name: 'PermanentRedirect' });
    expect(world.proxy.requests).toHaveLength(2);
  });

  it.each([{}, { 'x-amz-bucket-region': REGION }])(
    'are not looked for where S3 names none but this one: %j',
    async (headers) => {
      world.answer(() => s3Answer(400, 'InvalidRequest', headers));
      const read = store.read({ bucket: world.source, key: 'k' }, { start: 0 });
      await expect(read).rejects.toMatchObject({ name: 'InvalidRequest' });
      expect([world.proxy.requests.length, made]).toEqual([1, []]);
    },
  );
});

/** `Credential=<key>/<day>/<region>/s3/aws4_request` (IAM User Guide, signature version 4). */
function regionOf({ headers }: AwsRequest): string | undefined {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1];
}

function bucketOf({ path }: AwsRequest): string | undefined {
  return /^\/([^/?]+)/.exec(path)?.[1];
}
