import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { checkAnswers, FolderSilent } from '../../../src/programs/local/folderAnswer.ts';
import { endWithUs } from '../../endWithUs.ts';
import { eventually } from '../../eventually.ts';
import { type Ended, PROJECT, runForOutcome, runReactor, startReactor, startReactorAs, tableOf } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const MAIN = fileURLToPath(new URL('../../../src/programs/local/main.ts', import.meta.url));

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'troubles-'));
  await chmod(folder.path, 0o755);
});
afterAll(() => folder.remove());

const below = (name: string) => path.join(folder.path, name);

describe('a signal', { concurrent: true }, () => {
  it.for([
    ['SIGINT', 130, 'Ctrl-C'],
    ['SIGTERM', 143, 'SIGTERM'],
  ] as const)(
    '%s ends a run wherever it is: one line, status %d, nothing after it, and the state is free',
    async ([signal, status, by], { expect }) => {
      const keep = below(`stopped by ${signal}`);
      await using reactor = startReactor('--keep', keep);
      await reactor.line(/ published /);
      reactor.signal(signal);
      const ended = await reactor.ended;
      expect([ended.status, ended.stderr]).toEqual([
        status,
        `stopped by ${by}; nothing is lost: the same command goes on from here\n`,
      ]);
      expect(ended.stdout).not.toContain('Partitions');
      const next = await runForOutcome('--keep', keep);
      expect([next.status, next.outcome.partitions.length]).toEqual([0, 7]);
    },
  );

  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s to npm itself ends the run that it has started, and the state is free',
    async ([signal, status], { expect }) => {
      const [from, keep] = [below(`npm ${signal}`), below(`npm ${signal} state`)];
      await mkdir(from);
      const npm = spawn('npm', ['start', '--', '--watch', '--from', from, '--keep', keep], { cwd: PROJECT });
      endWithUs(npm);
      const closed = once(npm, 'close');
      let said = '';
      for await (const chunk of npm.stdout) {
        said += String(chunk);
        if (said.includes('watching for new files')) break;
      }
      const { pid } = JSON.parse(await readFile(path.join(keep, 'holder.json'), 'utf8'));
      npm.kill(signal);
      const [code, by] = await closed;
      expect([status, signal]).toContain(code ?? by);
      await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
      expect((await runReactor('--from', from, '--keep', keep)).status).toBe(3);
    },
  );

  it('ends a question that would take hours, also of the process that answers it', async ({ expect }) => {
    await mkdir(below('asked'));
    const where = ['--from', below('asked'), '--keep', below('asked state')];
    const forever = [
      '--sql',
      'select sum(a.range * b.range * c.range) from range(1000000) a, range(1000000) b, range(1000000) c',
    ];
    await using watching = startReactor('--watch', ...where);
    await watching.line(/watching for new files/);
    await using asking = startReactor(...forever, ...where);
    const other = await runReactor('--sql', 'select 1 as one', '--json', ...where);
    expect(other.stdout).toBe('[{"one":1}]\n');
    watching.signal('SIGTERM');
    expect((await watching.ended).status).toBe(143);
    asking.signal('SIGINT');
    const { status, stderr } = await asking.ended;
    // The asker was stopped, or has heard before that nobody is there to answer and asked the
    // database itself.
    expect([status, stderr]).toEqual([130, 'stopped by Ctrl-C; nothing was changed\n']);
  });

  it('that cannot be caught leaves the state free, too', async ({ expect }) => {
    await mkdir(below('killed'));
    const where = ['--from', below('killed'), '--keep', below('killed state')];
    await using reactor = startReactor('--watch', ...where);
    await reactor.line(/watching for new files/);
    reactor.signal('SIGKILL');
    await reactor.ended;
    expect((await runReactor(...where)).status).toBe(3);
  });
});

