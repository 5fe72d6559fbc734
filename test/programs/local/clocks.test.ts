import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folders, newFolders } from './embedded.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const DAY = 86_400_000;
const april = (...costs: number[]) => reportFile(rowsOf(PAYER, '2026-04', ...costs));
const shows = (files: number, cost: number) => [
  `2026-04/${PAYER} published: ${files} files, ${files} rows, cost ${cost}`,
];

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
  await putFiles(folders.from, { 'a.parquet': april(1) });
});
afterEach(() => folders[Symbol.asyncDispose]());

describe('a clock that is set back', () => {
  it.each([60_000, DAY, 365 * DAY])('by %d ms between two runs keeps nobody waiting', async (back) => {
    folders.setClock(back);
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(1, 1) });
    await putFiles(folders.from, { 'b.parquet': april(2) });
    folders.setClock(0);
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(2, 3) });
  });

  it('after a run that was cut off lets the next one go on at once, with what was changed, held and failed', async () => {
    folders.setClock(365 * DAY);
    expect((await folders.run()).status).toBe(0);
    // As a process leaves them that was killed in the middle of a run: changes that nobody has
    // settled, and the lease.
    const ledger = new DatabaseSync(path.join(folders.keep, 'ledger.sqlite'));
    const { body } = ledger.prepare('select body from partitions').get() as { body: string };
    const record = JSON.parse(body);
    const at = Date.now() + 365 * DAY;
    const problem = {
      what: 'registration-failed',
      message: 'm',
      attempts: 2,
      at,
      retryAt: at + 60_000,
      changes: record.changes + 1,
    };
    const dirty = {
      ...record,
      changes: record.changes + 1,
      firstChangeAt: at,
      lastChangeAt: at,
      tickOwner: 'w',
      problem,
    };
    ledger.prepare('update partitions set body = ?').run(JSON.stringify(dirty));
    const lease = { holder: 'dead', until: at + 3_600_000 };
    ledger
      .prepare('update periods set body = ?')
      .run(JSON.stringify({ period: '2026-04', epoch: 5, lease, nextTickAt: at }));
    ledger.close();
    await rm(path.join(folders.keep, 'warehouse.duckdb'));
    folders.setClock(0);
    expect(await folders.run('--quiet', '1', '--max-wait', '2')).toMatchObject({ status: 0, table: shows(1, 1) });
  });

  it('while the folder is watched keeps nobody waiting: what comes after it is published, and what came before', async () => {
    folders.setClock(DAY);
    await using watching = await folders.watch('--quiet', '1', '--max-wait', '2');
    await putFiles(folders.from, { 'b.parquet': april(2) });
    await watching.says(/staged .*"b\.parquet"/);
    folders.setClock(0);
    const heard = await watching.says(/published {3}2026-04\/111122223333 {2}2 files, 2 rows/);
    await putFiles(folders.from, { 'c.parquet': april(4) });
    await watching.says(/published {3}2026-04\/111122223333 {2}3 files, 3 rows/, heard);
  });
});

describe('a clock that is set ahead', () => {
  it('while the folder is watched, and back again, loses nothing', async () => {
    await using watching = await folders.watch('--quiet', '1', '--max-wait', '2');
    for (const [index, offset] of [DAY, 0, 365 * DAY, -DAY].entries()) {
      folders.setClock(offset);
      await putFiles(folders.from, { [`${index}.parquet`]: april(2 ** (index + 1)) });
      await watching.says(new RegExp(`published {3}2026-04/111122223333 {2}${index + 2} files`));
    }
  });
});
