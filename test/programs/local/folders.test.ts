import { mkdtempDisposable, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, it } from 'vitest';
import { foreignParquet } from '../../copy/parquetBytes.ts';
import { runForOutcome, tableOf } from './reactor.ts';
import {
  exportManifest,
  hoursOf,
  legacyManifest,
  putFiles,
  type Row,
  reportFile,
  rowsOf,
  writtenAt,
} from './reports.ts';

/**
 * Folders as people have them, each laid out below one folder with a payer of its own, so that few
 * runs see all of them.
 */
type Files = Readonly<Record<string, Uint8Array | string>>;

const APRIL = 'BILLING_PERIOD=2026-04';
const EXECUTIONS = ['2026-04-15T01:02:03.456Z-e1', '2026-04-16T01:02:03.456Z-e2', '2026-04-17T01:02:03.456Z-e3'];
const FOCUS = ['BilledCost', 'ChargePeriodStart', 'ChargeCategory'];

/** A bill of April of so many rows, which cost one each. */
const bill = (payer: string, rows: number) => reportFile([taxOf(payer), ...hoursOf(payer, '2026-04', rows - 1)]);
/** From the first day of its month to the last, in every refresh. */
const taxOf = (payer: string): Row => ({ payer, period: '2026-04', cost: 1, id: 'tax', hour: 0, hours: 720 });
const below = (folder: string, files: Files) =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
const line = (payer: string, files: number, rows: number, period = '2026-04') =>
  `${period}/${payer} published: ${files} files, ${rows} rows, cost ${rows}`;

async function emptyFolder(): Promise<AsyncDisposable & { readonly from: string; readonly run: Runner }> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'folders-'));
  const [from, keep] = [path.join(folder.path, 'from'), path.join(folder.path, 'keep')];
  const run: Runner = async (...args) => {
    const { status, outcome, stderr } = await runForOutcome('--from', from, '--keep', keep, ...args);
    return { status, table: tableOf(outcome), words: stderr.split('\n').filter((text) => !/^ *[\d.]+s /.test(text)) };
  };
  return { from, run, [Symbol.asyncDispose]: () => folder.remove() };
}

interface Said {
  readonly status: number | null;
  readonly table: string[];
  /** What stderr says beside the progress. */
  readonly words: string[];
}
type Runner = (...args: readonly string[]) => Promise<Said>;

/** Runs over these files once, in a state of its own. */
async function runOver(files: Files, ...args: readonly string[]): Promise<Said> {
  await using folder = await emptyFolder();
  await putFiles(folder.from, files);
  return await folder.run(...args);
}

