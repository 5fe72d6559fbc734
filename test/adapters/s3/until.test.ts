import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createS3Client } from '../../../src/adapters/s3/client.ts';
import { S3ObjectStore } from '../../../src/adapters/s3/objectStore.ts';
import type { ObjectStore } from '../../../src/store/objectStore.ts';

const AT = { bucket: 'b', key: 'k' };
const LATE = new Error('its time is up');
const FACTS = { etag: '"e"', 'last-modified': new Date(0).toUTCString() };
const FIRST_PAGE =
  '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>2</NextContinuationToken></ListBucketResult>';

/** Everything that can be asked of a store. */
const REQUESTS: [string, (store: ObjectStore) => Promise<unknown>][] = [
  ['a read', (store) => store.read(AT, { start: 0 })],
  ['a look', (store) => store.read(AT, { start: 1, end: 1 })],
  ['a copy', (store) => store.copy({ ...AT, etag: 'e', sizeBytes: 1 }, { bucket: 'staging', key: 'k' })],
  ['a copy in parts', (store) => store.copy({ ...AT, etag: 'e', sizeBytes: 9 }, { bucket: 'staging', key: 'k' })],
  ['a listing', (store) => drain(store.list('b', ''))],
  ['a listing of a folder', (store) => drain(store.listFolder('b', ''))],
  ['a deletion', (store) => store.delete(AT)],
];

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages);
}

describe('a store that ends with a signal', () => {
  let server: Server;
  let store: S3ObjectStore;
  let requests: number;
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    requests = 0;
    answer = () => {};
    server = createServer((_, response) => {
      requests += 1;
      answer(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
    const client = createS3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials });
    store = new S3ObjectStore(client, { maxWholeCopyBytes: 5 });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /**
   * Asks for something, ends it once the server has heard of it, and waits for the socket's end.
   */
  async function cutOff(ask: (store: ObjectStore) => Promise<unknown>): Promise<unknown> {
    const stop = new AbortController();
    const heard = once(server, 'request');
    const asked = ask(store.until(stop.signal)).catch((error: unknown) => error);
    const [{ socket }] = await heard;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    stop.abort(LATE);
    await closed;
    return asked;
  }

  it.each(REQUESTS)('cuts off what is under way, and frees its socket: %s', async (_, ask) => {
    expect(await cutOff(ask)).toBe(LATE);
    expect(requests).toBe(1);
  });

  it.each(REQUESTS)('begins nothing any more: %s', async (_, ask) => {
    await expect(ask(store.until(AbortSignal.abort(LATE)))).rejects.toBe(LATE);
    expect(requests).toBe(0);
  });

  it('cuts off an answer that has begun', async () => {
    answer = (response) => void response.writeHead(200, { ...FACTS, 'content-length': 100 }).write('the beginning');
    expect(await cutOff((bound) => bound.read(AT, { start: 0 }))).toBeInstanceOf(Error);
  });

  it('lists no further page', async () => {
    answer = (response) => void response.end(FIRST_PAGE);
    const stop = new AbortController();
    const pages = store.until(stop.signal).listFolder('b', '')[Symbol.asyncIterator]();
    await pages.next();
    stop.abort(LATE);
    await expect(pages.next()).rejects.toBe(LATE);
    expect(requests).toBe(1);
  });

  it('leaves the store that it is of as it was', async () => {
    await cutOff((bound) => bound.delete(AT));
    answer = (response) => void response.writeHead(204).end();
    await store.delete(AT);
    expect(requests).toBe(2);
  });
});
