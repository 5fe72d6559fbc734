import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import { tagUnowned } from '../../../src/adapters/s3/tagUnowned.ts';
import { AccessDenied, type Location, ObjectChanged, ObjectGone } from '../../../src/store/objectStore.ts';
import type { AwsRequest, Fault } from '../../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { s3Answer } from './copyConditions.ts';
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

const inSource = (key: string): Location => ({ bucket: world.source, key });
const inStaging = (key: string): Location => ({ bucket: world.staging, key });
const source = async () => ({ ...inSource('k'), ...(await world.putText(inSource('k'), 'content')) });
const isCopy = ({ headers }: AwsRequest): boolean => headers['x-amz-copy-source'] !== undefined;
/** Faults in turn, one a request; then none any more. */
const inTurn = (...faults: Fault[]) => {
  return () => faults.shift();
};
const copiesAnswer = (answer: () => Fault) => world.answer((request) => (isCopy(request) ? answer() : undefined));
const copies = (): number => world.proxy.requests.filter(isCopy).length;
const list = (store: S3ObjectStore, bucket: string) => listPages(store, bucket, 'p/');

describe('access denied', () => {
  const refuse = (status = 403) => world.answer(() => s3Answer(status, 'AccessDenied'));

  it('a read is AccessDenied with bucket, key and code, and says nothing of principals', async () => {
    refuse();
    const read = world.store.read({ ...inSource('a/b\n'), etag: 'e' }, { start: 0 });
    await expect(read).rejects.toThrow(AccessDenied);
    await expect(read).rejects.toThrow(`S3 refuses (AccessDenied): object a/b\\u{a} in bucket ${world.source}`);
    await expect(read).rejects.not.toHaveProperty('cause');
  });

  it('a look without a body names the status', async () => {
    refuse();
    const read = world.store.read(inSource('k'), { start: 3, end: 3 });
    await expect(read).rejects.toThrow(AccessDenied);
    await expect(read).rejects.toThrow('HTTP 403');
  });

  it('is what S3 says of an object that is not there, where only a prefix may be listed: it is gone all the same', async () => {
    await world.putText(inSource('p/key-and-more'), 'x');
    const refuseObjects = ({ path }: AwsRequest) =>
      path.includes('list-type') ? undefined : s3Answer(403, 'AccessDenied');
    world.answer(refuseObjects);
    await expect(world.store.read(inSource('p/key'), { start: 0 })).rejects.toThrow(ObjectGone);
    await expect(world.store.read(inSource('p/key'), { start: 3, end: 3 })).rejects.toThrow(ObjectGone);
    world.answer(() => undefined);
    await world.putText(inSource('p/key'), 'x');
    world.answer(refuseObjects);
    await expect(world.store.read(inSource('p/key'), { start: 0 })).rejects.toThrow(AccessDenied);
  });

  it('a copy is AccessDenied with both places, for S3 does not say which one it means', async () => {
    const object = await source();
    refuse();
    const copy = world.store.copy(object, inStaging('t'));
    await expect(copy).rejects.toThrow(AccessDenied);
    await expect(copy).rejects.toThrow(
      `(AccessDenied): copying object k in bucket ${world.source} to object t in bucket ${world.staging}`,
    );
  });

  it('a listing, a deletion and a copy that fails late are AccessDenied', async () => {
    const object = await source();
    refuse();
    const listing = list(world.store, world.source);
    await expect(listing).rejects.toThrow(AccessDenied);
    await expect(listing).rejects.toThrow(`listing of p/ in bucket ${world.source}`);
    await expect(world.store.delete(inStaging('k'))).rejects.toThrow(AccessDenied);
    refuse(200);
    const late = world.storeWith({}, { maxAttempts: 2 }).copy(object, inStaging('k'));
    await expect(late).rejects.toThrow(AccessDenied);
  });
});

