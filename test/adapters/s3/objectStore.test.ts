import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import { tagUnowned } from '../../../src/adapters/s3/tagUnowned.ts';
import { placeBySources } from '../../../src/billing/placement.ts';
import { type Location, ObjectChanged, ObjectGone, type ObjectRef } from '../../../src/store/objectStore.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { CopyWorld, chunk, DAILY, eventOf, OVERWRITE } from '../../copy/copyWorld.ts';
import { describeObjectStoreContract } from '../../store/objectStoreContract.ts';
import { createS3World, type S3World } from './s3World.ts';

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMotoServer();
});
afterAll(() => moto.close());

describeObjectStoreContract('S3ObjectStore', () => createS3World(moto), { listingRuns: 10 });

describe('S3ObjectStore', () => {
  let world: S3World;
  beforeEach(async () => {
    world = await createS3World(moto);
  });
  afterEach(() => world.close());

  const inSource = (key: string): Location => ({ bucket: world.source, key });
  const inStaging = (key: string): Location => ({ bucket: world.staging, key });
  const text = async (object: ObjectRef): Promise<string> =>
    Buffer.from((await world.store.read(object, { start: 0 })).bytes).toString();

  it('staging one data file of one row group costs two ranged reads for its footer, one for its pages, and one copy', async () => {
    const key = chunk(OVERWRITE, 1);
    const bytes = withManyColumns();
    await world.put(inSource(key), bytes);
    const [listed] = await world.listed(world.source);
    const copies = await CopyWorld.create();
    try {
      await copies.handle(eventOf(world.source, key, { etag: listed?.etag, size: bytes.length }), {
        store: world.store,
        stagingBucket: world.staging,
        place: placeBySources([{ ...DAILY, bucket: world.source }]),
      });
      expect(copies.reported('file-staged')).toHaveLength(1);
    } finally {
      await copies.close();
    }
    expect(world.commands).toEqual([...Array(3).fill('GetObjectCommand'), 'CopyObjectCommand']);
    expect(await world.listed(world.staging)).toHaveLength(1);
  });

  it('any key that S3 can have is read, copied, listed and deleted as it is', async () => {
    await fc.assert(
      fc.asyncProperty(keys, async (key) => {
        const listed = await world.putText(inSource(key), key);
        expect(await text(inSource(key))).toBe(key);
        expect(await world.store.copy({ ...inSource(key), ...listed }, inStaging(key))).toBe('copied');
        expect(await text(inStaging(key))).toBe(key);
        for (const location of [inSource(key), inStaging(key)]) {
          await world.store.delete(location);
          expect(await world.listed(location.bucket)).toEqual([]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('a key with half a character is no object, and nothing is asked of S3', async () => {
    const half = { ...inSource('a\ud800b'), etag: 'none', sizeBytes: 1 };
    await expect(world.store.read(half, { start: 0 })).rejects.toThrow(ObjectGone);
    await expect(world.store.copy(half, inStaging('k'))).rejects.toThrow(ObjectGone);
    await world.store.delete(half);
    expect(world.proxy.requests).toEqual([]);
  });

  it('a version is read and copied by its id, and a key that looks like one is only a key', async () => {
    const keep = { Bucket: world.source, VersioningConfiguration: { Status: 'Enabled' as const } };
    await world.direct.send(new PutBucketVersioningCommand(keep));
    const put = async (key: string, content: string) => {
      const body = { Bucket: world.source, Key: key, Body: content };
      const { VersionId: versionId, ETag = '' } = await world.direct.send(new PutObjectCommand(body));
      if (versionId === undefined) throw new Error('the bucket keeps no versions');
      return { ...inSource(key), versionId, etag: ETag.replaceAll('"', ''), sizeBytes: content.length };
    };
    const old = await put('k', 'old');
    await put('k', 'new');
    const lookalike = await put(`k?versionId=${old.versionId}`, 'own');
    expect(await text(old)).toBe('old');
    await world.store.copy(old, inStaging('old'));
    expect(await text(inStaging('old'))).toBe('old');
    const { versionId: _, ...asKey } = lookalike;
    await world.store.copy(asKey, inStaging('own'));
    expect(await text(inStaging('own'))).toBe('own');
  });

  it('a version that is a delete marker is gone', async () => {
    const keep = { Bucket: world.source, VersioningConfiguration: { Status: 'Enabled' as const } };
    await world.direct.send(new PutBucketVersioningCommand(keep));
    await world.putText(inSource('k'), 'x');
    const marker = await world.direct.send(new DeleteObjectCommand({ Bucket: world.source, Key: 'k' }));
    if (marker.VersionId === undefined) throw new Error('the bucket keeps no versions');
    const versioned = { ...inSource('k'), versionId: marker.VersionId };
    await expect(world.store.read(versioned, { start: 0 })).rejects.toThrow(ObjectGone);
    await expect(world.store.read(inSource('k'), { start: 0 })).rejects.toThrow(ObjectGone);
  });

  it('a copy leaves the tags of its source behind, and asks for no ACL', async () => {
    const listed = await world.putText(inSource('k'), 'x');
    const Tagging = { TagSet: [{ Key: 'owner', Value: 'finance' }] };
    await world.direct.send(new PutObjectTaggingCommand({ Bucket: world.source, Key: 'k', Tagging }));
    await world.store.copy({ ...inSource('k'), ...listed }, inStaging('k'));
    const { TagSet } = await world.direct.send(new GetObjectTaggingCommand({ Bucket: world.staging, Key: 'k' }));
    expect(TagSet).toEqual([]);
    const [request] = world.proxy.requests;
    expect(request?.headers).toMatchObject({ 'x-amz-tagging-directive': 'REPLACE', 'if-none-match': '*' });
    expect(Object.keys(request?.headers ?? {})).not.toContain('x-amz-acl');
  });

  it('an empty range asks for no bytes, but for what a read says besides', async () => {
    const { etag, sizeBytes } = await world.putText(inSource('k'), '0123456789');
    const read = await world.store.read({ ...inSource('k'), etag }, { start: 4, end: 4 });
    expect([read.bytes.length, read.etag, read.sizeBytes]).toEqual([0, etag, sizeBytes]);
    expect(world.commands).toEqual(['HeadObjectCommand']);
    await world.putText(inSource('k'), 'new');
    const late = world.store.read({ ...inSource('k'), etag }, { start: 9, end: 3 });
    await expect(late).rejects.toThrow(ObjectChanged);
  });

  it.each([{ start: 1.5 }, { start: -3, end: 2 }, { start: 0, end: -1 }, { start: Number.NaN }])(
    '%j is refused as no range, by its values',
    async (range) => {
      const read = world.store.read(inSource('k'), range);
      await expect(read).rejects.toThrow(RangeError);
      await expect(read).rejects.toThrow(String(range.start));
      expect(world.commands).toEqual([]);
    },
  );

  it('superseded objects get one tag, and one that is not there is no error', async () => {
    await world.putText(inStaging('k'), 'x');
    await tagUnowned(world.client, inStaging('k'));
    await tagUnowned(world.client, inStaging('k'));
    const { TagSet } = await world.direct.send(new GetObjectTaggingCommand({ Bucket: world.staging, Key: 'k' }));
    expect(TagSet).toEqual([{ Key: 'unowned', Value: 'true' }]);
    await tagUnowned(world.client, inStaging('gone'));
  });

  it('an endpoint from the environment is used, with buckets named in the path', async () => {
    await world.putText(inSource('k'), 'found');
    const script = `
      import { createS3Client } from ${JSON.stringify(import.meta.resolve('../../../src/adapters/s3/client.ts'))};
      import { S3ObjectStore } from ${JSON.stringify(import.meta.resolve('../../../src/adapters/s3/objectStore.ts'))};
      const store = new S3ObjectStore(createS3Client());
      const { bytes } = await store.read({ bucket: process.argv[1], key: 'k' }, { start: 0 });
      process.stdout.write(bytes);`;
    const { AWS_ENDPOINT_URL = '', ...env } = moto.env;
    // A name, not an address: behind an address the SDK names buckets in the path anyway.
    const endpoint = AWS_ENDPOINT_URL.replace('127.0.0.1', 'localhost');
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, world.source], {
      env: { ...env, AWS_ENDPOINT_URL_S3: endpoint },
    });
    expect(stdout).toBe('found');
  });

  it.each([{ maxWholeCopyBytes: 5 * 1024 ** 3 + 1 }, { partSizeBytes: 5 * 1024 ** 2 - 1 }, { concurrentParts: 0 }])(
    '%j is refused by its name and value',
    (options) => {
      const [[name, value] = []] = Object.entries(options);
      expect(() => new S3ObjectStore(world.client, options)).toThrow(new RegExp(`${name} .*${value}$`));
    },
  );
});

/**
 * Any Unicode, with more of what something on the way may decode, mend or split. S3 takes 1,024
 * bytes; moto's router no newline.
 */
const keys = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'ab/?#&%+= ;:,@$!\'()*~"<>\\^`{|}.',
        '%2F',
        '\n',
        '\r\n',
        '\t',
        '\u0000',
        '\u0001',
        '\u007f',
        '\ufffe',
      ),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((parts) => parts.join(''))
  .filter((key) => key.isWellFormed() && !key.includes('\n') && Buffer.byteLength(key) <= 1_024);

/** A report with a footer that the first read does not find whole. */
function withManyColumns(): Uint8Array {
  const needed = ['line_item_type', 'usage_account_id', 'usage_start_date', 'unblended_cost'];
  const tags = Array.from({ length: 2_000 }, (_, tag) => `a_column_with_a_long_name_${tag}`);
  const names = [...needed.map((name) => `line_item_${name}`), ...tags];
  const columnData = names.map((name) => ({ name, data: ['x'], type: 'STRING' as const }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