/** Each is whole, in its own way: its files, what readers see, and what is said to be left out. */
const WHOLE: Record<string, { readonly files: Files; readonly table: string[]; readonly leftOut?: RegExp }> = {
  'executions, synced from inside their period: the newest counts, also when its bytes came before': {
    files: {
      [`${EXECUTIONS[0]}/x-1.parquet`]: bill('100000000001', 30),
      [`${EXECUTIONS[1]}/x-1.parquet`]: bill('100000000001', 40),
      [`${EXECUTIONS[2]}/x-1.parquet`]: bill('100000000001', 30),
    },
    table: [line('100000000001', 1, 30)],
  },
  'executions on a disk that takes no colons: the newest by the time in their names, though its file is older': {
    files: {
      [`x/data/${APRIL}/${windowsName(1)}/x-1.parquet`]: bill('100000000002', 30),
      [`x/data/${APRIL}/${windowsName(0)}/x-1.parquet`]: bill('100000000002', 40),
    },
    table: [line('100000000002', 1, 30)],
  },
  '… and its manifest, whose names still have colons': {
    files: {
      [`x/data/${APRIL}/${windowsName(1)}/x-1.parquet`]: bill('100000000003', 30),
      [`x/metadata/${APRIL}/${windowsName(1)}/x-Manifest.json`]: exportManifest('e2', [
        `cur/x/data/${APRIL}/${EXECUTIONS[1]}/x-1.parquet`,
      ]),
    },
    table: [line('100000000003', 1, 30)],
  },
  'a legacy create-new report that was copied oldest last: what the month’s manifest names counts': {
    files: legacyCreateNew('100000000004', 'cur/hourly/20260401-20260501/'),
    table: [line('100000000004', 1, 30)],
  },
  '… and one that was synced from inside its period': {
    files: legacyCreateNew('100000000005', ''),
    table: [line('100000000005', 1, 30)],
    leftOut: /asm1\/x-1\.parquet: an earlier refresh of the rows in .*asm2\/x-1\.parquet/,
  },
  'the same file under two names counts once': {
    files: { 'x.parquet': bill('100000000006', 30), 'x (1).parquet': bill('100000000006', 30) },
    table: [line('100000000006', 1, 30)],
    leftOut: /x \(1\)\.parquet: the same content as .*x\.parquet/,
  },
  'two refreshes side by side: the one that goes on longer counts': {
    files: { 'on-the-20th.parquet': bill('100000000007', 40), 'on-the-15th.parquet': bill('100000000007', 30) },
    table: [line('100000000007', 1, 40)],
    leftOut: /on-the-15th\.parquet: an earlier refresh of the rows in .*on-the-20th\.parquet/,
  },
  'parts of one month all count': {
    files: {
      'part-1.parquet': bill('100000000008', 30),
      'part-2.parquet': reportFile(hoursOf('100000000008', '2026-04', 20, 30)),
    },
    table: [line('100000000008', 2, 50)],
  },
  'a placeholder without rows changes nothing': {
    files: {
      'hourly/hourly/year=2026/month=4/hourly-00001.parquet': bill('100000000009', 30),
      'hourly/hourly/year=2026/month=4/placeholder.parquet': foreignParquet(0, ['placeholder']),
    },
    table: [line('100000000009', 1, 30)],
  },
  'chosen columns: the month stands in the key': {
    files: {
      [`x/data/${APRIL}/x-1.parquet`]: reportFile(hoursOf('100000000010', '2026-04', 30), [
        'bill_billing_period_start_date',
        'line_item_usage_end_date',
        'identity_line_item_id',
      ]),
    },
    table: [line('100000000010', 1, 30)],
  },
  'an account that joins an organization: each month has its own payer': {
    files: {
      'r/r/year=2026/month=4/r-1.parquet': bill('100000000011', 30),
      'r/r/year=2026/month=5/r-1.parquet': reportFile(hoursOf('100000000012', '2026-05', 20)),
    },
    table: [line('100000000011', 1, 30), line('100000000012', 1, 20, '2026-05')],
  },
  'a Parquet file beside a bill that is none': {
    files: { 'x.parquet': bill('100000000013', 30), 'other.parquet': foreignParquet(2) },
    table: [line('100000000013', 1, 30)],
    leftOut: /other\.parquet: not a cost and usage report: .*"account_id", "recommendation_id"/,
  },
  'a loose copy of what lies in its layout': {
    files: {
      'hourly/hourly/year=2026/month=4/hourly-00001.parquet': bill('100000000014', 30),
      'copy.parquet': bill('100000000014', 30),
    },
    table: [line('100000000014', 1, 30)],
    leftOut: /copy\.parquet: a loose file, and the export .*hourly\/ holds the same month/,
  },
  'the bucket of dashboards: CUR 2.0, FOCUS and recommendations of one payer': {
    files: {
      [`cur2/data/${APRIL}/cur2-1.parquet`]: bill('100000000015', 30),
      [`focus/data/${APRIL}/focus-1.parquet`]: foreignParquet(60, FOCUS),
      'coh/data/date=2026-04-15/coh-1.parquet': foreignParquet(3),
    },
    table: [line('100000000015', 1, 30)],
    leftOut: /focus\/, 2026-04: a FOCUS export/,
  },
};

