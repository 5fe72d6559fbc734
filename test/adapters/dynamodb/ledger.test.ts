import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Recorded } from '../../../src/ledger/ledger.ts';
import { setIdOf } from '../../../src/ledger/partitionRecord.ts';
import { dynamodbError } from '../../aws/faultProxy.ts';
import { describeLedgerContract } from '../../ledger/ledgerContract.ts';
import { ALPHA, BETA, byId, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { type DynamodbWorld, startDynamodbWorld } from './dynamodbHarness.ts';

let world: DynamodbWorld;
beforeAll(async () => {
  world = await startDynamodbWorld();
});
afterEach(() => {
  world.proxy.decide = () => undefined;
  world.proxy.afterwards = () => undefined;
});
afterAll(() => world.close());

describeLedgerContract('DynamoDB', async () => ({
  ledger: await world.ledger({ direct: true }),
  close: async () => undefined,
}));

const filesOf = (count: number, partition = ALPHA) =>
  Array.from({ length: count }, (_, index) => versionOf({ partition, key: `file-${index}` }));
const idsOf = (files: readonly { readonly id: string }[]) => files.map(({ id }) => id);

describe('a long list of awaited files', () => {
  it('that two partitions have in common is found for both of them, by another process too', async () => {
    const table = await world.createTable();
    const ledger = await world.ledger({ table });
    const awaited = Array.from({ length: 60 }, (_, index) => `version-${index}`);
    for (const partition of [ALPHA, BETA]) await ledger.recordDelivery(deliveryOf({ partition }), awaited, START);
    for (const partition of [ALPHA, BETA]) {
      const another = await world.ledger({ table });
      expect((await another.partition(partition))?.delivery?.awaited).toEqual(awaited);
    }
  });
});

describe('what a data file costs', () => {
  it('two writes, and two more for every sixteenth; recorded again none, however often', async () => {
    const ledger = await world.ledger();
    const files = filesOf(100);
    await ledger.recordDelivery(deliveryOf({ files }), idsOf(files), START);
    const record = async () => {
      for (const file of files) await ledger.recordVersion(file, START);
    };
    const writes = await world.writesOf(record);
    expect(writes.length).toBeLessThanOrEqual(2 * 100 + 2 * 6 + 2);
    expect(await world.writesOf(record)).toEqual([]);
    expect((await ledger.partition(ALPHA))?.completeDelivery?.id).toBe('delivery-1');
  });

  it('one read less where it is recorded with what was read of it, and was not known', async () => {
    const ledger = await world.ledger();
    const [first, second] = filesOf(2);
    if (!first || !second) throw new Error('there are no files');
    await ledger.recordVersion(first, START);
    for (const file of [first, second]) {
      const sent = world.proxy.requests.length;
      await ledger.recordVersion(file, START, { version: await ledger.version(ALPHA, file.id) });
      const operations = world.proxy.requests.slice(sent).map(({ operation }) => operation);
      const [read, looked] = ['BatchGetItem', 'BatchGetItem'];
      expect(operations.slice(0, 2)).toEqual(file === first ? [read, read] : [read, 'UpdateItem']);
      expect(operations.slice(2)).toEqual(file === first ? [looked] : ['PutItem', looked]);
    }
  });

  it('two small writes before it is answered, where it does not fill the list', async () => {
    const ledger = await world.ledger();
    const [first, second] = filesOf(2);
    if (!first || !second) throw new Error('there are no files');
    await ledger.recordVersion(first, START);
    const writes = await world.writesOf(() => ledger.recordVersion(second, START));
    expect(writes.map(({ operation }) => operation)).toEqual(['UpdateItem', 'PutItem']);
  });

  it('far less where files come at the same time: they share their append, and each call answers what it has caused', async () => {
    const ledger = await world.ledger();
    const files = filesOf(100);
    await ledger.recordDelivery(deliveryOf({ files }), idsOf(files), START);
    const recorded: Recorded[] = [];
    const writes = await world.writesOf(async () => {
      for (let from = 0; from < files.length; from += 10) {
        const batch = files.slice(from, from + 10);
        recorded.push(...(await Promise.all(batch.map((file) => ledger.recordVersion(file, START)))));
      }
    });
    expect(writes.length).toBeLessThanOrEqual(1.4 * 100);
    expect(recorded.every(({ isNew }) => isNew)).toBe(true);
    expect(recorded.filter(({ tick }) => tick === 'now')).toHaveLength(1);
    const record = await ledger.partition(ALPHA);
    expect(record).toMatchObject({ changes: 101, completeDelivery: { id: 'delivery-1' } });
    expect(byId(await ledger.versions(ALPHA))).toEqual(byId(files));
  });

  it('nothing that is half known: a shared append that fails has failed for all, and each can be recorded again', async () => {
    const ledger = await world.ledger({ maxAttempts: 1 });
    const files = filesOf(10);
    const record = () => Promise.allSettled(files.map((file) => ledger.recordVersion(file, START)));
    world.proxy.decide = ({ body }) => (body.includes('list_append') ? 'drop' : undefined);
    expect((await record()).map(({ status }) => status)).toEqual(files.map(() => 'rejected'));
    expect(await ledger.versions(ALPHA)).toEqual([]);
    world.proxy.decide = () => undefined;
    expect((await record()).map(({ status }) => status)).toEqual(files.map(() => 'fulfilled'));
    expect((await ledger.partition(ALPHA))?.changes).toBe(10);
  });

  it('does not grow with what the delivery still waits for', async () => {
    const table = await world.createTable();
    const ledger = await world.ledger({ table });
    const files = filesOf(10_000);
    await ledger.recordDelivery(deliveryOf({ files }), idsOf(files), START);
    for (const file of files.slice(0, 40)) await ledger.recordVersion(file, START);
    expect(await world.intentsItemBytes(table, ALPHA)).toBeLessThan(20_000);
    expect((await ledger.partition(ALPHA))?.delivery?.awaited).toEqual(idsOf(files.slice(40)));
  });
});

describe('requests', () => {
  it('are never a Scan, and what they read is read consistently', async () => {
    const before = world.proxy.requests.length;
    const ledger = await world.ledger();
    const [file] = filesOf(1);
    if (!file) throw new Error('there is no file');
    await ledger.recordSchema({ id: 's1', columns: [] });
    await ledger.recordVersion(file, START);
    await ledger.recordDelivery(deliveryOf({ files: [file] }), [], START);
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    if (!lease.taken) throw new Error('the lease is held');
    await ledger.commit(ALPHA, lease.epoch, { kind: 'settled', changes: 2, readAt: START });
    await ledger.markRemoved(ALPHA, lease.epoch, [file.id], START);
    await ledger.versions(ALPHA);
    await ledger.delivery(ALPHA, 'delivery-1');
    await ledger.partitions(PERIOD);
    await ledger.periods();
    await ledger.period(PERIOD);
    await ledger.schemas(['s1']);
    const requests = world.proxy.requests.slice(before).filter(({ operation }) => operation !== 'CreateTable');
    expect(new Set(requests.map(({ operation }) => operation))).toEqual(
      new Set(['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'UpdateItem']),
    );
    const reads = requests.filter(({ operation }) => operation?.includes('Get') || operation === 'Query');
    expect(reads.filter(({ body }) => !body.includes('"ConsistentRead":true'))).toEqual([]);
  });

  it('that are throttled are sent again, and thrown when that does not end: nothing is half known', async () => {
    const ledger = await world.ledger();
    let left = 2;
    const throttled = dynamodbError('ProvisionedThroughputExceededException');
    world.proxy.decide = ({ operation }) => {
      if (operation !== 'UpdateItem' || left === 0) return undefined;
      left -= 1;
      return throttled;
    };
    expect((await ledger.recordVersion(versionOf(), START)).partition.changes).toBe(1);
    left = Number.POSITIVE_INFINITY;
    const other = versionOf({ key: 'b' });
    await expect(ledger.recordVersion(other, START)).rejects.toThrow('ProvisionedThroughputExceededException');
    expect(await ledger.version(ALPHA, other.id)).toBeUndefined();
    left = 0;
    expect(await ledger.recordVersion(other, START)).toMatchObject({ isNew: true, partition: { changes: 2 } });
  });

  it('whose answer was lost are sent again, and what they wrote is still new to whoever asked for it', async () => {
    const ledger = await world.ledger();
    let lost = 0;
    world.proxy.afterwards = ({ operation }) => {
      if (operation !== 'UpdateItem' || lost === 1) return undefined;
      lost += 1;
      return 'drop';
    };
    const delivered = await ledger.recordDelivery(deliveryOf(), [], START);
    expect(lost).toBe(1);
    expect(delivered).toMatchObject({ isNew: true, tick: 'now', partition: { changes: 1 } });
    lost = 0;
    const chosen = await ledger.chooseReport(ALPHA, 'cur-source/another', START);
    expect(lost).toBe(1);
    expect(chosen).toMatchObject({ isNew: true, tick: 'quiet', partition: { changes: 2 } });
  });

  it.each(['UpdateItem', 'TransactWriteItems'])('that meet a transaction (%s) are sent again', async (refused) => {
    const ledger = await world.ledger();
    await ledger.recordVersion(versionOf(), START);
    const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    if (!lease.taken) throw new Error('the lease is held');
    let left = 2;
    world.proxy.decide = ({ operation }) => {
      if (operation !== refused || left === 0) return undefined;
      left -= 1;
      return refused === 'UpdateItem'
        ? dynamodbError('TransactionConflictException')
        : cancelled('TransactionConflict');
    };
    await ledger.recordVersion(versionOf({ key: 'b' }), START);
    await ledger.commit(ALPHA, lease.epoch, { kind: 'settled', changes: 2, readAt: START });
    expect(left).toBe(0);
    expect(await ledger.partition(ALPHA)).toMatchObject({ changes: 2, settledChanges: 2 });
  });

  it('whose answer was lost take the lease once, and say so', async () => {
    const ledger = await world.ledger();
    let isLost = false;
    world.proxy.afterwards = ({ operation }) => {
      if (operation !== 'UpdateItem' || isLost) return undefined;
      isLost = true;
      return 'drop';
    };
    const answer = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
    expect([isLost, answer]).toEqual([true, { taken: true, epoch: 1 }]);
    expect((await ledger.acquireLease(PERIOD, 'run', START, START + 1000)).taken).toBe(false);
  });
});

describe('values', () => {
  it('of any text and of any size that S3 allows come back as they were recorded', async () => {
    const ledger = await world.ledger({ foldEvery: 2 });
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 250 });
    const reason = fc.string({ unit: 'binary', maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(key, key, reason, async (folder, name, why) => {
        const outcome = { status: 'quarantined', reason: why } as const;
        const given = versionOf({ folder, key: name, outcome, sequencer: why, versionId: name });
        await ledger.recordVersion(given, START);
        expect(await ledger.version(ALPHA, given.id)).toEqual(given);
      }),
      { numRuns: 60 },
    );
  });

  it('are listed to their end: more versions than one page of a database holds', async () => {
    const ledger = await world.ledger({ foldEvery: 5 });
    const outcome = { status: 'quarantined', reason: 'r'.repeat(30_000) } as const;
    const files = Array.from({ length: 50 }, (_, index) => versionOf({ key: `file-${index}`, outcome }));
    for (const file of files) await ledger.recordVersion(file, START);
    const before = world.proxy.requests.length;
    expect(byId(await ledger.versions(ALPHA))).toEqual(byId(files));
    const queries = world.proxy.requests.slice(before).filter(({ operation }) => operation === 'Query');
    expect(queries.length).toBeGreaterThan(1);
  });
});

it('a commit names no other partition, and a period lists each of its own', async () => {
  const ledger = await world.ledger({ foldEvery: 1 });
  for (const partition of [ALPHA, BETA]) await ledger.recordVersion(versionOf({ partition }), START);
  const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
  if (!lease.taken) throw new Error('the lease is held');
  const published = { setId: setIdOf(['a']), files: 1, rows: 1, epoch: lease.epoch, at: START };
  await ledger.commit(BETA, lease.epoch, { kind: 'published', published });
  const [alpha, beta] = await ledger.partitions(PERIOD);
  expect([alpha?.partition, alpha?.published]).toEqual([ALPHA, undefined]);
  expect([beta?.partition, beta?.published]).toEqual([BETA, published]);
});

/** How DynamoDB says that a transaction of two steps was cancelled, by its second one. */
function cancelled(code: string) {
  const __type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
  const body = JSON.stringify({
    __type,
    Message: 'cancelled',
    CancellationReasons: [{ Code: 'None' }, { Code: code }],
  });
  return { status: 400, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
}
