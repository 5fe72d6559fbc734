import { mkdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folders, newFolders } from './embedded.ts';
import { exportManifest, putFiles, reportFile, rowsOf, writtenAt } from './reports.ts';

const PAYER = '111122223333';
const MANIFEST = 'daily/metadata/BILLING_PERIOD=2026-04/daily-Manifest.json';
const data = (nth: number) => `daily/data/BILLING_PERIOD=2026-04/daily-0000${nth}.snappy.parquet`;

const shows = (files: number, rows: number, cost = rows) => [
  `2026-04/${PAYER} published: ${files} files, ${rows} rows, cost ${cost}`,
];
const april = (...costs: number[]) => reportFile(rowsOf(PAYER, '2026-04', ...costs));

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
});
afterEach(() => folders[Symbol.asyncDispose]());

const inFolder = (name: string) => path.join(folders.from, name);

/** Three loose files whose costs are powers of two, published. */
async function looseFiles(): Promise<void> {
  await putFiles(folders.from, { 'a.parquet': april(1), 'b.parquet': april(2), 'sub/c.parquet': april(4) });
  expect((await folders.run()).table).toEqual(shows(3, 3, 7));
}

/**
 * An export of two files with its manifest, published; its files are older than its manifest, as
 * AWS writes them.
 */
async function anExport(): Promise<void> {
  await putFiles(folders.from, {
    [data(1)]: april(1),
    [data(2)]: april(2),
    [MANIFEST]: exportManifest('first', [data(1), data(2)]),
  });
  await writtenAt(folders.from, { [data(1)]: 1, [data(2)]: 2, [MANIFEST]: 3 });
  expect((await folders.run()).table).toEqual(shows(2, 2, 3));
}

describe('a loose file of a person’s folder', () => {
  it('that was deleted counts no more, and is said', async () => {
    await looseFiles();
    await rm(inFolder('b.parquet'));
    const { status, table, said } = await folders.run();
    expect([status, table]).toEqual([0, shows(2, 2, 5)]);
    expect(said).toMatch(/withdrawn {3}2026-04\/111122223333 {2}"b\.parquet": it is not in the folder any more\n/);
  });

  it('that was renamed counts once', async () => {
    await looseFiles();
    await rename(inFolder('b.parquet'), inFolder('renamed.parquet'));
    expect((await folders.run()).table).toEqual(shows(3, 3, 7));
    await mkdir(inFolder('other'));
    await rename(inFolder('renamed.parquet'), inFolder('other/d.parquet'));
    expect((await folders.run()).table).toEqual(shows(3, 3, 7));
  });

  it('that was moved away and back counts again, without being copied again', async () => {
    await looseFiles();
    await rename(inFolder('b.parquet'), path.join(folders.keep, '../b'));
    expect((await folders.run()).table).toEqual(shows(2, 2, 5));
    await rename(path.join(folders.keep, '../b'), inFolder('b.parquet'));
    const { status, table, events } = await folders.run();
    expect([status, table, events['file-staged']]).toEqual([0, shows(3, 3, 7), 1]);
    expect((await folders.run()).events).not.toHaveProperty('file-staged');
  });

  it('that was replaced by one with an older time is the newer one', async () => {
    await looseFiles();
    await putFiles(folders.from, { 'b.parquet': april(8, 16) });
    await utimes(inFolder('b.parquet'), 1000, 1000);
    const { status, table, said } = await folders.run();
    expect([status, table]).toEqual([0, shows(3, 4, 29)]);
    expect(said).toMatch(/"b\.parquet": another file has taken its place/);
  });

  it('that was replaced by an older one and is put back counts as it was', async () => {
    await looseFiles();
    await rename(inFolder('b.parquet'), path.join(folders.keep, '../b'));
    await putFiles(folders.from, { 'b.parquet': april(8, 16) });
    await utimes(inFolder('b.parquet'), 1000, 1000);
    expect((await folders.run()).table).toEqual(shows(3, 4, 29));
    await rename(path.join(folders.keep, '../b'), inFolder('b.parquet'));
    expect((await folders.run()).table).toEqual(shows(3, 3, 7));
  });

  it('that could not be read counts once a good copy has its place, however old that says it is', async () => {
    await looseFiles();
    await putFiles(folders.from, { 'b.parquet': april(2).subarray(0, 900) });
    expect(await folders.run()).toMatchObject({ status: 3, table: [expect.stringContaining('held: 3 files')] });
    await putFiles(folders.from, { 'b.parquet': april(8, 16) });
    await utimes(inFolder('b.parquet'), 1000, 1000);
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(3, 4, 29) });
  });

  it('that was replaced by one of another month counts there, and no more where it was', async () => {
    await looseFiles();
    const may = reportFile(rowsOf(PAYER, '2026-05', 64));
    await putFiles(folders.from, { 'a.parquet': may, 'b.parquet': reportFile(rowsOf(PAYER, '2026-05', 32)) });
    expect(await folders.run()).toMatchObject({
      status: 0,
      table: [...shows(1, 1, 4), `2026-05/${PAYER} published: 2 files, 2 rows, cost 96`],
    });
    await putFiles(folders.from, { 'sub/c.parquet': reportFile(rowsOf(PAYER, '2026-05', 128)) });
    expect((await folders.run()).table).toEqual([
      `2026-04/${PAYER} published: 0 files, 0 rows, cost 0`,
      `2026-05/${PAYER} published: 3 files, 3 rows, cost 224`,
    ]);
  });

  it('all of a month’s files gone, and others there: the month has no rows', async () => {
    await looseFiles();
    await putFiles(folders.from, { 'may.parquet': reportFile(rowsOf(PAYER, '2026-05', 64)) });
    for (const name of ['a.parquet', 'b.parquet', 'sub/c.parquet']) await rm(inFolder(name));
    expect((await folders.run()).table).toEqual([
      `2026-04/${PAYER} published: 0 files, 0 rows, cost 0`,
      `2026-05/${PAYER} published: 1 files, 1 rows, cost 64`,
    ]);
  });
});

