import { beforeEach, describe, expect, it } from 'vitest';
import { openDynamodbLedger } from '../../../src/adapters/dynamodb/ledger.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ALPHA, BETA } from '../../ledger/records.ts';
import { expectFiles, filesOf, stageFiles } from './deliveredFiles.ts';
import { TableInProcess } from './tableInProcess.ts';

const MAX_UNITS_PER_FILE = 3;
const MAX_REQUESTS_PER_FILE = 2;
const MAX_ITEM_BYTES = 64 * 1024;

let table: TableInProcess;
let ledger: Ledger;
beforeEach(() => {
  table = new TableInProcess();
  ledger = openDynamodbLedger(table.client(), 'ledger');
});

const units = () => table.charged.reduce((sum, { writeUnits }) => sum + writeUnits, 0);
const requests = () => table.requests;

describe('what a data file costs', () => {
  it.each([20, 1000, 20_000])(
    'at most 3 write units where it comes alone, of %d that its delivery waits for',
    async (expected) => {
      const files = filesOf(expected);
      await expectFiles(ledger, files);
      table.countAnew();
      for (const file of files.slice(0, 320)) await stageFiles(ledger, [file]);
      const count = Math.min(320, expected);
      expect(units() / count).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
      expect(table.largestItemBytes()).toBeLessThanOrEqual(MAX_ITEM_BYTES);
    },
  );

  it('at most 3 write units and 2 requests in batches of ten of one partition', async () => {
    const files = filesOf(1000);
    await expectFiles(ledger, files);
    table.countAnew();
    for (let from = 0; from < files.length; from += 10) await stageFiles(ledger, files.slice(from, from + 10));
    expect(units() / files.length).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
    expect(requests() / files.length).toBeLessThanOrEqual(MAX_REQUESTS_PER_FILE);
    expect((await ledger.partition(ALPHA))?.completeDelivery?.id).toBe('delivery-1');
  });

  it('at most 3 write units in batches of several partitions', async () => {
    const [own, other] = [filesOf(300), filesOf(300, BETA)];
    for (let from = 0; from < own.length; from += 5) {
      await stageFiles(ledger, [...own.slice(from, from + 5), ...other.slice(from, from + 5)]);
    }
    expect(units() / 600).toBeLessThanOrEqual(MAX_UNITS_PER_FILE);
  });
});
