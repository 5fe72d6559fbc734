import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const { releaseOf }: { readonly releaseOf: (folder: string) => Promise<string> } = createRequire(import.meta.url)(
  '../../resources/release.cjs',
);
const run = promisify(execFile);
const DIGEST = '[0-9a-f]{12}';
/** Documents, also those beside the code. */
const NOT_DEPLOYED = ['README.md', 'src/README.md', join('src', 'deep', 'README.md')];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-'));
  await mkdir(join(folder, 'src', 'deep'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"version": "1.2.3"}');
  await writeFile(join(folder, 'src', 'deep', 'a.ts'), 'a');
});
afterEach(() => rm(folder, { recursive: true }));

const git = (...args: string[]) =>
  run('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.c', '-c', 'commit.gpgsign=false', ...args]);
async function commit(): Promise<string> {
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'all');
  return (await git('rev-parse', '--short=12', 'HEAD')).stdout.trim();
}

describe('a release', () => {
  it('is the version and a digest of what is deployed, where there is no git', async () => {
    const first = await releaseOf(folder);
    expect(first).toMatch(new RegExp(`^1\\.2\\.3\\+files\\.${DIGEST}$`));
    expect(await releaseOf(folder)).toBe(first);
    for (const path of NOT_DEPLOYED) await writeFile(join(folder, path), 'not deployed');
    expect(await releaseOf(folder)).toBe(first);
    await writeFile(join(folder, 'src', 'deep', 'a.ts'), 'b');
    expect(await releaseOf(folder)).not.toBe(first);
  });

  it('is the version and the commit', async () => {
    const id = await commit();
    for (const path of NOT_DEPLOYED) await writeFile(join(folder, path), 'not deployed');
    expect(await releaseOf(folder)).toBe(`1.2.3+${id}`);
  });

  it('says that files differ from the commit, or are not in it, and how', async () => {
    const id = await commit();
    await writeFile(join(folder, 'src', 'new.ts'), 'new');
    const changed = await releaseOf(folder);
    expect(changed).toMatch(new RegExp(`^1\\.2\\.3\\+${id}\\.changed\\.${DIGEST}$`));
    await writeFile(join(folder, 'src', 'new.ts'), 'newer');
    expect(await releaseOf(folder)).not.toBe(changed);
  });

  it('is not the commit of a repository that only happens to lie around it', async () => {
    await rm(join(folder, 'package.json'));
    await commit();
    await writeFile(join(folder, 'package.json'), '{"version": "1.2.3"}');
    expect(await releaseOf(folder)).toMatch(/^1\.2\.3\+files\./);
  });
});
