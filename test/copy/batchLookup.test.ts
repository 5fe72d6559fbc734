import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openDynamodbLedger } from '../../src/adapters/dynamodb/ledger.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { placeBySources } from '../../src/billing/placement.ts';
import { handleCopyMessage } from '../../src/copy/handleCopyMessage.ts';
import type { CopyServices } from '../../src/copy/services.ts';
import type { ObjectStore } from '../../src/store/objectStore.ts';
import { TableInProcess } from '../adapters/dynamodb/tableInProcess.ts';
import { parquetBytes } from './parquetBytes.ts';

const BATCH = 10;
const key = (nth: number) => `cur/daily/data/BILLING_PERIOD=2026-10/daily-${nth}.snappy.parquet`;

it('the ledger is asked once for all files of a batch, however far apart their reads end', async () => {
  const table = new TableInProcess();
  const allRead = Promise.withResolvers<void>();
  let [reads, copies] = [0, 0];
  const store: Pick<ObjectStore, 'read' | 'copy'> = {
    read: async () => {
      reads += 1;
      const turns = 20 * reads;
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      const bytes = parquetBytes(1);
      return { bytes, sizeBytes: bytes.length, etag: 'etag', lastModified: 0 };
    },
    copy: async () => {
      copies += 1;
      if (copies === BATCH) allRead.resolve();
      await allRead.promise;
      return 'copied';
    },
  };
  const asked = allRead.promise.then(() => table.requests);
  const nowhere = { send: async () => {} };
  const services: CopyServices = {
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
  const keys = Array.from({ length: BATCH }, (_, nth) => key(nth));
  await Promise.all(
    keys.map((key) => {
      const message = { kind: 'object-created', bucket: 'payer-cur', key, etag: 'etag' } as const;
      return handleCopyMessage(services, message, services.place('payer-cur', key));
    }),
  );
  expect(await asked).toBe(1);
});