describe('a delivery in a person’s folder', () => {
  it('whose files and manifest are all deleted counts no more', async () => {
    await anExport();
    await putFiles(folders.from, { 'may.parquet': reportFile(rowsOf(PAYER, '2026-05', 64)) });
    await rm(inFolder('daily'), { recursive: true });
    const { status, table } = await folders.run();
    expect([status, table]).toEqual([
      0,
      [`2026-04/${PAYER} published: 0 files, 0 rows, cost 0`, `2026-05/${PAYER} published: 1 files, 1 rows, cost 64`],
    ]);
  });

  it('whose manifest alone is deleted is what its files are', async () => {
    await anExport();
    await putFiles(folders.from, { [data(3)]: april(4) });
    await rm(inFolder(MANIFEST));
    const { status, table, said } = await folders.run();
    expect([status, table]).toEqual([0, shows(3, 3, 7)]);
    expect(said).toMatch(/"daily-Manifest\.json": it is not in the folder any more/);
  });

  it('that a manifest names and of which a file was deleted is held: what is visible stays, and it says why', async () => {
    await anExport();
    await rm(inFolder(data(2)));
    const { status, table, complaints } = await folders.run();
    expect([status, table]).toEqual([3, [`2026-04/${PAYER} held: 2 files, 2 rows, cost 3`]]);
    expect(complaints).toMatch(/daily-00002\.snappy\.parquet is withdrawn/);
  });

  it('that an older manifest has replaced is the one that the older one names', async () => {
    await putFiles(folders.from, { [data(1)]: april(1), [data(2)]: april(2) });
    const older = exportManifest('older', [data(1)]);
    await putFiles(folders.from, { [MANIFEST]: exportManifest('newer', [data(1), data(2)]) });
    await writtenAt(folders.from, { [data(1)]: 1, [data(2)]: 2, [MANIFEST]: 60 });
    expect((await folders.run()).table).toEqual(shows(2, 2, 3));
    await putFiles(folders.from, { [MANIFEST]: older });
    await writtenAt(folders.from, { [MANIFEST]: 30 });
    const { status, table } = await folders.run();
    expect([status, table]).toEqual([0, shows(1, 1, 1)]);
    expect((await folders.run()).events).not.toHaveProperty('partition-published');
  });

  it('whose manifest could not be read is whole once an older good one has its place', async () => {
    await putFiles(folders.from, { [data(1)]: april(1), [data(2)]: april(2), [MANIFEST]: '{"dataFiles": [' });
    await writtenAt(folders.from, { [data(1)]: 1, [data(2)]: 2, [MANIFEST]: 60 });
    for (const _ of ['first', 'second']) expect(await folders.run()).toMatchObject({ status: 3 });
    await putFiles(folders.from, { [MANIFEST]: exportManifest('good', [data(1), data(2)]) });
    await writtenAt(folders.from, { [MANIFEST]: 30 });
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(2, 2, 3) });
  });

  it('that was moved away and back is what it was', async () => {
    await anExport();
    await putFiles(folders.from, { 'may.parquet': reportFile(rowsOf(PAYER, '2026-05', 64)) });
    await rename(inFolder('daily'), path.join(folders.keep, '../daily'));
    expect((await folders.run()).table[0]).toBe(`2026-04/${PAYER} published: 0 files, 0 rows, cost 0`);
    await rename(path.join(folders.keep, '../daily'), inFolder('daily'));
    const { status, table } = await folders.run();
    expect([status, table[0]]).toEqual([0, shows(2, 2, 3)[0]]);
  });
});

