import { mkdir, mkdtempDisposable, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'vitest';
import { runForOutcome, runReactor, startReactor, tableOf } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const RIGHT = '111122223333';
const WRONG = '999999999999';

async function folders(): Promise<
  AsyncDisposable & { readonly from: string; readonly keep: string; readonly where: string[] }
> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'forgetting-'));
  const [from, keep] = [path.join(folder.path, 'from'), path.join(folder.path, 'keep')];
  await mkdir(from);
  return { from, keep, where: ['--from', from, '--keep', keep], [Symbol.asyncDispose]: () => folder.remove() };
}

/** One month as a legacy report's folder has it: the key says the month. */
const LAYOUT = 'cur/daily/daily/year=2026/month=4/daily-00001.snappy.parquet';

const count = async (keep: string): Promise<unknown> => {
  const sql = `select (select count(*) from cur_line_items) as shown, (select count(*) from cur_external) as kept,
    (select count(*) from cur_registered_files) as files, (select count(*) from cur_publications) as published`;
  return JSON.parse((await runReactor('--sql', sql, '--json', '--keep', keep)).stdout);
};

describe('a --payer that was wrong', { concurrent: true }, () => {
  it.for([
    ['in a layout of AWS', LAYOUT],
    ['of a loose file', 'loose.parquet'],
  ])(
    'is found by the next run, %s, with what to do about it, and is gone after that',
    async ([, name = ''], { expect }) => {
      await using state = await folders();
      await putFiles(state.from, { [name]: reportFile(rowsOf(RIGHT, '2026-04', 1, 2)) });
      const first = await runForOutcome(...state.where, '--payer', WRONG);
      expect(tableOf(first.outcome)).toEqual([`2026-04/${WRONG} published: 1 files, 2 rows, cost 3`]);

      const { status, outcome, stderr } = await runForOutcome(...state.where);
      expect(tableOf(outcome)).toContain(`2026-04/${RIGHT} published: 1 files, 2 rows, cost 3`);
      const offer = `npm start -- --forget ${WRONG}/2026-04 --keep ${state.keep}`;
      expect([status, stderr]).toEqual([
        3,
        expect.stringContaining(
          `\n1 file of 2026-04/${RIGHT} is recorded under 2026-04/${WRONG} as well, by an earlier run: if that one was wrong, ${offer}\n`,
        ),
      ]);

      const forgotten = await runReactor('--forget', `${WRONG}/2026-04`, '--keep', state.keep);
      expect(forgotten).toEqual({
        status: 0,
        stdout: `forgot 2026-04/${WRONG}: 1 file in the ledger, 2 rows, 0 findings, 1 staged copy\n`,
        stderr: '',
      });
      const after = await runForOutcome(...state.where);
      expect([after.status, tableOf(after.outcome)]).toEqual([
        0,
        [`2026-04/${RIGHT} published: 1 files, 2 rows, cost 3`],
      ]);
      expect(await count(state.keep)).toEqual([{ shown: 2, kept: 2, files: 1, published: 1 }]);
      expect(await readdir(path.join(state.keep, 'staging/year=2026/month=04'))).toEqual([`payer-${RIGHT}`]);
    },
  );

  it('is no contradiction when the rows say nothing: the next run goes by the options', async ({ expect }) => {
    await using state = await folders();
    await putFiles(state.from, { 'loose.parquet': reportFile([{ payer: '', period: '2026-04', cost: 1 }]) });
    await runForOutcome(...state.where, '--payer', RIGHT);
    const { status, outcome } = await runForOutcome(...state.where);
    expect([status, tableOf(outcome)]).toEqual([0, [`2026-04/${RIGHT} published: 1 files, 1 rows, cost 1`]]);
  });
});

