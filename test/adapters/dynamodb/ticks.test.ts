import { beforeEach, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, deliveryOf, START, versionOf } from '../../ledger/records.ts';
import { TableInProcess } from './tableInProcess.ts';

const [A, B, C] = [versionOf({ key: 'a' }), versionOf({ key: 'b' }), versionOf({ key: 'c' })];

let table: TableInProcess;
beforeEach(() => {
  table = new TableInProcess();
});

/** A process on the table whose nth request of an operation waits until `release` is called. */
function processHeldAt(operation: string, nth: number, foldEvery: number) {
  const own = new TableInProcess();
  own.items = table.items;
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let count = 0;
  own.before = async (name) => {
    if (name !== operation) return;
    count += 1;
    if (count !== nth) return;
    reached.resolve();
    await held.promise;
  };
  const ledger = openDynamodbLedger(own.client(), 'ledger', { foldEvery });
  return { ledger, reached: reached.promise, release: () => held.resolve() };
}

function processOn(foldEvery: number): Ledger {
  return processHeldAt('nothing', 1, foldEvery).ledger;
}

const unknown = { version: undefined };

it('the last of two files to be written completes their delivery, though it was announced first', async () => {
  const other = processOn(16);
  await other.recordDelivery(deliveryOf({ files: [A, B] }), [A.id, B.id], START);
  await other.recordVersion(C, START);
  const slow = processHeldAt('PutItem', 1, 16);
  const first = slow.ledger.recordVersion(A, START, unknown);
  await slow.reached;
  expect((await other.recordVersion(B, START, unknown)).tick).toBe('none');
  slow.release();
  expect(await first).toMatchObject({ tick: 'now', partition: { completeDelivery: { id: 'delivery-1' } } });
});

it('a file that somebody else has folded before it looked says that its delivery is complete', async () => {
  const other = processOn(3);
  await other.recordDelivery(deliveryOf({ files: [A, B] }), [A.id, B.id], START);
  await other.recordVersion(C, START);
  // Its first read is the look after its item was written.
  const slow = processHeldAt('BatchGetItem', 1, 100);
  const first = slow.ledger.recordVersion(A, START, unknown);
  await slow.reached;
  expect((await other.recordVersion(B, START, unknown)).tick).toBe('now');
  slow.release();
  expect((await first).tick).toBe('now');
});

it('whoever folds owns the tick, where a file before the first that counts is still being written', async () => {
  const other = processOn(3);
  await other.recordSchema({ id: 's', columns: [] });
  const slow = processHeldAt('PutItem', 2, 100);
  const first = slow.ledger.recordVersion(A, START, unknown);
  await slow.reached;
  expect((await other.recordVersion(B, START, unknown)).tick).toBe('quiet');
  expect((await other.recordVersion(C, START, unknown)).tick).toBe('quiet');
  expect((await other.partition(ALPHA))?.tickOwner).toBe(C.id);
  slow.release();
  await first;
  expect(await other.partition(ALPHA)).toMatchObject({ changes: 3, tickOwner: C.id });
});

it('a delivery that is complete once it is recorded says so itself, where its file looked too early', async () => {
  const other = processOn(16);
  await other.recordVersion(C, START);
  const slow = processHeldAt('PutItem', 1, 16);
  const file = slow.ledger.recordVersion(A, START, unknown);
  await slow.reached;
  // It is about to replace the record, in which the file does not count yet.
  const recorder = processHeldAt('UpdateItem', 2, 16);
  const delivery = recorder.ledger.recordDelivery(deliveryOf({ files: [A] }), [A.id], START);
  await recorder.reached;
  slow.release();
  expect((await file).tick).toBe('none');
  recorder.release();
  expect((await delivery).tick).toBe('now');
});