describe('folders that are whole', { concurrent: true }, () => {
  let said: Said;
  beforeAll(async () => {
    const cases = Object.values(WHOLE).map(({ files }, index) => below(`case ${index}`, files));
    await using folder = await emptyFolder();
    await putFiles(folder.from, Object.assign({}, ...cases));
    // The oldest was copied last.
    for (const month of ['case 3/cur/hourly/20260401-20260501/', 'case 4/']) {
      await writtenAt(folder.from, {
        [`${month}x-Manifest.json`]: 1,
        [`${month}asm2/x-Manifest.json`]: 2,
        [`${month}asm2/x-1.parquet`]: 3,
        [`${month}asm1/x-1.parquet`]: 4,
        [`${month}asm1/x-Manifest.json`]: 5,
      });
    }
    await writtenAt(folder.from, { [`case 1/x/data/${APRIL}/${windowsName(1)}/x-1.parquet`]: 1 });
    said = await folder.run();
  });

  it.for(Object.entries(WHOLE))('%s', ([, { table, leftOut }], { expect }) => {
    for (const text of table) expect(said.table).toContain(text);
    if (leftOut) expect(said.words.join('\n')).toMatch(leftOut);
  });

  it('end with status 0, and nothing else is shown or left out', ({ expect }) => {
    expect(said.status).toBe(0);
    expect(said.table.toSorted()).toEqual(
      Object.values(WHOLE)
        .flatMap(({ table }) => table)
        .toSorted(),
    );
    const words = said.words.filter((text) => text !== '');
    expect(words.filter((text) => !text.startsWith('left out: '))).toEqual([]);
  });
});

/** Each is not whole, or leaves a question: what readers see of it, and what is said. */
const UNCLEAR: Record<string, { readonly files: Files; readonly table: string[]; readonly says: RegExp }> = {
  'an hourly and a daily export with manifests': {
    files: {
      ...exportWithManifest('200000000001', 'hourly', 40),
      ...exportWithManifest('200000000001', 'daily', 12),
    },
    table: [],
    says: /^2026-04\/200000000001 has several reports: "case 0\/(hourly|daily)" is the bill, "case 0\/(daily|hourly)" is left out; choose one with --report$/m,
  },
  'a legacy report and its CUR 2.0 successor without manifests': {
    files: {
      'legacy/hourly/hourly/year=2026/month=4/hourly-1.parquet': bill('200000000002', 40),
      [`exports/cur2/data/${APRIL}/cur2-1.parquet`]: bill('200000000002', 30),
    },
    table: [],
    says: /^2026-04\/200000000002 has several reports: .*; choose one with --report$/m,
  },
  'one of two parts was cut off': {
    files: {
      'hourly/hourly/year=2026/month=4/hourly-1.parquet': bill('200000000003', 40).subarray(0, -200),
      'hourly/hourly/year=2026/month=4/hourly-2.parquet': bill('200000000003', 20),
    },
    table: ['2026-04/200000000003 held: 0 files, 0 rows, cost 0'],
    says: /^2026-04\/200000000003 is held: .*hourly-1\.parquet is quarantined: /m,
  },
  'a manifest without files, beside a month that is whole': {
    files: {
      ...exportWithManifest('200000000004', 'r', 30),
      'r/metadata/BILLING_PERIOD=2026-05/r-Manifest.json': exportManifest('e9', []),
    },
    table: [line('200000000004', 1, 30), '2026-05/200000000004 held: 0 files, 0 rows, cost 0'],
    says: /^2026-05\/200000000004 is held: .*r-Manifest\.json is quarantined: .*dataFiles must name a file/m,
  },
  'an export without costs': {
    files: {
      'r/r/year=2026/month=4/r-1.parquet': reportFile(hoursOf('200000000005', '2026-04', 30), [
        'line_item_unblended_cost',
      ]),
    },
    table: [],
    says: /^left out: case 4\/r\/, 2026-04: no bill without the column line_item_unblended_cost$/m,
  },
  'the same rows twice, without ids that say which is newer': {
    files: alike('200000000006'),
    table: [],
    says: /^case 5\/a\.parquet: its rows stand in case 5\/b\.parquet as well, .*: leave one of them here$/m,
  },
  'rows of two months in one file': {
    files: {
      'x.parquet': reportFile([...hoursOf('200000000007', '2026-04', 30), ...hoursOf('200000000007', '2026-05', 20)]),
    },
    table: [],
    says: /^case 6\/x\.parquet: its rows are of several months: 2026-04 \(30 rows\), 2026-05 \(20 rows\); write one file a month/m,
  },
};

