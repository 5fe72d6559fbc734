import { rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folders, newFolders } from './embedded.ts';
import { exportManifest, putFiles, reportFile, rowsOf, writtenAt } from './reports.ts';

const PAYER = '111122223333';
const MANIFEST = 'daily/metadata/BILLING_PERIOD=2026-04/daily-Manifest.json';
const data = (nth: number) => `daily/data/BILLING_PERIOD=2026-04/daily-0000${nth}.snappy.parquet`;
const april = (...costs: number[]) => reportFile(rowsOf(PAYER, '2026-04', ...costs));
const shows = (files: number, rows: number, cost = rows) => [
  `2026-04/${PAYER} published: ${files} files, ${rows} rows, cost ${cost}`,
];

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
});
afterEach(() => folders[Symbol.asyncDispose]());

/**
 * Copies objects as a tool does that keeps their times: whole, and `seconds` says when each was
 * written at the source.
 */
async function synced(files: Synced): Promise<void> {
  const beside = path.join(folders.from, '..', 'incoming');
  for (const [key, [content, seconds]] of Object.entries(files)) {
    await putFiles(beside, { file: content });
    await writtenAt(beside, { file: seconds });
    await putFiles(folders.from, { [key]: '' });
    await rename(path.join(beside, 'file'), path.join(folders.from, key));
  }
}

type Synced = Readonly<Record<string, readonly [content: Uint8Array, seconds: number]>>;
const first: Synced = { [data(1)]: [april(1), 1], [data(2)]: [april(2), 2] };
const firstOfSecond: Synced = { [data(1)]: [april(4, 8), 101] };
const second: Synced = { ...firstOfSecond, [data(2)]: [april(16, 32), 102] };
const manifestOf = (id: string) => exportManifest(id, [data(1), data(2)]);

describe('a sync that is half done, and brings the manifest before a file', () => {
  it('is mended by the next run, once the file has come: its delivery is read again', async () => {
    await synced({ ...first, [MANIFEST]: [manifestOf('first'), 3] });
    expect((await folders.run()).table).toEqual(shows(2, 2, 3));
    await synced({ ...firstOfSecond, [MANIFEST]: [manifestOf('second'), 103] });
    await folders.run();
    await synced(second);
    const { status, table } = await folders.run();
    expect([status, table]).toEqual([0, shows(2, 4, 60)]);
    expect((await folders.run()).events).not.toHaveProperty('delivery-unsure');
  });

  it('is mended while the folder is watched, as the file comes', async () => {
    await synced({ ...first, [MANIFEST]: [manifestOf('first'), 3] });
    expect((await folders.run()).table).toEqual(shows(2, 2, 3));
    await using watching = await folders.watch();
    await synced({ [MANIFEST]: [manifestOf('second'), 103] });
    await watching.says(/delivery .*second/);
    await synced(firstOfSecond);
    await synced(second);
    await watching.says(/published {3}2026-04\/111122223333 {2}2 files, 4 rows/);
  });
});

describe('a manifest that is cut off', () => {
  it('holds its month in every run, and is worked off when it is whole', async () => {
    await synced({ ...first, [MANIFEST]: [manifestOf('first').subarray(0, 60), 3] });
    for (const _ of ['first', 'second', 'third']) {
      const { status, table, complaints } = await folders.run();
      expect([status, table]).toEqual([3, [`2026-04/${PAYER} held: 0 files, 0 rows, cost 0`]]);
      expect(complaints).toMatch(/its manifest .*daily-Manifest\.json is quarantined/);
    }
    await synced({ [MANIFEST]: [manifestOf('first'), 4] });
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(2, 2, 3) });
  });

  it('leaves the delivery before visible, in every run', async () => {
    await synced({ ...first, [MANIFEST]: [manifestOf('first'), 3] });
    await folders.run();
    await synced({ ...second, [MANIFEST]: [manifestOf('second').subarray(0, 60), 103] });
    for (const _ of ['first', 'second']) expect((await folders.run()).table[0]).toMatch(/2 files, 2 rows, cost 3$/);
    await synced({ [MANIFEST]: [manifestOf('second'), 104] });
    expect(await folders.run()).toMatchObject({ status: 0, table: shows(2, 4, 60) });
  });
});

describe('a name or a kind of file that is not taken in', () => {
  it('is said with its path and the reason, and the rest is published', async () => {
    await putFiles(folders.from, {
      'a.parquet': april(1),
      'UPPER.PARQUET': april(2),
      'back\\slash.parquet': april(4),
    });
    await writeFile(
      Buffer.concat([Buffer.from(`${folders.from}/latin-`), Buffer.from([0xe9]), Buffer.from('.parquet')]),
      april(8),
    );
    await putFiles(path.join(folders.from, '../elsewhere'), { 'b.parquet': april(16) });
    await symlink('../elsewhere/b.parquet', path.join(folders.from, 'link.parquet'));
    await symlink('../elsewhere', path.join(folders.from, 'folder'));
    const { status, table, said } = await folders.run();
    expect([status, table]).toEqual([0, shows(1, 1)]);
    const sentence = (name: string, reason: string) => `not read    ${path.join(folders.from, name)}: ${reason}\n`;
    expect(said).toContain(sentence('back\\slash.parquet', 'its name cannot be a key'));
    expect(said).toContain(sentence('latin-\u{fffd}.parquet', 'its name is not UTF-8'));
    for (const name of ['link.parquet', 'folder']) {
      expect(said).toContain(sentence(name, 'a symbolic link is not followed'));
    }
    expect(said).toMatch(/1 object is not read: only names that end in \.parquet, in lower case, .*"UPPER\.PARQUET"/);
  });

  it('an export of which only the manifest is there says so', async () => {
    await synced({ [MANIFEST]: [manifestOf('first'), 3] });
    const { status, table, complaints } = await folders.run();
    expect([status, table]).toEqual([3, []]);
    expect(complaints).toContain('daily/, 2026-04: there is a manifest, and none of its files\n');
  });
});
