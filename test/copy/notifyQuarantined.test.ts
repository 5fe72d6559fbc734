import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CopyWorld, chunk, DAILY, NOON, OVERWRITE, OVERWRITE_MANIFEST, partitionOf } from './copyWorld.ts';
import { refusing } from './interception.ts';
import { parquetBytes } from './parquetBytes.ts';

const KEY = chunk(OVERWRITE, 1);

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

const putCorrupt = (text = 'no Parquet') => world.put(KEY, Buffer.from(text));
const notified = () => world.ledger.outbox();

describe('other systems are notified of', () => {
  it('a file that is quarantined, with its place and the reason', async () => {
    await world.handle(await putCorrupt(), { correlationId: 'the-event' });
    const [message, ...others] = await notified();
    expect(others).toEqual([]);
    expect(message).toMatchObject({ routingKey: 'cur.111122223333.2026-10.quarantined', createdAt: NOON });
    expect(message?.body).toMatchObject({
      ...partitionOf(DAILY),
      bucket: DAILY.bucket,
      key: KEY,
      reason: expect.stringContaining('Parquet'),
      stage: 'test',
      correlationId: 'the-event',
    });
  });

  it('a manifest that is quarantined', async () => {
    await world.handle(await world.put(OVERWRITE_MANIFEST, Buffer.from('{')));
    expect((await notified()).map(({ body }) => [body.key, body.reason])).toEqual([
      [OVERWRITE_MANIFEST, expect.stringContaining('JSON')],
    ]);
  });

  it.each([
    ['a file', KEY],
    ['a manifest', OVERWRITE_MANIFEST],
  ])('%s once, however often it is announced, and again when its content is another', async (_what, key) => {
    const event = await world.put(key, Buffer.from('nonsense'));
    await world.handle(event);
    const [first] = await notified();
    await world.ledger.takeFromOutbox([first?.id ?? '']);
    await world.handle(event);
    expect(await notified()).toEqual([]);
    await world.handle(await world.put(key, Buffer.from('other nonsense')));
    const [second, ...others] = await notified();
    expect(others).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
  });

  it('nothing that can be used', async () => {
    await world.handle(await world.put(KEY, parquetBytes(1)));
    await world.handle(await world.put(chunk(OVERWRITE, 2), new Uint8Array()));
    expect(await notified()).toEqual([]);
  });
});

describe('a quarantine', () => {
  it('is sent before the ledger knows it: sent again after a crash, under the same id', async () => {
    const event = await putCorrupt();
    const ledger = refusing(world.ledger, 'recordVersion', new Error('throttled'));
    await expect(world.handle(event, { ledger })).rejects.toThrow('throttled');
    const before = await notified();
    expect(before).toHaveLength(1);
    await world.handle(event);
    expect(await notified()).toEqual(before);
  });

  it('is not recorded while nobody can be notified: the message is kept for retry', async () => {
    const notify = () => Promise.reject(new Error('the outbox is throttled'));
    await expect(world.handle(await putCorrupt(), { notify })).rejects.toThrow('the outbox is throttled');
    expect(await world.ledger.versions(partitionOf(DAILY))).toEqual([]);
  });
});