describe('folders that are not whole, or leave a question', { concurrent: true }, () => {
  let said: Said;
  beforeAll(async () => {
    const cases = Object.values(UNCLEAR).map(({ files }, index) => below(`case ${index}`, files));
    said = await runOver(Object.assign({}, ...cases));
  });

  it.for(Object.entries(UNCLEAR))('%s', ([, { table, says }], { expect }) => {
    for (const text of table) expect(said.table).toContain(text);
    expect(said.words.join('\n')).toMatch(says);
  });

  it('of several reports, one is shown: never their sum, never a mix', ({ expect }) => {
    const shown = said.table.filter((text) => /20000000000[12] /.test(text));
    expect(shown).toHaveLength(2);
    expect([line('200000000001', 1, 40), line('200000000001', 1, 12)]).toContain(shown[0]);
    expect([line('200000000002', 1, 40), line('200000000002', 1, 30)]).toContain(shown[1]);
  });

  it('end with status 3, and what nobody understands is not shown', ({ expect }) => {
    expect(said.status).toBe(3);
    expect(said.table.filter((text) => /20000000000[567] /.test(text))).toEqual([]);
  });
});

describe('what the person says', { concurrent: true }, () => {
  it('of payer and month makes no bill of a FOCUS file', async ({ expect }) => {
    const about = ['--payer', '300000000001', '--period', '2026-04'];
    const { status, table, words } = await runOver({ 'focus.parquet': foreignParquet(2, FOCUS) }, ...about);
    expect([status, table]).toEqual([3, []]);
    expect(words).toContain(
      'left out: focus.parquet: a FOCUS export, and only cost and usage reports (CUR) are supported',
    );
  });

  it('of the payer is enough where only the payer’s column is missing', async ({ expect }) => {
    const files = { 'x.parquet': reportFile(hoursOf('', '2026-04', 30), ['bill_payer_account_id']) };
    const { status, table } = await runOver(files, '--payer', '300000000002');
    expect([status, table]).toEqual([0, [line('300000000002', 1, 30)]]);
  });

  it('of the report decides, and decides again: the bill is that one alone', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '300000000003';
    await putFiles(folder.from, {
      ...exportWithManifest(payer, 'hourly', 40),
      ...exportWithManifest(payer, 'daily', 12),
    });
    const daily = await folder.run('--report', 'daily');
    expect(daily).toMatchObject({ status: 0, table: [line(payer, 1, 12)] });
    const hourly = await folder.run('--report', 'hourly');
    expect(hourly).toMatchObject({ status: 0, table: [line(payer, 1, 40)] });
    const silent = await folder.run();
    expect(silent.table).toEqual([line(payer, 1, 40)]);
  });
});

