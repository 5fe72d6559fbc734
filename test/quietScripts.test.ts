import { execFile } from 'node:child_process';
import { cp, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** Without what the npm that runs this suite has put there. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

it('npm says why an installation fails, and after one that succeeds leaves stdout to the script, whatever its status', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'quiet-scripts-'));
  const npm = (...args: string[]) => runNpm(folder.path, args);
  await layProject(folder.path);

  const failed = await npm('ci');
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toMatch(/npm error .*package-lock\.json/);

  expect(await npm('install')).toMatchObject({ status: 0 });
  expect(await npm('ci')).toMatchObject({ status: 0 });
  expect(await npm('start', '--', '3')).toEqual({ status: 3, stdout: '{"one":"document"}\n', stderr: 'progress\n' });
});

/**
 * A project like this one, with nothing to download and a script that ends with the status it is
 * given.
 */
async function layProject(folder: string): Promise<void> {
  for (const name of ['.npmrc', 'src/launcher/quietScripts.cjs']) {
    await cp(join(PROJECT, name), join(folder, name), { verbatimSymlinks: true });
  }
  const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
  const program = `console.log('{"one":"document"}'); console.error('progress'); process.exitCode = Number(process.argv[2]);`;
  await writeFile(join(folder, 'program.cjs'), program);
  const own = {
    name: 'quiet',
    version: '1.0.0',
    scripts: { postinstall: scripts.postinstall, start: 'node program.cjs' },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(own));
}

function runNpm(cwd: string, args: readonly string[]) {
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile('npm', args, { cwd, env: ENVIRONMENT }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}
