import { beforeEach, describe, expect, it } from 'vitest';
import { DynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import type { VersionRecord } from '../../../src/ledger/versionRecord.ts';
import { ALPHA, BETA, deliveryOf, START, versionOf } from '../../ledger/records.ts';
import { TableInProcess } from './tableInProcess.ts';

const MAX_UNITS_PER_FILE = 3;
const MAX_REQUESTS_PER_FILE = 2;
const MAX_ITEM_BYTES = 64 * 1024;

const FOLDER =
  'exports/daily/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-0f1e2d3c-aaaa-bbbb-cccc-0123456789ab/';
/** With keys as AWS makes them in create-new layouts, and etags of multipart uploads. */
const filesOf = (count: number, partition = ALPHA): VersionRecord[] =>
  Array.from({ length: count }, (_, n) =>
    versionOf({
      partition,
      folder: FOLDER,
      key: `daily-${String(n + 1).padStart(5, '0')}.snappy`,
      etag: `d41d8cd98f00b204e9800998ecf8${String(n).padStart(4, '0')}-17`,
      sequencer: '0062E99A88DC407460',
      lastModified: START + n * 1000,
    }),
  );
/** The manifest of the same report. */
const MANIFEST = FOLDER.replace('/data/', '/metadata/').concat('daily-Manifest.json');
const awaiting = (files: readonly VersionRecord[]) => deliveryOf({ files, manifestKey: MANIFEST });
const idsOf = (files: readonly VersionRecord[]) => files.map(({ id }) => id);

let table: TableInProcess;
let ledger: DynamodbLedger;
beforeEach(() => {
  table = new TableInProcess();
  ledger = new DynamodbLedger(table.client(), 'ledger');
});

const units = () => table.charged.reduce((sum, { writeUnits }) => sum + writeUnits, 0);
const requests = () => table.charged.length;

/** Records files as a copy function does: looks each of them up, and records it some time later. */
async function stage(files: readonly VersionRecord[]): Promise<void> {
  await Promise.all(
    files.map(async (file) => {
      await ledger.version(file.partition, file.id);
      await ledger.recordVersion(file, START);
    }),
  );
}

describe('what a data file costs', () => {
  it.each([20, 1000, 20_000])(
    'at most 3 write units where it comes alone, of %d that its delivery waits for',
    async (expected) => {
      const files = filesOf(expected);
      await ledger.recordDelivery(awaiting(files), idsOf(files), START);
      table.charged.length = 0;
      for (const file of files.slice(0, 320)) await stage([file]);
      const count = Math.min(320, expected);
      expect(units() / count).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
      expect(table.largestItemBytes()).toBeLessThanOrEqual(MAX_ITEM_BYTES);
    },
  );

  it('at most 3 write units and 2 requests in batches of ten of one partition', async () => {
    const files = filesOf(1000);
    await ledger.recordDelivery(awaiting(files), idsOf(files), START);
    table.charged.length = 0;
    for (let from = 0; from < files.length; from += 10) await stage(files.slice(from, from + 10));
    expect(units() / files.length).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
    expect(requests() / files.length).toBeLessThanOrEqual(MAX_REQUESTS_PER_FILE);
    expect((await ledger.partition(ALPHA))?.completeDelivery?.id).toBe('delivery-1');
  });

  it('at most 3 write units in batches of several partitions', async () => {
    const [own, other] = [filesOf(300), filesOf(300, BETA)];
    for (let from = 0; from < own.length; from += 5) {
      await stage([...own.slice(from, from + 5), ...other.slice(from, from + 5)]);
    }
    expect(units() / 600).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
  });
});