describe('a folder that is looked at again', { concurrent: true }, () => {
  it('shows a newer refresh instead of the one that an earlier run had published', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '400000000001';
    await putFiles(folder.from, { 'on-the-15th.parquet': bill(payer, 30) });
    expect(await folder.run()).toMatchObject({ status: 0, table: [line(payer, 1, 30)] });
    await putFiles(folder.from, { 'on-the-20th.parquet': bill(payer, 50) });
    const second = await folder.run();
    expect(second).toMatchObject({ status: 0, table: [line(payer, 1, 50)] });
    expect(second.words).toContain(
      'left out: on-the-15th.parquet: an earlier refresh of the rows in on-the-20th.parquet',
    );
    expect(await folder.run()).toMatchObject({ status: 0, table: [line(payer, 1, 50)] });
  });

  it('keeps what it shows when an older refresh is added', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '400000000002';
    await putFiles(folder.from, { 'on-the-20th.parquet': bill(payer, 50) });
    await folder.run();
    await putFiles(folder.from, { 'on-the-15th.parquet': bill(payer, 30) });
    expect(await folder.run()).toMatchObject({ status: 0, table: [line(payer, 1, 50)] });
  });

  it('counts a file that was renamed once', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '400000000003';
    await putFiles(folder.from, {
      'x.parquet': bill(payer, 30),
      'y.parquet': reportFile(hoursOf(payer, '2026-04', 9, 60)),
    });
    expect(await folder.run()).toMatchObject({ table: [line(payer, 2, 39)] });
    await rename(path.join(folder.from, 'x.parquet'), path.join(folder.from, 'april.parquet'));
    expect(await folder.run()).toMatchObject({ status: 0, table: [line(payer, 2, 39)] });
  });

  it('shows a month whose files were all put away as one without rows', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '400000000004';
    await putFiles(folder.from, { 'april.parquet': bill(payer, 30) });
    await folder.run();
    await rename(path.join(folder.from, 'april.parquet'), path.join(folder.from, 'april.put-away'));
    await putFiles(folder.from, { 'may.parquet': reportFile(hoursOf(payer, '2026-05', 20)) });
    expect((await folder.run()).table).toEqual([line(payer, 0, 0), line(payer, 1, 20, '2026-05')]);
  });

  it('takes in the months that DuckDB has parted, by the statement that it said', async ({ expect }) => {
    await using folder = await emptyFolder();
    const payer = '400000000005';
    const rows: Row[] = [...hoursOf(payer, '2026-04', 30), ...hoursOf(payer, '2026-05', 20)];
    await putFiles(folder.from, { 'x.parquet': reportFile(rows) });
    const { words } = await folder.run();
    const statement = /copy \(from 'FILE' .*\) to '2026-04\.parquet'$/m.exec(words.join('\n'))?.[0] ?? '';
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    for (const month of ['2026-04', '2026-05']) {
      const own = statement
        .replace('FILE', path.join(folder.from, 'x.parquet'))
        .replace("'2026-04.parquet'", `'${path.join(folder.from, '2026-04.parquet')}'`)
        .replaceAll('2026-04', month);
      await connection.run(own);
    }
    connection.closeSync();
    instance.closeSync();
    await rename(path.join(folder.from, 'x.parquet'), path.join(folder.from, 'x.parted'));
    expect(await folder.run()).toMatchObject({
      status: 0,
      table: [line(payer, 1, 30), line(payer, 1, 20, '2026-05')],
    });
  });
});

/** An execution's folder as a disk without colons has it. */
function windowsName(index: number): string {
  return (EXECUTIONS[index] ?? '').replaceAll(':', '_');
}

/**
 * Two assemblies, the month's manifest, and a copy of each one's own. The second assembly is the
 * newest.
 */
function legacyCreateNew(payer: string, month: string): Files {
  const manifest = (assembly: string) =>
    legacyManifest(assembly, [`billing/cur/hourly/20260401-20260501/${assembly}/x-1.parquet`]);
  return {
    [`${month}asm1/x-1.parquet`]: bill(payer, 40),
    [`${month}asm1/x-Manifest.json`]: manifest('asm1'),
    [`${month}asm2/x-1.parquet`]: bill(payer, 30),
    [`${month}asm2/x-Manifest.json`]: manifest('asm2'),
    [`${month}x-Manifest.json`]: manifest('asm2'),
  };
}

function exportWithManifest(payer: string, name: string, rows: number): Files {
  const data = `${name}/data/${APRIL}/${name}-1.parquet`;
  return {
    [data]: bill(payer, rows),
    [`${name}/metadata/${APRIL}/${name}-Manifest.json`]: exportManifest(`e-${name}`, [`exports/${data}`]),
  };
}

/** Two files whose rows are the same but for their order, without ids. */
function alike(payer: string): Files {
  const rows = rowsOf(payer, '2026-04', ...Array.from({ length: 20 }, (_, index) => index + 1));
  return { 'a.parquet': reportFile(rows), 'b.parquet': reportFile(rows.toReversed()) };
}
