import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Outcome } from '../../../src/programs/local/outcome.ts';
import { type Ended, runForOutcome, runReactor, tableOf } from './reactor.ts';
import { exportManifest, legacyManifest, putFiles, reportFile, rowsOf, writtenAt } from './reports.ts';

type Run = Ended & { readonly outcome: Outcome };

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), "it's [an] export "));
});
afterAll(() => folder.remove());

const from = () => path.join(folder.path, 'from');
const keep = (name: string) => path.join(folder.path, name);

describe("a folder with several payers' exports, each in one of AWS's layouts", { concurrent: true }, () => {
  let firstRun: Promise<Run> | undefined;
  const run = () => (firstRun ??= runForOutcome('--from', from(), '--keep', keep('state')));
  beforeAll(async () => {
    await createNewWithManifests();
    await createNewWithoutManifests();
    await legacyOverwrite();
    await legacyCreateNew();
    await putFiles(from(), {
      'synced/create-table.sql': 'select 1',
      'synced/cost_and_usage_data_status/status.parquet': 'PAR1',
      'synced/cur2/data/BILLING_PERIOD=2026-04/daily-00001.csv.gz': 'not read',
    });
  });

  it('shows of each only the newest delivery, as its manifest names it, under the payer of its rows', async ({
    expect,
  }) => {
    const { status, outcome } = await run();
    expect(tableOf(outcome)).toEqual([
      '2026-04/111122223333 published: 2 files, 3 rows, cost 14',
      '2026-05/111122223333 published: 1 files, 1 rows, cost 16',
      '2026-04/222233334444 published: 1 files, 1 rows, cost 2',
      '2026-04/333344445555 published: 2 files, 2 rows, cost 3',
      '2026-04/444455556666 published: 1 files, 1 rows, cost 2',
    ]);
    expect([status, outcome.events['object-ignored']]).toEqual([0, undefined]);
  });

  it('has nothing to do in a second run', async ({ expect }) => {
    const { outcome } = await run();
    const again = await runForOutcome('--from', from(), '--keep', keep('state'));
    expect([again.status, again.outcome.events]).toEqual([0, {}]);
    expect(again.outcome.partitions).toEqual(outcome.partitions);
    expect(again.stderr).toMatch(/nothing new: 2\d objects listed/);
  });

  it('is narrowed to one month by --period', async ({ expect }) => {
    const may = await runForOutcome('--from', from(), '--keep', keep('may'), '--period', '2026-05');
    expect(tableOf(may.outcome)).toEqual(['2026-05/111122223333 published: 1 files, 1 rows, cost 16']);
    expect(may.status).toBe(0);
  });
});

describe('a folder whose rows do not say a payer', { concurrent: true }, () => {
  it('is not published until the person says whose it is', async ({ expect }) => {
    const scrubbed = keep('scrubbed');
    const file = 'data/BILLING_PERIOD=2026-04/daily-00001.snappy.parquet';
    await putFiles(scrubbed, { [file]: reportFile(rowsOf('1234567890', '2026-04', 1)) });

    const silent = await runForOutcome('--from', scrubbed, '--keep', keep('silent'));
    expect([silent.status, silent.outcome.partitions]).toEqual([3, []]);
    expect(silent.stderr).toMatch(
      /^the folder: .*bill_payer_account_id: .*"1234567890"; name the payer with --payer ID$/m,
    );

    const stated = await runForOutcome('--from', scrubbed, '--keep', keep('silent'), '--payer', '111122223333');
    expect(stated.status).toBe(0);
    expect(tableOf(stated.outcome)).toEqual(['2026-04/111122223333 published: 1 files, 1 rows, cost 1']);
  });
});

describe('a copy of a part of a bucket', { concurrent: true }, () => {
  it("may be a legacy report's own folder under another name: its manifest still says what counts", async ({
    expect,
  }) => {
    const copied = keep('reports of acme');
    const name = (part: number) => `daily/year=2026/month=4/daily-0000${part}.snappy.parquet`;
    await putFiles(copied, {
      [name(1)]: reportFile(rowsOf('333344445555', '2026-04', 1)),
      // Left over from a larger delivery.
      [name(2)]: reportFile(rowsOf('333344445555', '2026-04', 64)),
      '20260401-20260501/daily-Manifest.json': legacyManifest('a', [`reports/daily/${name(1)}`]),
    });
    const { status, outcome } = await runForOutcome('--from', copied, '--keep', keep('own-folder'));
    expect([status, ...tableOf(outcome)]).toEqual([0, '2026-04/333344445555 published: 1 files, 1 rows, cost 1']);
  });

  it('may be the data folder of a create-new export: its executions are never added up', async ({ expect }) => {
    const copied = keep('data alone');
    await putFiles(copied, {
      'BILLING_PERIOD=2026-04/2026-04-16T03:00:00.000Z-0aaa/x-00001.snappy.parquet': reportFile(
        rowsOf('333344445555', '2026-04', 1),
      ),
      'BILLING_PERIOD=2026-04/2026-04-17T03:00:00.000Z-0bbb/x-00001.snappy.parquet': reportFile(
        rowsOf('333344445555', '2026-04', 2),
      ),
    });
    const { outcome } = await runForOutcome('--from', copied, '--keep', keep('data-alone'));
    expect(tableOf(outcome)).toEqual(['2026-04/333344445555 published: 1 files, 1 rows, cost 2']);
  });
});

