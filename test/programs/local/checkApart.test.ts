import { access, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folders, newFolders } from './embedded.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

let folders: Folders;
beforeEach(async () => {
  folders = await newFolders();
  await putFiles(folders.from, { 'a.parquet': reportFile(rowsOf('111122223333', '2026-04', 1)) });
});
afterEach(() => folders[Symbol.asyncDispose]());

const beside = (name: string) => path.join(folders.from, '..', name);

describe('a state in the folder that is read', () => {
  it.each(['state', 'not/there/yet'])(
    'by way of a link, in %s, is refused before anything is written',
    async (name) => {
      await symlink(folders.from, beside('link'));
      const { status, complaints } = await folders.run('--keep', path.join(beside('link'), name));
      expect([status, complaints]).toEqual([
        2,
        expect.stringContaining(
          `--keep must not lie in the folder of --from, got "${path.join(beside('link'), name)}"`,
        ),
      ]);
      expect(await readdir(folders.from)).toEqual(['a.parquet']);
    },
  );

  it('that is read by way of a link is refused, too', async () => {
    await symlink(folders.from, beside('link'));
    const { status } = await folders.run('--from', beside('link'), '--keep', path.join(folders.from, 'state'));
    expect([status, await readdir(folders.from)]).toEqual([2, ['a.parquet']]);
  });

  it('is refused when it is the folder itself under another name', async () => {
    await symlink(folders.from, beside('link'));
    expect((await folders.run('--keep', beside('link'))).status).toBe(2);
  });
});

describe('a folder that is read in the state', () => {
  it('is refused, also by way of a link', async () => {
    await mkdir(path.join(folders.keep, 'inside'), { recursive: true });
    await symlink(path.join(folders.keep, 'inside'), beside('link'));
    for (const from of [path.join(folders.keep, 'inside'), beside('link')]) {
      const { status, complaints } = await folders.run('--from', from);
      expect([status, complaints]).toEqual([
        2,
        expect.stringContaining(`--from must not lie in the folder of --keep, got "${from}"`),
      ]);
    }
    await expect(access(path.join(folders.keep, 'ledger.sqlite'))).rejects.toThrow('ENOENT');
  });
});

describe('folders beside each other', () => {
  it('are fine, also where one’s name begins with the other’s, or a link leads to either', async () => {
    await symlink(folders.from, beside('link'));
    for (const [from, keep] of [
      [folders.from, `${folders.from}-state`],
      [beside('link'), beside('another state')],
    ] as const) {
      expect((await folders.run('--from', from, '--keep', keep)).status).toBe(0);
    }
  });
});
