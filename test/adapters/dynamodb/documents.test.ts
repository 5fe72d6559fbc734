import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { getDocument, putDocument } from '../../../src/adapters/dynamodb/documents.ts';
import { DynamodbTable } from '../../../src/adapters/dynamodb/table.ts';
import type { Delivery } from '../../../src/ledger/delivery.ts';
import { awaitedKey } from '../../../src/ledger/partitionRecord.ts';
import { ALPHA, deliveryOf, START } from '../../ledger/records.ts';
import { type DynamodbWorld, startDynamodbWorld } from './dynamodbHarness.ts';

const KEY = { pk: 'p', sk: 'document' };

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterEach(() => {
  world.proxy.decide = () => undefined;
});
afterAll(() => world.close());

/** Text that no compression makes smaller than about half. */
function noise(seed: string, length: number): string {
  let text = '';
  for (let index = 0; text.length < length; index += 1) {
    text += createHash('sha256').update(`${seed}${index}`).digest('hex');
  }
  return text.slice(0, length);
}

describe('a document', () => {
  const newTable = async () => new DynamodbTable(world.client({ maxAttempts: 1 }), await world.createTable());

  it('that was never put is undefined', async () => {
    expect(await getDocument(await newTable(), KEY)).toBeUndefined();
  });

  it('of any JSON comes back as it was put', async () => {
    const table = await newTable();
    await fc.assert(
      fc.asyncProperty(fc.object(), async (value) => {
        const json = JSON.parse(JSON.stringify(value)) as object;
        await putDocument(table, KEY, json);
        expect(await getDocument(table, KEY)).toEqual(json);
      }),
      { numRuns: 30 },
    );
  });

  it('larger than an item is whole at every moment, also while another takes its place', async () => {
    const table = await newTable();
    const [old, next] = ['old', 'new'].map((seed) => ({ text: noise(seed, 2_000_000) }));
    if (!old || !next) throw new Error('there are no documents');
    await putDocument(table, KEY, old);
    for (let left = 0; ; left += 1) {
      let writes = left;
      world.proxy.decide = ({ operation }) => {
        if (operation !== 'PutItem') return undefined;
        writes -= 1;
        return writes < 0 ? 'drop' : undefined;
      };
      const isDone = await putDocument(table, KEY, next).then(
        () => true,
        () => false,
      );
      expect(await getDocument(table, KEY)).toEqual(isDone ? next : old);
      if (isDone) break;
      // A megabyte in items of 60 kB.
      expect(left).toBeLessThan(25);
    }
  });
});

describe('a delivery of ten thousand files', () => {
  it('is recorded and read back, with everything that it waits for', async () => {
    const table = await world.createTable();
    const ledger = await world.ledger({ table });
    // Keys of S3's greatest length, 1,024 bytes.
    const keys = Array.from({ length: 10_000 }, (_, index) => noise(`key-${index}`, 1024));
    const delivery: Delivery = { ...deliveryOf(), files: keys.map((key) => ({ bucket: 'cur-source', key })) };
    const awaited = delivery.files.map(awaitedKey);
    const { partition } = await ledger.recordDelivery(delivery, awaited, START);
    expect(partition.delivery?.awaited).toEqual(awaited);
    const another = await world.ledger({ table });
    expect(await another.delivery(ALPHA, delivery.id)).toEqual(delivery);
    expect((await another.partition(ALPHA))?.delivery).toMatchObject({ files: 10_000, awaited });
  });
});

it('a schema of twenty thousand columns is kept, and read back by another process', async () => {
  const table = await world.createTable();
  const columns = Array.from({ length: 20_000 }, (_, index) => ({
    name: noise(`column-${index}`, 60),
    type: 'string',
  }));
  await (await world.ledger({ table })).recordSchema({ id: 's1', columns });
  const again = await world.ledger({ table });
  const writes = await world.writesOf(() => again.recordSchema({ id: 's1', columns }));
  expect(writes).toEqual([]);
  expect(await again.schemas(['s1'])).toEqual(new Map([['s1', columns]]));
});