describe("a state's folder inside the folder that is read", { concurrent: true }, () => {
  it('is refused: what was staged would be taken for new files', async ({ expect }) => {
    const both = keep('both');
    await putFiles(both, { 'a.parquet': reportFile(rowsOf('111122223333', '2026-04', 1)) });
    const { status, stderr } = await runReactor('--from', both, '--keep', path.join(both, '.local/state'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/--keep/);
  });
});

/**
 * Two executions of April, the older one copied last, and May. The manifests name what was there
 * before the copy.
 */
async function createNewWithManifests(): Promise<void> {
  const [april, may] = ['BILLING_PERIOD=2026-04', 'BILLING_PERIOD=2026-05'];
  const old = `${april}/2026-04-16T15:24:15.653Z-0aaa`;
  const newer = `${april}/2026-04-17T03:00:00.000Z-0bbb`;
  const only = `${may}/2026-05-02T03:00:00.000Z-0ccc`;
  const name = (part: number) => `daily-0000${part}.snappy.parquet`;
  const there = (place: string) => `exports/prod/cur2/data/${place}`;
  const payer = '111122223333';
  await putFiles(path.join(from(), 'synced/cur2'), {
    [`data/${newer}/${name(1)}`]: reportFile(rowsOf(payer, '2026-04', 2, 4)),
    [`data/${newer}/${name(2)}`]: reportFile(rowsOf(payer, '2026-04', 8)),
    [`metadata/${newer}/daily-Manifest.json`]: exportManifest(
      '0bbb',
      [1, 2].map((n) => there(`${newer}/${name(n)}`)),
    ),
    [`data/${only}/${name(1)}`]: reportFile(rowsOf(payer, '2026-05', 16)),
    [`metadata/${only}/daily-Manifest.json`]: exportManifest('0ccc', [there(`${only}/${name(1)}`)]),
    [`data/${old}/${name(1)}`]: reportFile(rowsOf(payer, '2026-04', 1)),
    [`metadata/${old}/daily-Manifest.json`]: exportManifest('0aaa', [there(`${old}/${name(1)}`)]),
  });
}

/** Two executions, the older one copied last. */
async function createNewWithoutManifests(): Promise<void> {
  const april = 'plain/data/BILLING_PERIOD=2026-04';
  await putFiles(from(), {
    [`${april}/2026-04-17T03:00:00.000Z-0bbb/x-00001.snappy.parquet`]: reportFile(rowsOf('222233334444', '2026-04', 2)),
    [`${april}/2026-04-16T03:00:00.000Z-0aaa/x-00001.snappy.parquet`]: reportFile(rowsOf('222233334444', '2026-04', 1)),
  });
}

/**
 * A report with Athena, whose third file is left over from a larger delivery: the manifest does not
 * name it.
 */
async function legacyOverwrite(): Promise<void> {
  const name = (part: number) => `daily-0000${part}.snappy.parquet`;
  const folderOf = (root: string) => `${root}daily/year=2026/month=4/`;
  const reportKeys = [1, 2].map((part) => `reports/daily/${folderOf('')}${name(part)}`);
  const data = (part: number, cost: number) => ({
    [`backup/daily/${folderOf('')}${name(part)}`]: reportFile(rowsOf('333344445555', '2026-04', cost)),
  });
  await putFiles(from(), {
    ...data(1, 1),
    ...data(2, 2),
    ...data(3, 64),
    'backup/daily/20260401-20260501/daily-Manifest.json': legacyManifest('a', reportKeys),
  });
}

/**
 * Two assemblies. The month's folder has a copy of the newest assembly's manifest, written last.
 */
async function legacyCreateNew(): Promise<void> {
  const month = 'hourly/20260401-20260501';
  const file = 'hourly-00001.snappy.parquet';
  const manifest = (assembly: string) => legacyManifest(assembly, [`billing/cur/${month}/${assembly}/${file}`]);
  const names = ['f-first', 'a-second'].flatMap((assembly) => [
    `${assembly}/${file}`,
    `${assembly}/hourly-Manifest.json`,
  ]);
  await putFiles(path.join(from(), month), {
    [`f-first/${file}`]: reportFile(rowsOf('444455556666', '2026-04', 1)),
    'f-first/hourly-Manifest.json': manifest('f-first'),
    [`a-second/${file}`]: reportFile(rowsOf('444455556666', '2026-04', 2)),
    'a-second/hourly-Manifest.json': manifest('a-second'),
    'hourly-Manifest.json': manifest('a-second'),
  });
  const seconds = [...names, 'hourly-Manifest.json'].map((name, index) => [name, index] as const);
  await writtenAt(path.join(from(), month), Object.fromEntries(seconds));
}
