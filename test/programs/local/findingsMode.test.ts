import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { warehousePath } from '../../../src/programs/local/state.ts';
import { runForOutcome, runReactor, startReactor } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'findings-'));
});
afterAll(() => folder.remove());

const below = (name: string) => path.join(folder.path, name);

/** A state with three findings of two payers, in which a check has failed. */
let madeState: Promise<string> | undefined;
const state = () => (madeState ??= makeState());
async function makeState(): Promise<string> {
  await putFiles(below('from'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
  await runReactor('--from', below('from'), '--keep', below('keep'));
  await insert(below('keep'));
  return below('keep');
}

async function insert(keep: string): Promise<void> {
  const instance = await DuckDBInstance.create(warehousePath(keep));
  const connection = await instance.connect();
  await connection.run(`insert into cur_findings (payer, year, month, check_name, account, region, resource,
      monthly_cost, estimated_saving, whole_month_saving, currency, owner, evidence, first_day, found_at)
    values ('${PAYER}', 2026, 4, 'idle-load-balancer', 'acc', 'eu-west-1', 'lb-1', 20, 18, 18, 'USD', 'team-a', 'ran 480 h',
        date '2026-04-02', timestamp '2026-05-03 04:05:06.789'),
      ('${PAYER}', 2026, 4, 'ebs-gp2-to-gp3', 'acc', 'eu-west-1', 'vol-1', 2, 0.4, 0.4, 'USD', null, '=1', null, null),
      ('444455556666', 2026, 4, 'ebs-gp2-to-gp3', 'acc', 'eu-west-1', 'vol-2', 9, 3, 3, 'CNY', 'team-a', '', null, null)`);
  await connection.run(`insert into cur_check_runs (payer, year, month, check_name, status, findings, seconds, reason)
    values ('${PAYER}', 2026, 4, 'ebs-gp2-to-gp3', 'failed', 1, 0.5, '100183: out of range')`);
  connection.closeSync();
  instance.closeSync();
}

const show = async (...options: readonly string[]) => runReactor('--findings', '--keep', await state(), ...options);
/** What an ordinary run says of the state, which one process works on at a time. */
let ordinaryRun: ReturnType<typeof runForOutcome> | undefined;
const ordinary = async () => {
  const keep = await state();
  ordinaryRun ??= runForOutcome('--from', below('from'), '--keep', keep, '--group-by', 'owner');
  return ordinaryRun;
};
const shownJson = async (...options: readonly string[]) => JSON.parse((await show('--json', ...options)).stdout);

describe('npm start -- --findings', { concurrent: true }, () => {
  it('shows what was found, and how the checks went, and works on nothing', async ({ expect }) => {
    const { status, stdout, stderr } = await show();
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Wastage found: 3, largest saving first\n/);
    expect(stdout).toMatch(/^idle-load-balancer {2}2026-04 +18\.00 +18\.00 {2}USD\n {4}.*owner team-a/m);
    expect(stdout).toMatch(/^1 finding saves less than 1\.00 a month: --min-saving 0 lists it$/m);
    expect(stdout).toMatch(/100183: out of range/);
  });

  it('has the same in one JSON document, with moments and days as ISO 8601', async ({ expect }) => {
    const report = await shownJson();
    expect(Object.keys(report).sort()).toEqual(
      ['belowMinSaving', 'checks', 'findings', 'groupedBy', 'groups', 'minSaving', 'totals'].sort(),
    );
    expect(report.findings[0]).toMatchObject({
      title: 'Idle load balancers',
      firstDay: '2026-04-02',
      foundAt: '2026-05-03T04:05:06.789Z',
    });
  });

  it('is as an ordinary run shows it', async ({ expect }) => {
    const { outcome } = await ordinary();
    const { totals, ...report } = await shownJson('--group-by', 'owner');
    expect(outcome).toMatchObject(report);
    expect(outcome.totals.checks).toEqual(totals.checks);
  });

  it('has, grouped by owner, the messages that owners would get from a stage', async ({ expect }) => {
    const { outcome } = await ordinary();
    expect(outcome.ownerMessages).toMatchObject([
      { routingKey: `cur.${PAYER}.2026-04.owner.team-a`, body: { findings: 1, largest: [{ resource: 'lb-1' }] } },
      { routingKey: `cur.${PAYER}.2026-04.owner.acc`, body: { findings: 1, belowThreshold: 1, largest: [] } },
    ]);
  });

  it('is of one payer, check or size, or in groups per currency', async ({ expect }) => {
    const resources = async (...options: readonly string[]) =>
      (await shownJson(...options)).findings.map(({ resource }: { resource: string }) => resource);
    expect(await resources('--payer', '444455556666')).toEqual(['vol-2']);
    expect(await resources('--check', 'ebs-gp2-to-gp3', '--min-saving', '0')).toEqual(['vol-2', 'vol-1']);
    expect(await resources('--min-saving', '3')).toEqual(['lb-1', 'vol-2']);
    expect((await shownJson('--group-by', 'owner')).groups).toEqual([
      { name: 'team-a', title: null, currency: 'USD', findings: 1, estimatedSaving: 18 },
      { name: 'team-a', title: null, currency: 'CNY', findings: 1, estimatedSaving: 3 },
      { name: 'acc', title: null, currency: 'USD', findings: 1, estimatedSaving: 0.4 },
    ]);
  });

  it('goes to a file, or to stdout alone', async ({ expect }) => {
    const file = below('found.csv');
    const { stdout } = await show('--csv', file, '--min-saving', '0');
    expect(stdout).toMatch(/^Wastage found: 3/);
    const csv = await readFile(file, 'utf8');
    expect(csv.split('\r\n')).toHaveLength(5);
    expect(csv).toContain(`,'=1,`);
    expect((await show('--csv', '-', '--min-saving', '0')).stdout).toBe(csv);
  });

  it('refuses a check that there is not, and a folder that there is not for the file', async ({ expect }) => {
    expect(await show('--check', 'idle-load')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^--check: there is no check "idle-load"; there are idle-load-balancer/),
    });
    expect(await show('--csv', below('nowhere/a.csv'))).toMatchObject({ status: 2 });
  });

  it('asks the process that works on the state', async ({ expect }) => {
    await putFiles(below('watched'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-05', 1)) });
    await using reactor = startReactor('--watch', '--from', below('watched'), '--keep', below('watched state'));
    await reactor.line(/watching for new files/);
    const { status, stdout } = await runReactor('--findings', '--keep', below('watched state'));
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Wastage found: 0\n/)]);
  });

  it('says that there is no state', async ({ expect }) => {
    const { status, stderr } = await runReactor('--findings', '--keep', below('nothing'));
    expect([status, stderr]).toEqual([1, expect.stringMatching(/there is no state in .* --findings\n$/)]);
  });
});