describe('throttling and broken connections', () => {
  it('a request that is asked to slow down is sent again', async () => {
    await source();
    world.answer(inTurn(s3Answer(503, 'SlowDown')));
    const { sizeBytes } = await world.store.read(inSource('k'), { start: 0 });
    expect([sizeBytes, world.proxy.requests.length]).toEqual([7, 2]);
  });

  it('a store that never has time is an error with its own name', async () => {
    world.answer(() => s3Answer(503, 'SlowDown'));
    const read = world.storeWith({}, { maxAttempts: 2 }).read(inSource('k'), { start: 0 });
    await expect(read).rejects.toMatchObject({ name: 'SlowDown' });
    expect(world.proxy.requests).toHaveLength(2);
  });

  it('bytes that end too early are an error, never a short read', async () => {
    const [etag, modified] = ['"e"', 'Wed, 01 Apr 2026 00:00:00 GMT'];
    const headers = { 'content-length': 100, connection: 'close', etag, 'last-modified': modified };
    world.answer(() => ({ status: 200, headers, body: 'short' }));
    await expect(world.store.read(inSource('k'), { start: 0 })).rejects.toThrow('aborted');
  });

  it('a copy whose answer was lost is found when it is sent again', async () => {
    const object = await source();
    const { afterwards } = world.proxy;
    const lost = inTurn('drop');
    world.proxy.afterwards = async (request) => (await afterwards(request)) ?? (isCopy(request) ? lost() : undefined);
    expect(await world.store.copy(object, inStaging('t'))).toBe('exists');
    expect(await world.listed(world.staging)).toMatchObject([{ key: 't', sizeBytes: 7 }]);
  });
});

