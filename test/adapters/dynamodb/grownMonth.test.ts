import { expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import { versionsOfDelivery } from '../../../src/ledger/deliveryVersions.ts';
import { ALPHA, deliveryOf, PERIOD, START, versionOf } from '../../ledger/records.ts';
import { TableInProcess } from './tableInProcess.ts';

const FILES = 40;

/** The files of the nth delivery: of each object another content than of the one before. */
const filesOf = (delivery: number) =>
  Array.from({ length: FILES }, (_, n) =>
    versionOf({ key: `file-${n}`, etag: `e${delivery}`, lastModified: START + delivery * 1000 }),
  );

it('a manifest, its files and a run cost the same after one delivery and after forty-five', async () => {
  const table = new TableInProcess();
  const ledger = openDynamodbLedger(table.client(), 'ledger');
  const lease = await ledger.acquireLease(PERIOD, 'run', START, START + 1000);
  const epoch = lease.taken ? lease.epoch : 0;

  /** What the workflows ask for a delivery: requests, and units read and written. */
  const costOf = async (number: number) => {
    const files = filesOf(number);
    const ids = files.map(({ id }) => id);
    table.countAnew();
    await ledger.versionsById(ALPHA, ids);
    const delivery = deliveryOf({ id: `d${number}`, etag: `m${number}`, files, lastModified: START + number * 1000 });
    await ledger.recordDelivery(delivery, ids, START);
    for (const file of files)
      await ledger.recordVersion(file, START, { version: await ledger.version(ALPHA, file.id) });
    const [record] = await ledger.partitions(PERIOD);
    expect(record?.completeDelivery?.id).toBe(delivery.id);
    const complete = await ledger.delivery(ALPHA, delivery.id);
    expect(complete && (await versionsOfDelivery(ledger, complete))).toHaveLength(FILES);
    await ledger.commit(ALPHA, epoch, { kind: 'settled', changes: record?.changes ?? 0, readAt: START });
    const sum = (of: 'readUnits' | 'writeUnits') => table.charged.reduce((total, one) => total + one[of], 0);
    return { requests: table.requests, read: sum('readUnits'), written: sum('writeUnits') };
  };

  await costOf(0);
  const early = await costOf(1);
  for (let number = 2; number < 45; number += 1) await costOf(number);
  const late = await costOf(45);
  expect(late.requests).toBeLessThanOrEqual(early.requests + 4);
  expect(late.read).toBeLessThanOrEqual(early.read * 1.05);
  expect(late.written).toBeLessThanOrEqual(early.written * 1.05);
});
