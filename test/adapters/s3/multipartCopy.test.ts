import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { partRanges } from '../../../src/adapters/s3/multipartCopy.ts';
import type { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import { AccessDenied, type Location, ObjectChanged, ObjectGone } from '../../../src/store/objectStore.ts';
import type { AwsRequest } from '../../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { s3Answer } from './copyConditions.ts';
import { createS3World, type S3World } from './s3World.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('partRanges', () => {
  it('parts are of equal size, cover every byte once, and keep to the limits of S3', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: 100 * MIB }),
      fc.maxSafeNat().map((n) => 1 + (n % (48_000 * GIB))),
    );
    fc.assert(
      fc.property(sizes, fc.integer({ min: 5 * MIB, max: 5 * GIB }), (sizeBytes, partSizeBytes) => {
        const ranges = partRanges(sizeBytes, partSizeBytes);
        expect(ranges.length).toBeLessThanOrEqual(10_000);
        expect(ranges[0]?.start).toBe(0);
        expect(ranges.at(-1)?.end).toBe(sizeBytes);
        const lengths = ranges.map(({ start, end }) => end - start);
        expect(ranges.slice(1).every(({ start }, index) => start === ranges[index]?.end)).toBe(true);
        expect(new Set(lengths.slice(0, -1)).size).toBeLessThanOrEqual(1);
        expect(lengths.slice(0, -1).every((length) => length >= partSizeBytes && length <= 5 * GIB)).toBe(true);
        expect(lengths.at(-1)).toBeGreaterThan(0);
      }),
    );
  });

  it('a size beyond 10,000 parts of 5 GiB is refused by its value', () => {
    const most = 10_000 * 5 * GIB;
    expect(partRanges(most, 5 * MIB)).toHaveLength(10_000);
    expect(() => partRanges(most + 1, 5 * MIB)).toThrow(
      new RangeError(`${most + 1} bytes are too many for one object of S3`),
    );
  });
});

describe('a copy in parts', () => {
  let moto: MotoServer;
  let world: S3World;
  let store: S3ObjectStore;
  beforeAll(async () => {
    moto = await startMotoServer();
  });
  afterAll(() => moto.close());
  beforeEach(async () => {
    world = await createS3World(moto);
    store = world.storeWith(
      { maxWholeCopyBytes: 6 * MIB, partSizeBytes: 5 * MIB, concurrentParts: 2 },
      { maxAttempts: 1 },
    );
  });
  afterEach(() => world.close());

  const BYTES = Buffer.from(Uint8Array.from({ length: 22 * MIB }, (_, index) => index % 251));
  const inStaging = (key: string): Location => ({ bucket: world.staging, key });
  const source = async () => {
    const location = { bucket: world.source, key: 'a b/+%2F?versionId=é' };
    await world.put(location, BYTES);
    const [listed] = await world.listed(world.source);
    if (!listed) throw new Error('the source is not listed');
    return { ...listed, ...location };
  };
  const partOf = ({ path }: AwsRequest): number => Number(/partNumber=(\d+)/.exec(path)?.[1] ?? 0);
  const completes = ({ method, path }: AwsRequest): boolean => method === 'POST' && path.includes('uploadId=');
  const aborts = ({ method, path }: AwsRequest): boolean => method === 'DELETE' && path.includes('uploadId=');
  const uploads = async () =>
    (await world.direct.send(new ListMultipartUploadsCommand({ Bucket: world.staging }))).Uploads ?? [];

  it('has the bytes of its source, which was asked for under its etag part by part', async () => {
    const object = await source();
    expect(await store.copy(object, inStaging('t'))).toBe('copied');
    const { bytes, etag } = await store.read(inStaging('t'), { start: 0 });
    expect(BYTES.equals(bytes)).toBe(true);
    expect(etag).not.toBe(object.etag);
    const parts = world.proxy.requests.filter((request) => partOf(request) > 0);
    expect(parts.map(({ headers }) => headers['x-amz-copy-source-if-match'])).toEqual(
      Array.from({ length: 5 }, () => `"${object.etag}"`),
    );
    expect(world.proxy.requests.find(completes)?.headers['if-none-match']).toBe('*');
    expect(await uploads()).toEqual([]);
  });

  it('is made only for objects that are too large for one request', async () => {
    const location = { bucket: world.source, key: 'small' };
    await world.put(location, BYTES.subarray(0, 6 * MIB));
    const [listed] = await world.listed(world.source);
    if (!listed) throw new Error('the source is not listed');
    expect(await store.copy({ ...location, ...listed }, inStaging('t'))).toBe('copied');
    expect(world.proxy.requests).toHaveLength(1);
  });

  it('is not begun when the target exists', async () => {
    const object = await source();
    await world.putText(inStaging('t'), 'x');
    expect(await store.copy(object, inStaging('t'))).toBe('exists');
    expect(world.proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('leaves a target alone that appears meanwhile', async () => {
    const object = await source();
    world.answer(async (request) => {
      if (partOf(request) === 1) await world.putText(inStaging('t'), 'first');
      return undefined;
    });
    expect(await store.copy(object, inStaging('t'))).toBe('exists');
    expect((await world.listed(world.staging))[0]?.sizeBytes).toBe(5);
    expect(await uploads()).toEqual([]);
  });

  it('begins no part after one has failed, and is given up once the others have ended', async () => {
    const object = await source();
    world.answer(async (request) => {
      if (partOf(request) !== 1) return undefined;
      await expect.poll(() => world.proxy.requests.some((other) => partOf(other) === 2)).toBe(true);
      return s3Answer(500, 'InternalError');
    });
    await expect(store.copy(object, inStaging('t'))).rejects.toMatchObject({ name: 'InternalError' });
    const parts = world.proxy.requests.map(partOf).filter((part) => part > 0);
    expect(parts.length).toBeLessThan(5);
    expect(world.proxy.requests.findIndex(aborts)).toBe(world.proxy.requests.length - 1);
    expect([await uploads(), await world.listed(world.staging)]).toEqual([[], []]);
  });

  it('fails with its own reason also when giving it up fails', async () => {
    const object = await source();
    world.answer((request) => {
      if (aborts(request)) return s3Answer(403, 'AccessDenied');
      return partOf(request) > 0 ? s3Answer(500, 'InternalError') : undefined;
    });
    await expect(store.copy(object, inStaging('t'))).rejects.toMatchObject({ name: 'InternalError' });
    expect(world.proxy.requests.some(aborts)).toBe(true);
  });

  it('of a content that is no longer current, or of an object that is gone, is given up as such', async () => {
    const object = await source();
    await world.putText(object, 'newer');
    await expect(store.copy(object, inStaging('t'))).rejects.toThrow(ObjectChanged);
    await world.store.delete(object);
    await expect(store.copy(object, inStaging('t'))).rejects.toThrow(ObjectGone);
    expect([await uploads(), await world.listed(world.staging)]).toEqual([[], []]);
  });

  it('that S3 refuses is AccessDenied', async () => {
    const object = await source();
    world.answer((request) => (partOf(request) === 2 ? s3Answer(403, 'AccessDenied') : undefined));
    await expect(store.copy(object, inStaging('t'))).rejects.toThrow(AccessDenied);
    expect(await uploads()).toEqual([]);
  });

  it('whose upload somebody else has given up is an error, not a source that is gone', async () => {
    const object = await source();
    world.answer((request) => (completes(request) ? s3Answer(404, 'NoSuchUpload') : undefined));
    await expect(store.copy(object, inStaging('t'))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});