describe('copies that S3 refuses', () => {
  it('one that another write is in the way of is tried again, after a wait', async () => {
    const waited: number[] = [];
    const store = world.storeWith({ backoff: async (attempt) => void waited.push(attempt) });
    const object = await source();
    const conflict = s3Answer(409, 'ConditionalRequestConflict');
    copiesAnswer(inTurn(conflict, conflict));
    expect(await store.copy(object, inStaging('t'))).toBe('copied');
    expect([waited, copies()]).toEqual([[1, 2], 3]);
  });

  it('one that others are always in the way of is an error in the end', async () => {
    const store = world.storeWith({ backoff: async () => {} });
    const object = await source();
    copiesAnswer(() => s3Answer(409, 'ConditionalRequestConflict'));
    const copy = store.copy(object, inStaging('t'));
    await expect(copy).rejects.toMatchObject({ name: 'ConditionalRequestConflict' });
    expect(copies()).toBe(5);
  });

  it('one that fails after it was begun with 200 is sent again', async () => {
    const object = await source();
    copiesAnswer(inTurn(s3Answer(200, 'InternalError')));
    expect(await world.store.copy(object, inStaging('t'))).toBe('copied');
    expect(copies()).toBe(2);
  });

  it('one that always fails after it was begun with 200 is an error', async () => {
    const object = await source();
    copiesAnswer(() => s3Answer(200, 'InternalError'));
    const copy = world.storeWith({}, { maxAttempts: 2 }).copy(object, inStaging('t'));
    await expect(copy).rejects.toMatchObject({ name: 'InternalError' });
    expect(await world.listed(world.staging)).toEqual([]);
  });

  it('one whose condition failed is looked into: exists, changed, or gone', async () => {
    const object = await source();
    copiesAnswer(() => s3Answer(412, 'PreconditionFailed'));
    await world.putText(inStaging('taken'), 'x');
    expect(await world.store.copy(object, inStaging('taken'))).toBe('exists');
    await world.putText(inSource('k'), 'newer');
    await expect(world.store.copy(object, inStaging('free'))).rejects.toThrow(ObjectChanged);
    await world.store.delete(object);
    await expect(world.store.copy(object, inStaging('free'))).rejects.toThrow(ObjectGone);
  });

  it('one whose condition failed though all is as it should be is an error: the message stays', async () => {
    const object = await source();
    copiesAnswer(() => s3Answer(412, 'PreconditionFailed'));
    const copy = world.store.copy(object, inStaging('free'));
    await expect(copy).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('one to a bucket that is not there is an error, not a source that is gone', async () => {
    const object = await source();
    const copy = world.store.copy(object, { bucket: world.missing, key: 't' });
    await expect(copy).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

it('a version that is a delete marker, which S3 allows no method but DELETE, is gone', async () => {
  await source();
  world.answer(() => s3Answer(405, 'MethodNotAllowed', { 'x-amz-delete-marker': 'true' }));
  const marker = { ...inSource('k'), versionId: 'v' };
  await expect(world.store.read(marker, { start: 0 })).rejects.toThrow(ObjectGone);
  await tagUnowned(world.client, inSource('k'));
});

describe('ranges', () => {
  it('an object that grew between a read behind its end and the look at it has changed', async () => {
    await source();
    world.answer(({ method }) => (method === 'GET' ? s3Answer(416, 'InvalidRange') : undefined));
    await expect(world.store.read(inSource('k'), { start: 3 })).rejects.toThrow(ObjectChanged);
    expect((await world.store.read(inSource('k'), { start: 7 })).bytes).toHaveLength(0);
  });

  it('a server that sends all bytes is not taken to have sent the range', async () => {
    const headers = { etag: '"e"', 'last-modified': 'Wed, 01 Apr 2026 00:00:00 GMT' };
    world.answer(() => ({ status: 200, headers: { ...headers, 'content-length': 10 }, body: '0123456789' }));
    for (const [range, expected] of [
      [{ start: 2, end: 5 }, '234'],
      [{ start: -3 }, '789'],
    ] as const) {
      const { bytes, sizeBytes } = await world.store.read(inSource('k'), range);
      expect([Buffer.from(bytes).toString(), sizeBytes]).toEqual([expected, 10]);
    }
  });
});

describe('listings', () => {
  const page = (encoding: string, key: string, rest = '<IsTruncated>false</IsTruncated>') => ({
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<ListBucketResult>${encoding}${rest}<Contents><Key>${key}</Key><ETag>&quot;e&quot;</ETag><Size>3</Size><LastModified>2026-04-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>`,
  });

  it('keys are decoded as S3 encodes them: a space is a plus, a plus is not', async () => {
    world.answer(() => page('<EncodingType>url</EncodingType>', 'p/a+b%2Bc%0A%01%C3%A9/%252F'));
    expect(await list(world.store, world.source)).toEqual([
      [{ key: 'p/a b+c\n\u0001é/%2F', etag: 'e', sizeBytes: 3, lastModified: Date.UTC(2026, 3, 1) }],
    ]);
    expect(world.proxy.requests[0]?.path).toContain('encoding-type=url');
  });

  it('keys are left alone where the server does not say that it encoded them', async () => {
    world.answer(() => page('', 'p/a+b%2B'));
    expect(await list(world.store, world.source)).toMatchObject([[{ key: 'p/a+b%2B' }]]);
  });

  it('a page that says there is more, but not how to get it, is an error and not the end', async () => {
    world.answer(() => page('', 'p/a', '<IsTruncated>true</IsTruncated>'));
    await expect(list(world.store, world.source)).rejects.toThrow('NextContinuationToken');
  });

  it('a page without objects is passed over', async () => {
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
    const empty = { ...page('', ''), body: `<ListBucketResult>${more}</ListBucketResult>` };
    world.answer(inTurn(empty, page('', 'p/b')));
    expect(await list(world.store, world.source)).toMatchObject([[{ key: 'p/b' }]]);
    expect(world.proxy.requests[1]?.path).toContain('continuation-token=t');
  });

  it('the next page is asked for only when it is wanted', async () => {
    const more = '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>';
    world.answer(() => page('', 'p/a', more));
    for await (const _ of world.store.list(world.source, 'p/')) break;
    expect(world.proxy.requests).toHaveLength(1);
  });
});
