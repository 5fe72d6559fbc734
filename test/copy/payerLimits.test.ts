import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HourlyLimits } from '../../src/copy/hourlyLimits.ts';
import { copyRequest } from '../../src/queue/copyMessage.ts';
import { CopyWorld, chunk, DAILY, eventOf, manifestBytes, OVERWRITE, OVERWRITE_MANIFEST } from './copyWorld.ts';
import { parquetBytes } from './parquetBytes.ts';

const KEY = chunk(OVERWRITE, 1);

let world: CopyWorld;
beforeEach(async () => {
  world = await CopyWorld.create();
});
afterEach(() => world.close());

describe('a payer that sends too much in an hour', () => {
  const limitsOf = (files: number, messages: number) => {
    let sum = 0;
    const counts = { add: async (_payer: string, _what: string, _hour: number, by: number) => (sum += by) };
    const limits = { files, manifests: 2, 'quarantine-messages': messages };
    return new HourlyLimits(counts, () => world.now, limits);
  };

  it('loses what is too much, which is reported once, and nothing that was within', async () => {
    const limits = limitsOf(20, 0);
    for (let nth = 1; nth <= 60; nth += 1) {
      await world.handle(await world.put(chunk(OVERWRITE, nth), parquetBytes(1, `${nth}`)), { limits });
    }
    expect(world.reported('file-staged')).toHaveLength(39);
    expect(world.reported('object-held-back')).toHaveLength(21);
    expect(world.reported('payer-over-limit')).toEqual([
      { what: 'payer-over-limit', payer: DAILY.payer, counted: 'files', limit: 20 },
    ]);
  });

  it('has manifests counted by themselves, and not what the reactor asks of itself', async () => {
    const limits = limitsOf(20, 0);
    const manifest = await world.put(OVERWRITE_MANIFEST, manifestBytes('e1', [KEY]));
    for (let times = 0; times < 4; times += 1) await world.handle(manifest, { limits });
    expect(world.reported('object-held-back')).toHaveLength(2);
    for (const kind of ['second-look', 'restore-copy'] as const) {
      await world.handle(copyRequest(kind, { bucket: DAILY.bucket, key: OVERWRITE_MANIFEST }), { limits });
    }
    expect(world.reported('object-held-back')).toHaveLength(2);
  });

  it('has its broken files quarantined all the same, and so many messages sent of them', async () => {
    const limits = limitsOf(1_000, 3);
    for (let nth = 1; nth <= 10; nth += 1) {
      await world.handle(await world.put(chunk(OVERWRITE, nth), Buffer.from(`broken ${nth}`)), { limits });
    }
    expect(world.reported('file-quarantined')).toHaveLength(10);
    expect(await world.ledger.outbox()).toHaveLength(3);
    expect(world.reported('payer-over-limit')).toMatchObject([{ counted: 'quarantine-messages', limit: 3 }]);
  });
});

describe('an event of another account', () => {
  const event = (account: string | undefined) => ({ ...eventOf(DAILY.bucket, KEY), account });
  const ownerOf = (bucket: string) => (bucket === DAILY.bucket ? '111122223333' : undefined);

  it('than the one that the bucket must belong to is dropped, with a metric', async () => {
    await world.put(KEY, parquetBytes(1));
    await world.handle(event('999988887777'), { ownerOf });
    expect(world.reports).toEqual([{ what: 'event-foreign', bucket: DAILY.bucket, key: KEY, account: '999988887777' }]);
    expect(await world.staged()).toEqual([]);
  });

  it('is none when it is the configured one, or nobody knows the owner', async () => {
    await world.put(KEY, parquetBytes(1));
    await world.handle(event('111122223333'), { ownerOf });
    await world.handle(event('999988887777'), { ownerOf: () => undefined });
    await world.handle(event(undefined), { ownerOf });
    expect(world.reported('event-foreign')).toEqual([]);
    expect(await world.staged()).toHaveLength(1);
  });
});