describe('npm start -- --forget', { concurrent: true }, () => {
  it('takes all of a payer out, leaves the others, and says at the second time that there is nothing', async ({
    expect,
  }) => {
    await using state = await folders();
    await putFiles(state.from, {
      'a.parquet': reportFile(rowsOf(RIGHT, '2026-04', 1)),
      'b.parquet': reportFile(rowsOf(RIGHT, '2026-05', 2)),
      'c.parquet': reportFile(rowsOf(WRONG, '2026-05', 4)),
    });
    await runForOutcome(...state.where);
    const { stdout } = await runReactor('--forget', RIGHT, '--json', '--keep', state.keep);
    const gone = { payer: RIGHT, versions: 1, files: 1, rows: 1, findings: 0, stagedCopies: 1 };
    expect(JSON.parse(stdout)).toEqual({
      state: state.keep,
      forgotten: [
        { ...gone, period: '2026-04' },
        { ...gone, period: '2026-05' },
      ],
    });
    expect(await count(state.keep)).toEqual([{ shown: 1, kept: 1, files: 1, published: 1 }]);
    expect(await runReactor('--forget', RIGHT, '--keep', state.keep)).toEqual({
      status: 0,
      stdout: `nothing of ${RIGHT} is in ${state.keep}: nothing was removed\n`,
      stderr: '',
    });
  });

  it('is refused while a process works on the state, and ended by the next run when it was cut off', async ({
    expect,
  }) => {
    await using state = await folders();
    await putFiles(state.from, { 'a.parquet': reportFile(rowsOf(RIGHT, '2026-04', 1)) });
    await using reactor = startReactor('--watch', ...state.where);
    await reactor.line(/watching for new files/);
    const { status, stderr } = await runReactor('--forget', RIGHT, '--keep', state.keep);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/ is in use by process \d+ since /)]);
    reactor.signal('SIGTERM');
    await reactor.ended;
    // What a run of --forget leaves that was killed after its first step.
    const begun = [{ payer: RIGHT, period: '2026-04' }];
    await writeFile(path.join(state.keep, 'forgetting.json'), JSON.stringify(begun));
    const next = await runForOutcome(...state.where);
    expect(next.stderr).toMatch(/ forgot {6}2026-04\/111122223333, which --forget had begun\n/);
    expect(next.outcome.events).toMatchObject({ 'file-staged': 1, 'partition-published': 1 });
    expect(await readdir(state.keep)).not.toContain('forgetting.json');
  });
});

describe('npm start -- --reset', { concurrent: true }, () => {
  it('removes all of a state, says each path, and finds nothing at the second time', async ({ expect }) => {
    await using state = await folders();
    await putFiles(state.from, { 'a.parquet': reportFile(rowsOf(RIGHT, '2026-04', 1)) });
    await runForOutcome(...state.where, '--payer', RIGHT);
    const { status, stdout } = await runReactor('--reset', '--keep', state.keep);
    expect(status).toBe(0);
    for (const name of ['ledger.sqlite', 'warehouse.duckdb', 'staging/year=2026', 'stated.json']) {
      expect(stdout).toContain(`removed ${state.keep}/${name}\n`);
    }
    expect(await readdir(path.dirname(state.keep))).toEqual(['from']);
    const again = await runReactor('--reset', '--keep', state.keep);
    expect(again).toEqual({
      status: 0,
      stdout: `there is no state in ${state.keep}: nothing was removed\n`,
      stderr: '',
    });
  });

  it("leaves what is somebody else's in the folder, and says so", async ({ expect }) => {
    await using state = await folders();
    await putFiles(state.keep, { 'notes.txt': 'mine', 'staging/mine.txt': 'mine too' });
    await runForOutcome(...state.where);
    const { stdout } = await runReactor('--reset', '--keep', state.keep);
    expect(stdout).toContain(`left    ${state.keep}/notes.txt: not ours\nleft    ${state.keep}/staging: not ours\n`);
    expect(await readdir(state.keep, { recursive: true })).toEqual(['notes.txt', 'staging', 'staging/mine.txt']);
  });

  it('follows no link out of the state', async ({ expect }) => {
    await using state = await folders();
    await putFiles(state.from, { 'year=2026/mine.txt': 'mine' });
    await mkdir(state.keep);
    await writeFile(path.join(state.keep, 'lock.sqlite'), '');
    await symlink(state.from, path.join(state.keep, 'staging'));
    await runReactor('--reset', '--keep', state.keep);
    expect(await readdir(path.join(state.from, 'year=2026'))).toEqual(['mine.txt']);
  });

  it('is refused for a folder that is no state, and while a process works on it', async ({ expect }) => {
    await using state = await folders();
    await putFiles(state.from, { 'a.txt': 'mine' });
    const foreign = await runReactor('--reset', '--keep', state.from);
    expect(foreign).toEqual({
      status: 1,
      stdout: '',
      stderr: `${state.from} is no state of this program (it has no lock.sqlite): nothing was removed\n`,
    });
    await using reactor = startReactor('--watch', ...state.where);
    await reactor.line(/watching for new files/);
    const { status, stderr } = await runReactor('--reset', '--keep', state.keep);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/ is in use by process \d+ since /)]);
    expect(await readdir(state.keep)).toContain('ledger.sqlite');
  });
});
