import { readdir, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folders, newFolders } from './embedded.ts';
import { exportManifest, putFiles, reportFile, rowsOf, writtenAt } from './reports.ts';

const PAYER = '111122223333';
const OTHER = '222233334444';
const MANIFEST = 'daily/metadata/BILLING_PERIOD=2026-05/daily-Manifest.json';
const data = (nth: number) => `daily/data/BILLING_PERIOD=2026-05/daily-0000${nth}.snappy.parquet`;
const TABLE = [
  `2026-05/${PAYER} published: 2 files, 2 rows, cost 3`,
  `2026-04/${OTHER} published: 1 files, 1 rows, cost 4`,
];

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
  await putFiles(folders.from, {
    'loose.parquet': reportFile(rowsOf(OTHER, '2026-04', 4)),
    [data(1)]: reportFile(rowsOf(PAYER, '2026-05', 1)),
    [data(2)]: reportFile(rowsOf(PAYER, '2026-05', 2)),
    [MANIFEST]: exportManifest('first', [data(1), data(2)]),
  });
  await writtenAt(folders.from, { [data(1)]: 1, [data(2)]: 2, [MANIFEST]: 3 });
  expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
});
afterEach(() => folders[Symbol.asyncDispose]());

const kept = (name: string) => path.join(folders.keep, name);

async function copies(): Promise<string[]> {
  const names = await readdir(kept('staging'), { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

/** Changes the warehouse behind the reactor's back. */
async function inWarehouse(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(kept('warehouse.duckdb'));
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

describe('a warehouse that is gone or behind', () => {
  it('deleted: everything is loaded again from the copies, and that is said', async () => {
    await rm(kept('warehouse.duckdb'));
    const { status, table, said, events } = await folders.run();
    expect([status, table]).toEqual([0, TABLE]);
    expect(said).toMatch(/behind {6}2026-04\/222233334444 {2}the warehouse does not show what was published/);
    expect(events).not.toHaveProperty('file-staged');
    expect((await folders.run()).events).not.toHaveProperty('partition-published');
  });

  it('deleted with the copies: these are made again from the source first, under the same names', async () => {
    const before = await copies();
    for (const name of ['warehouse.duckdb', 'staging']) await rm(kept(name), { recursive: true });
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE, events: { 'copy-restored': 3 } });
    expect(await copies()).toEqual(before);
  });

  it('behind, with the publication of one month lost: that one is published again', async () => {
    await inWarehouse('delete from cur_current_files where month = 5; delete from cur_publications where month = 5');
    const { status, table, events } = await folders.run();
    expect([status, table, events['partition-published']]).toEqual([0, TABLE, 1]);
  });

  it('behind, with the rows lost but the publication there: they are loaded again', async () => {
    await inWarehouse('delete from cur_external where month = 5');
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('deleted, with a copy lost and its source gone: the rest is shown, and this month’s trouble is named', async () => {
    await rm(kept('warehouse.duckdb'));
    await rm(kept('staging'), { recursive: true });
    await rm(path.join(folders.from, data(2)));
    const { status, table, complaints } = await folders.run();
    expect([status, table.at(-1)]).toEqual([3, TABLE[1]]);
    expect(complaints).toMatch(/2026-05\/111122223333 is held: .*daily-00002\.snappy\.parquet is withdrawn/);
  });

  it('beside a ledger that was deleted: everything is taken in again, and published as it is', async () => {
    await rm(kept('ledger.sqlite'));
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
    expect(await folders.run()).toMatchObject({ status: 0, table: TABLE });
  });

  it('showing a month that neither ledger nor folder accounts for says so', async () => {
    await rm(kept('ledger.sqlite'));
    await rm(path.join(folders.from, 'loose.parquet'));
    const { status, complaints } = await folders.run();
    expect([status, complaints]).toEqual([
      3,
      expect.stringContaining(`the database shows 2026-04/${OTHER}, and no file accounts for it`),
    ]);
  });
});

describe('a staged copy', () => {
  it('that is lost is made again at the next start, also while everything is published', async () => {
    const before = await copies();
    await rm(path.join(kept('staging'), before[0] ?? ''));
    const { status, events, said } = await folders.run();
    expect([status, events['copy-restored'], await copies()]).toEqual([0, 1, before]);
    expect(said).toMatch(/restored/);
  });

  it('that is cut off, as after a power failure, is made again, and that is said', async () => {
    const before = await copies();
    for (const name of before) await truncate(path.join(kept('staging'), name), 100);
    await rm(kept('warehouse.duckdb'));
    const { status, table, said } = await folders.run();
    expect([status, table]).toEqual([0, TABLE]);
    expect(said).toMatch(/damaged {5}2026-04\/222233334444 {2}the copy of "loose\.parquet" has 100 bytes, not \d+/);
  });
});