describe('the first line', { concurrent: true }, () => {
  it('is written before anything heavy is loaded', async ({ expect }) => {
    const loader = `import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => {
        if (/duckdb|hyparquet|chokidar|aws-sdk/.test(url)) process.stdout.write('loads ' + url + '\\n');
        return next(url, context);
      } });`;
    const hook = `data:text/javascript,${encodeURIComponent(loader)}`;
    const args = ['--import', hook, MAIN, '--from', below('nowhere'), '--keep', below('unused')];
    const stdout = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: PROJECT }, (_error, said) => resolve(said));
    });
    const lines = stdout.split('\n');
    expect(lines[0]).toContain(`reading ${below('nowhere')}, state in ${below('unused')}`);
    expect(lines.some((line) => line.startsWith('loads ') && line.includes('duckdb'))).toBe(true);
  });
});

describe('what is not read', { concurrent: true }, () => {
  it('is said with its number and a reason, and where everything was looked for', async ({ expect }) => {
    await putFiles(below('csv'), {
      'cur/20231101-20231201/a/cur-00001.csv.gz': 'x',
      'cur/20231101-20231201/a/cur-00002.csv.gz': 'x',
      'notes.txt': 'x',
    });
    const { status, stdout, stderr } = await runReactor('--from', below('csv'), '--keep', below('csv state'));
    expect(status).toBe(3);
    expect(stdout).toMatch(/s {2}2 objects are CSV; only Parquet is read\n/);
    expect(stdout).toMatch(/s {2}1 object is not read: not Parquet, "notes\.txt"\n/);
    expect(stderr).toContain(
      `no cost-and-usage file was found in ${below('csv')}; 2 objects are CSV; only Parquet is read`,
    );
  });
});

describe('a symbolic link, or a pipe', { concurrent: true }, () => {
  it('is not followed, and that is said by its path; the rest is complete', async ({ expect }) => {
    const [from, elsewhere] = [below('linked'), below('elsewhere')];
    await putFiles(elsewhere, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 2)) });
    await putFiles(from, { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)) });
    await symlink(path.join(elsewhere, 'a.parquet'), path.join(from, 'b.parquet'));
    await symlink(elsewhere, path.join(from, 'folder'));
    execFileSync('mkfifo', [path.join(from, 'c.parquet')]);
    const { status, outcome, stderr } = await runForOutcome('--from', from, '--keep', below('linked state'));
    expect([status, tableOf(outcome)]).toEqual([0, [`2026-04/${PAYER} published: 1 files, 1 rows, cost 1`]]);
    for (const name of ['b.parquet', 'folder']) {
      expect(stderr.split(`not read    ${path.join(from, name)}: a symbolic link is not followed\n`)).toHaveLength(2);
    }
    expect(stderr).toContain(`not read    ${path.join(from, 'c.parquet')}: it is neither a file nor a folder\n`);
  });
});

describe('two currencies', { concurrent: true }, () => {
  it('are never added, neither in the table nor in JSON', async ({ expect }) => {
    const rows = [...rowsOf(PAYER, '2026-04', 1, 2), { payer: PAYER, period: '2026-04', cost: 40, currency: 'CNY' }];
    await putFiles(below('currencies'), { 'a.parquet': reportFile(rows) });
    const where = ['--from', below('currencies'), '--keep', below('currencies state')];
    const { outcome } = await runForOutcome(...where);
    expect(outcome.partitions[0]?.costs).toEqual([
      { currency: 'CNY', cost: 40 },
      { currency: 'USD', cost: 3 },
    ]);
    expect(outcome.totals.months).toMatchObject([
      { currency: 'CNY', cost: 40, payers: 1 },
      { currency: 'USD', cost: 3, payers: 1 },
    ]);
    const { stdout } = await runReactor(...where);
    expect(stdout).toMatch(/40\.00 +│? *CNY.*\n.*3\.00 +│? *USD/);
    expect(stdout).not.toContain('43.00');
  });
});

/** Permissions do not bind root: then another user runs the program. */
const somebody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const canRun = spawnSync(process.execPath, [MAIN, '--version'], { ...somebody, cwd: '/' }).status === 0;

