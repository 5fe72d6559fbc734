import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/billing/columnType.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';
import { ALPHA, BETA, PERIOD, publicationOf, rowsOf, SMALL_REPORT } from '../../warehouse/harness.ts';
import { makeSnowflakeHarness, type SnowflakeHarness } from './snowflakeHarness.ts';

let harness: SnowflakeHarness;
beforeEach(async () => {
  harness = await makeSnowflakeHarness();
});
afterEach(() => harness.close());

function stage(name: string, columns: readonly ColumnType[] = SMALL_REPORT, partition = ALPHA): Promise<StagedFile> {
  return harness.stage({ partition, name, rows: rowsOf([name]), columns });
}

const REFRESH = `alter external table <externalTable> refresh 'year=2026/month=10/payer-111111111111/'`;
const LOOKUP = expect.stringMatching(/external_table_files/);

describe('a registration', () => {
  it('is one statement, whatever columns the files have: a column per tag alters nothing', async () => {
    const tags = Array.from({ length: 4000 }, (_, index) => ({ name: `resource_tags_user_t${index}`, type: 'string' }));
    await harness.warehouse.register(ALPHA, [await stage('first')]);
    const file = await stage('a', [...SMALL_REPORT, ...tags]);
    expect(await harness.sent(() => harness.warehouse.register(ALPHA, [file]))).toEqual([REFRESH]);
  });
});

describe('a refresh', () => {
  it('names the partition alone, and leaves the others of the month', async () => {
    const other = await stage('b', SMALL_REPORT, BETA);
    await harness.warehouse.register(ALPHA, [await stage('a')]);
    expect(await harness.warehouse.audit(BETA, [other])).toMatchObject([{ rows: 0 }]);
  });

  it('that does not mention a file makes it looked up, once for all files', async () => {
    const files = [await stage('a'), await stage('b')];
    await harness.warehouse.register(ALPHA, files);
    await harness.warehouse.register(ALPHA, files);
    harness.state.mentionsUnchanged = false;
    const missing = { ...SOME_FILE, stagedKey: 'year=2026/month=10/payer-111111111111/missing.parquet' };
    const statuses = harness.warehouse.register(ALPHA, [...files, missing]);
    expect(await harness.sent(() => statuses)).toEqual([REFRESH, LOOKUP]);
    expect(await statuses).toEqual([
      ...files.map(({ stagedKey }) => ({ stagedKey, status: 'registered' })),
      { stagedKey: missing.stagedKey, status: 'failed', reason: 'there is no such file in the stage' },
    ]);
  });

  it('that succeeds with a file that failed gives the reason of that file', async () => {
    const [broken, whole] = [await stage('a'), await stage('b')];
    harness.state.failsToRegister.add(broken.stagedKey);
    expect(await harness.warehouse.register(ALPHA, [broken, whole])).toEqual([
      { stagedKey: broken.stagedKey, status: 'failed', reason: 'REGISTER_FAILED: Error reading the file.' },
      { stagedKey: whole.stagedKey, status: 'registered' },
    ]);
  });

  it('that forgets a file, because the stage lost it, makes it a failed one', async () => {
    const file = await stage('a');
    await harness.warehouse.register(ALPHA, [file]);
    await harness.remove(file);
    expect(await harness.warehouse.register(ALPHA, [file])).toMatchObject([
      { status: 'failed', reason: 'UNREGISTERED: File unregistered successfully.' },
    ]);
  });

  it('changes nothing that readers see, also by hand and with more files in the stage', async () => {
    const file = await stage('a');
    await harness.warehouse.register(ALPHA, [file]);
    await harness.warehouse.publish(PERIOD, 1, [publicationOf(ALPHA, [file])]);
    await stage('b');
    await harness.session.run(REFRESH.replace('<externalTable>', harness.names.externalTable));
    expect(await harness.visibleRows(ALPHA)).toEqual(['a']);
  });
});

describe('an audit', () => {
  it('shows the rows that a scan has left out without a word, with one statement for the partition', async () => {
    const files = [
      await harness.stage({ partition: ALPHA, name: 'a', rows: rowsOf(['1', '2', '3']) }),
      await harness.stage({ partition: ALPHA, name: 'b', rows: rowsOf(['4']) }),
    ];
    await harness.warehouse.register(ALPHA, files);
    harness.state.rowsLeftOut.set(files[0]?.stagedKey ?? '', 2);
    const audits = harness.warehouse.audit(ALPHA, files);
    expect(await harness.sent(() => audits)).toHaveLength(1);
    expect(await audits).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  });
});

describe('unregistering', () => {
  it('takes 500 files a statement, and asks for none that the table does not know', async () => {
    const files: StagedFile[] = [];
    for (let index = 0; index < 501; index++) files.push(await stage(`f${index}`));
    await harness.warehouse.register(ALPHA, files);
    const keys = [...files.map(({ stagedKey }) => stagedKey), SOME_FILE.stagedKey];
    const removals = (texts: string[]) => texts.filter((text) => text.includes('remove files')).length;
    expect(removals(await harness.sent(() => harness.warehouse.unregister(ALPHA, keys)))).toBe(2);
    expect(removals(await harness.sent(() => harness.warehouse.unregister(ALPHA, keys)))).toBe(0);
  });

  it('that fails for a file throws, names it, and may be repeated', async () => {
    const file = await stage('a');
    await harness.warehouse.register(ALPHA, [file]);
    harness.state.failsToUnregister.add(file.stagedKey);
    await expect(harness.warehouse.unregister(ALPHA, [file.stagedKey])).rejects.toThrow(
      `${file.stagedKey} was not unregistered: Error updating the metadata.`,
    );
    harness.state.failsToUnregister.clear();
    await harness.warehouse.unregister(ALPHA, [file.stagedKey]);
    expect(await harness.warehouse.audit(ALPHA, [file])).toMatchObject([{ rows: 0 }]);
  });
});

const SOME_FILE: StagedFile = {
  stagedKey: 'year=2026/month=10/payer-111111111111/never-seen.parquet',
  rows: 1,
  sizeBytes: 1000,
  columns: SMALL_REPORT,
};