describe('a folder from which nothing can be concluded', () => {
  it('empty as a whole, as a drive that is not mounted: the bill stays, and that is said', async () => {
    await looseFiles();
    const away = path.join(folders.keep, '../away');
    await rename(folders.from, away);
    await mkdir(folders.from);
    const { status, table, complaints } = await folders.run();
    expect([status, table]).toEqual([3, shows(3, 3, 7)]);
    expect(complaints).toContain(`${folders.from} is empty, and 3 files of it are known: they stay as before; `);
    await rm(folders.from, { recursive: true });
    await rename(away, folders.from);
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(3, 3, 7) });
  });

  it('an export all of whose months are empty folders: the bill stays', async () => {
    await anExport();
    for (const name of [data(1), data(2), MANIFEST]) await rm(inFolder(name));
    expect(await folders.run()).toMatchObject({ status: 3, table: shows(2, 2, 3) });
  });
});

describe('with --watch', () => {
  it('a file that is deleted counts no more, and one that comes back counts again', async () => {
    await looseFiles();
    await using watching = await folders.watch();
    const content = await readFile(inFolder('b.parquet'));
    await rm(inFolder('b.parquet'));
    const gone = await watching.says(/published {3}2026-04\/111122223333 {2}2 files, 2 rows/);
    await putFiles(folders.from, { 'b.parquet': content });
    await watching.says(/published {3}2026-04\/111122223333 {2}3 files, 3 rows/, gone);
  });

  it('a file that is renamed counts once', async () => {
    await looseFiles();
    await using watching = await folders.watch();
    await rename(inFolder('b.parquet'), inFolder('renamed.parquet'));
    await watching.says(/"b\.parquet": it is not in the folder any more/);
    await watching.says(/staged .*"renamed\.parquet"/);
    await watching.end();
    expect((await folders.run()).table).toEqual(shows(3, 3, 7));
  });

  it('a file that is replaced by one with an older time is the newer one', async () => {
    await looseFiles();
    await putFiles(path.dirname(folders.from), { 'older.parquet': april(8, 16) });
    const older = path.join(folders.from, '../older.parquet');
    await utimes(older, 1000, 1000);
    await using watching = await folders.watch();
    await rename(older, inFolder('b.parquet'));
    await watching.says(/published {3}2026-04\/111122223333 {2}3 files, 4 rows/);
  });

  it('a folder that is emptied as a whole leaves the bill as it is', async () => {
    await looseFiles();
    await using watching = await folders.watch();
    await rename(inFolder('sub'), path.join(folders.keep, '../sub'));
    for (const name of ['a.parquet', 'b.parquet']) await rm(inFolder(name));
    await watching.says(/is empty, and \d files? of it (is|are) known/);
  });
});
