import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, byId, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { type DynamodbWorld, isWrite, startDynamodbWorld } from './dynamodbHarness.ts';

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterEach(() => {
  world.proxy.afterwards = () => undefined;
});
afterAll(() => world.close());

const filesOf = (count: number): VersionRecord[] =>
  Array.from({ length: count }, (_, index) =>
    versionOf({ key: `file-${index}`, lastModified: START + ((index * 13) % count) * 1000 }),
  );
const idsOf = (files: readonly VersionRecord[]) => files.map(({ id }) => id);

describe('many processes that record one partition at a time', () => {
  it('lose no version, no change, no watermark and nothing that is waited for, and one sends the tick', async () => {
    const table = await world.createTable();
    const ledgers = await Promise.all(Array.from({ length: 6 }, () => world.ledger({ table, foldEvery: 4 })));
    const files = filesOf(60);
    const [first] = ledgers;
    if (!first) throw new Error('there is no ledger');
    await first.recordDelivery(deliveryOf({ files }), idsOf(files), START);
    const given = [...files, ...files].map((file, index) => (ledgers[index % 6] ?? first).recordVersion(file, START));
    const recorded = await Promise.all(given);
    const record = await first.partition(ALPHA);
    expect(byId(await first.versions(ALPHA))).toEqual(byId(files));
    expect(record?.changes).toBeGreaterThanOrEqual(61);
    expect(record).toMatchObject({ watermark: START + 59_000, delivery: { awaited: [] } });
    expect(record?.completeDelivery?.id).toBe('delivery-1');
    expect(recorded.some(({ tick }) => tick === 'now')).toBe(true);
  });

  it('let deliveries and commits through, and none of them undoes another', async () => {
    const table = await world.createTable();
    const ledgers = await Promise.all(Array.from({ length: 3 }, () => world.ledger({ table, foldEvery: 3 })));
    const [one, two, three] = ledgers;
    if (!one || !two || !three) throw new Error('there are no ledgers');
    const files = filesOf(30);
    const lease = await three.acquireLease(PERIOD, 'run', START, START + 1000);
    if (!lease.taken) throw new Error('the lease is held');
    const published = { setId: 's', files: 1, rows: 1, epoch: lease.epoch, at: START };
    const problem = { what: 'analytics-failed', message: 'm', attempts: 1, at: 0, retryAt: 0, changes: 1 } as const;
    await Promise.all([
      ...files.map((file, index) => (index % 2 === 0 ? one : two).recordVersion(file, START)),
      two.recordDelivery(deliveryOf({ files }), idsOf(files), START),
      three.commit(ALPHA, lease.epoch, { kind: 'published', published }),
      three.commit(ALPHA, lease.epoch, { kind: 'failed', problem }),
    ]);
    // What was recorded before the delivery does not resolve what it waits for: it is recorded
    // again.
    await Promise.all(files.map((file) => one.recordVersion(file, START)));
    const record = await one.partition(ALPHA);
    expect(record).toMatchObject({ published, problem, watermark: START + 29_000, delivery: { awaited: [] } });
    expect(record?.changes).toBeGreaterThanOrEqual(31);
  });
});

describe('whoever reads between any two writes', () => {
  it('sees every version that is counted, and finds every version counted that is seen', async () => {
    const table = await world.createTable();
    const writer = await world.ledger({ table, foldEvery: 4 });
    const reader = await world.ledger({ table, direct: true, outOfTurn: true });
    let looks = 0;
    const look = async () => {
      const counted = (await reader.partition(ALPHA))?.changes ?? 0;
      const versions = (await reader.versions(ALPHA)).length;
      expect(versions).toBeGreaterThanOrEqual(counted);
      expect((await reader.partition(ALPHA))?.changes ?? 0).toBeGreaterThanOrEqual(versions);
      looks += 1;
    };
    for (const file of filesOf(10)) await lookingAfterEachWrite(look, () => writer.recordVersion(file, START));
    expect(looks).toBeGreaterThan(20);
  });

  it('misses nothing that is folded while it reads', async () => {
    const table = await world.createTable();
    const writer = await world.ledger({ table, foldEvery: 3, direct: true });
    const [first, second, third] = filesOf(3);
    if (!first || !second || !third) throw new Error('there are no files');
    for (const file of [first, second]) await writer.recordVersion(file, START);
    let reads = 0;
    const foldBetween = async () => {
      reads += 1;
      if (reads === 2) await writer.recordVersion(third, START);
    };
    const reader = await world.ledger({ table, before: foldBetween });
    expect((await reader.partition(ALPHA))?.changes).toBeGreaterThanOrEqual(2);
    expect(reads).toBe(2);
  });
});

describe('a fold', () => {
  it('that was overtaken by another changes nothing, and what came meanwhile stays', async () => {
    const table = await world.createTable();
    const files = filesOf(7);
    const other = await world.ledger({ table, foldEvery: 100, direct: true });
    const folder = await world.ledger({ table, foldEvery: 100, direct: true });
    let updates = 0;
    const slow = await world.ledger({
      table,
      foldEvery: 3,
      // Its first update is its append; before the one that replaces the record, others write on.
      before: async (command) => {
        if (command !== 'UpdateItemCommand') return;
        updates += 1;
        if (updates !== 2) return;
        for (const file of files.slice(3, 5)) await other.recordVersion(file, START);
        await folder.recordDelivery(deliveryOf({ files }), idsOf(files.slice(5)), START);
        for (const file of files.slice(5)) await other.recordVersion(file, START);
      },
    });
    for (const file of files.slice(0, 2)) await other.recordVersion(file, START);
    for (const file of files.slice(2, 3)) await slow.recordVersion(file, START);
    expect(updates).toBe(2);
    const record = await other.partition(ALPHA);
    expect(record).toMatchObject({ changes: 8, watermark: START + 6000, completeDelivery: { id: 'delivery-1' } });
    expect(byId(await other.versions(ALPHA))).toEqual(byId(files));
  });

  it('that died is made up for by a later one', async () => {
    const table = await world.createTable();
    const dying = await world.ledger({ table, foldEvery: 4, maxAttempts: 1 });
    const files = filesOf(20);
    await recordAll(dying, files.slice(0, 3));
    world.proxy.afterwards = (request) => (request.operation === 'PutItem' && isWrite(request) ? 'drop' : undefined);
    const fourth = files.slice(3, 4);
    await expect(recordAll(dying, fourth)).rejects.toThrow();
    world.proxy.afterwards = () => undefined;
    await recordAll(dying, fourth);
    await recordAll(await world.ledger({ table, foldEvery: 4 }), files.slice(4));
    expect(await world.intentsItemBytes(table, ALPHA)).toBeLessThan(4000);
    expect((await dying.partition(ALPHA))?.changes).toBe(20);
    expect(byId(await dying.versions(ALPHA))).toEqual(byId(files));
  });
});

async function recordAll(ledger: Ledger, files: readonly VersionRecord[]): Promise<void> {
  for (const file of files) await ledger.recordVersion(file, START);
}

async function lookingAfterEachWrite(look: () => Promise<void>, work: () => Promise<unknown>): Promise<void> {
  let failure: unknown;
  world.proxy.afterwards = async (request) => {
    if (!isWrite(request)) return undefined;
    await look().catch((error: unknown) => {
      failure ??= error;
    });
    return undefined;
  };
  await work();
  world.proxy.afterwards = () => undefined;
  if (failure) throw failure;
}
