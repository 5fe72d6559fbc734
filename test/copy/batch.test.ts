import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { Rendezvous } from '../../src/base/rendezvous.ts';
import { setSystemTimer } from '../../src/base/timer.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { parquetBytes } from './parquetBytes.ts';

const BATCH = 10;
const key = (nth: number) => `cur/daily/data/BILLING_PERIOD=2026-10/daily-${nth}.snappy.parquet`;

/** Copy services of one batch, whose reads take longer from file to file. */
function batchOn(table: TableInProcess, onCopied: (count: number) => Promise<void>): CopyServices {
  let [reads, copies] = [0, 0];
  const store: Pick<ObjectStore, 'read' | 'copy'> = {
    read: async () => {
      reads += 1;
      await turns(20 * reads);
      const bytes = parquetBytes(1);
      return { bytes, sizeBytes: bytes.length, etag: 'etag', lastModified: 0 };
    },
    copy: async () => {
      copies += 1;
      await onCopied(copies);
      return 'copied';
    },
  };
  const nowhere = { send: async () => {} };
  return {
    store: store as ObjectStore,
    ledger: openDynamodbLedger(table.client(), 'ledger'),
    copyQueue: nowhere,
    finalizeQueue: nowhere,
    place: placeBySources([{ bucket: 'payer-cur', prefix: 'cur', payer: parsePayer('111122223333'), manifests: true }]),
    stagingBucket: 'staging',
    debounce: { quietSeconds: 300, maxWaitSeconds: 3600 },
    now: () => 0,
    report: () => {},
    notify: async () => {},
    stage: 'test',
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}

function stage(services: CopyServices, nth: number): Promise<void> {
  const message = { kind: 'object-created', bucket: 'payer-cur', key: key(nth), etag: 'etag' } as const;
  return handleCopyMessage(services, message, services.place('payer-cur', message.key));
}

const batch = Array.from({ length: BATCH }, (_, nth) => nth);

it('the ledger is asked once for all files of a batch, however far apart their reads end', async () => {
  const table = new TableInProcess();
  const allRead = Promise.withResolvers<void>();
  const asked = allRead.promise.then(() => table.requests);
  const services = batchOn(table, async (copies) => {
    if (copies === BATCH) allRead.resolve();
    await allRead.promise;
  });
  await Promise.all(batch.map((nth) => stage(services, nth)));
  expect(await asked).toBe(1);
});

it('the files of a batch are recorded together, however far apart their copies end', async () => {
  const table = new TableInProcess();
  const services = batchOn(table, (copies) => turns(30 * copies));
  await stage(services, BATCH);
  const grown: string[] = [];
  table.before = async (operation) => void grown.push(operation);
  const together = new Rendezvous(60_000, setSystemTimer);
  await Promise.all(batch.map((nth) => together.expecting((meet) => stage({ ...services, meet }, nth))));
  const count = (operation: string) => grown.filter((one) => one === operation).length;
  expect([count('UpdateItem'), count('PutItem')]).toEqual([1, BATCH]);
});
