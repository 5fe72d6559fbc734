import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { TableInProcess } from './tableInProcess.ts';

const FOLLOWED = START + 1000;
const LATER = START + 5000;
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems'];

let table: TableInProcess;
let ledger: Ledger;
let epoch: number;
beforeEach(async () => {
  table = new TableInProcess();
  ledger = openDynamodbLedger(table.client(), 'ledger');
  const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
  epoch = lease.taken ? lease.epoch : 0;
});

const keys = () => [...table.items.values()].map(({ sk }) => sk?.S ?? '');
const keysOf = (...kinds: string[]) => keys().filter((sk) => kinds.some((kind) => sk.startsWith(kind)));

/** Files whose names no compression makes short: their delivery takes several chunks. */
const unlike = (count: number) =>
  Array.from({ length: count }, () => versionOf({ key: randomBytes(60).toString('hex') }));

/** 130 versions that were removed, and a delivery of several chunks that another has followed. */
async function arrange(): Promise<void> {
  const removed = Array.from({ length: 130 }, (_, index) => versionOf({ key: `old-${index}` }));
  await Promise.all(removed.map((version) => ledger.recordVersion(version, START, { version: undefined })));
  const files = unlike(2000);
  const awaited = files.map(({ id }) => id);
  await ledger.recordDelivery(deliveryOf({ id: 'd1', etag: 'm1', files }), awaited, START);
  const next = deliveryOf({ id: 'd2', etag: 'm2', lastModified: FOLLOWED, files: unlike(3) });
  await ledger.recordDelivery(next, [], FOLLOWED);
  const ids = removed.map(({ id }) => id);
  await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: 1000, readAt: START });
  await ledger.markRemoved(ALPHA, epoch, ids, START);
}

const forget = async () => {
  await ledger.forgetVersions(ALPHA, epoch, { removedBy: LATER, kept: new Set() });
  await ledger.forgetDeliveries(ALPHA, epoch, LATER);
};

describe('what is forgotten', () => {
  it('leaves nothing behind: no version, no chunk, no list, no note', async () => {
    await arrange();
    expect(keysOf('chunk#').length).toBeGreaterThan(2);
    await forget();
    expect(keysOf('version#', 'chunk#', 'awaited#', 'aged#removed', 'aged#awaited')).toEqual([]);
    expect(keysOf('delivery#')).toEqual(['delivery#d2']);
    expect(keysOf('aged#')).toHaveLength(1);
  });

  it.each(['before', 'after'] as const)(
    'is the same where the process dies %s any write, once it is done again',
    async (when) => {
      await arrange();
      const before = new Map(table.items);
      await forget();
      const whole = keys().toSorted();
      let deaths = 0;
      for (let last = 1; deaths === last - 1; last += 1) {
        table.items = new Map(before);
        let writes = 0;
        table[when] = async (operation) => {
          if (!WRITES.includes(operation)) return;
          writes += 1;
          if (writes === last) throw new Error('the process has died');
        };
        await forget().catch(() => {
          deaths += 1;
        });
        table[when] = async () => {};
        await forget();
        expect(keys().toSorted()).toEqual(whole);
      }
      expect(deaths).toBeGreaterThan(5);
    },
  );

  it('is not a delivery that is recorded again while it is deleted', async () => {
    await arrange();
    const again = deliveryOf({ id: 'd1', etag: 'm1', lastModified: LATER, files: unlike(2000) });
    let isFirst = true;
    table.before = async (operation) => {
      if (operation !== 'TransactWriteItems' || !isFirst) return;
      isFirst = false;
      await openDynamodbLedger(table.client(), 'ledger').recordDelivery(again, [], LATER + 1);
    };
    await ledger.forgetDeliveries(ALPHA, epoch, LATER);
    expect(isFirst).toBe(false);
    expect(await ledger.delivery(ALPHA, 'd1')).toEqual(again);
    expect((await ledger.partition(ALPHA))?.completeDelivery?.id).toBe('d1');
  });
});