describe.skipIf(!canRun)('what cannot be read', { concurrent: true }, () => {
  async function runAsSomebody(...args: readonly string[]): Promise<Ended> {
    await using reactor = startReactorAs(somebody, ...args);
    return await reactor.ended;
  }

  /** A folder for the state that belongs to whoever runs. */
  async function ownFolder(name: string): Promise<string> {
    await mkdir(below(name));
    if (somebody.uid !== undefined) await chown(below(name), somebody.uid, somebody.gid);
    return below(name);
  }

  it('is set aside by its path, file or folder, and the rest is published', async ({ expect }) => {
    const from = below('locked');
    await putFiles(from, {
      'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)),
      'b.parquet': reportFile(rowsOf(PAYER, '2026-04', 2)),
      'closed/c.parquet': reportFile(rowsOf(PAYER, '2026-04', 4)),
    });
    await chmod(path.join(from, 'b.parquet'), 0);
    await chmod(path.join(from, 'closed'), 0);
    const { status, stdout, stderr } = await runAsSomebody(
      '--json',
      '--from',
      from,
      '--keep',
      await ownFolder('locked state'),
    );
    await chmod(path.join(from, 'closed'), 0o755);
    expect([status, tableOf(JSON.parse(stdout))]).toEqual([3, [`2026-04/${PAYER} published: 1 files, 1 rows, cost 1`]]);
    expect(stderr).toContain(`\n${path.join(from, 'b.parquet')} is set aside: permission denied\n`);
    expect(stderr).toContain(`\n${path.join(from, 'closed')}/ is set aside: permission denied\n`);
    expect(stderr).not.toMatch(/bucket|\n {4}at /);
  });

  it('is what it was, where an earlier run has read it', async ({ expect }) => {
    const from = below('locked later');
    await putFiles(from, {
      'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)),
      'closed/deeper/c.parquet': reportFile(rowsOf(PAYER, '2026-04', 4)),
    });
    await symlink(from, below('link to locked later'));
    const where = ['--json', '--from', below('link to locked later'), '--keep', await ownFolder('locked later state')];
    expect((await runAsSomebody(...where)).status).toBe(0);
    await chmod(path.join(from, 'closed'), 0);
    const { status, stdout } = await runAsSomebody(...where);
    await chmod(path.join(from, 'closed'), 0o755);
    expect([status, tableOf(JSON.parse(stdout))]).toEqual([3, [`2026-04/${PAYER} published: 2 files, 2 rows, cost 5`]]);
  });

  it('is said in one sentence where the state cannot be', async ({ expect }) => {
    await mkdir(below('root only'));
    await chmod(below('root only'), 0o555);
    const keep = path.join(below('root only'), 'state');
    const { status, stderr } = await runAsSomebody('--keep', keep);
    expect([status, stderr]).toEqual([1, `${keep}: permission denied (EACCES, mkdir)\n`]);
  });
});

describe('a state', { concurrent: true }, () => {
  it('that cannot be a folder is one sentence, and no stack', async ({ expect }) => {
    await writeFile(below('file'), '');
    const keep = path.join(below('file'), 'state');
    const { status, stderr } = await runReactor('--keep', keep);
    expect([status, stderr]).toEqual([1, `${keep}: not a directory (ENOTDIR, mkdir)\n`]);
  });
});

describe('a folder that does not answer', () => {
  it('is given up with a sentence, and whoever asked it is ended', async ({ expect }) => {
    const never = 'setInterval(() => {}, 1000)';
    await expect(checkAnswers('/mnt/gone', 500, never)).rejects.toThrow(FolderSilent);
    await expect(checkAnswers('/mnt/gone', 500, never)).rejects.toThrow('/mnt/gone has not answered for 1 second');
  });

  it('is not one that answers anything, be it that there is none', async ({ expect }) => {
    await expect(checkAnswers(below('nowhere'))).resolves.toBeUndefined();
    await expect(checkAnswers(folder.path)).resolves.toBeUndefined();
    expect(await readdir(folder.path)).toBeInstanceOf(Array);
  });
});
