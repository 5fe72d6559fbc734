import { mkdir, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { parsePayer } from '../../../src/billing/payer.ts';
import { parsePeriod } from '../../../src/billing/period.ts';
import { parseOptions } from '../../../src/programs/local/options.ts';
import { querySql } from '../../../src/programs/local/sqlQuery.ts';
import { warehousePath } from '../../../src/programs/local/state.ts';
import type { Summary } from '../../../src/programs/local/summaryOptions.ts';
import { summaryQuery } from '../../../src/programs/local/summaryQueries.ts';
import { runReactor, startReactor } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const OTHER = '444455556666';
const SUMMARIES: readonly Summary[] = [
  { by: 'service' },
  { by: 'account' },
  { by: 'day' },
  { by: 'region' },
  { by: 'tag', key: `it's "mine"` },
  { by: 'commitments' },
  { by: 'transfer' },
  { by: 'movers' },
  { by: 'anomalies' },
  { by: 'forecast' },
];

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'summaries-'));
});
afterAll(() => folder.remove());

const below = (name: string) => path.join(folder.path, name);

/** April and May of one payer, April of another, in two currencies. */
let madeState: Promise<string> | undefined;
const state = () => (madeState ??= makeState());
async function makeState(): Promise<string> {
  const euros = rowsOf(PAYER, '2026-05', 16).map((row) => ({ ...row, currency: 'EUR' }));
  await putFiles(below('from'), {
    'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)),
    'b.parquet': reportFile([...rowsOf(PAYER, '2026-05', 4, 8), ...euros]),
    'c.parquet': reportFile(rowsOf(OTHER, '2026-04', 32)),
  });
  await runReactor('--from', below('from'), '--keep', below('keep'));
  return below('keep');
}

const report = async (name: string, ...more: readonly string[]) =>
  runReactor('--report', name, '--keep', await state(), ...more);

const costs = (json: string) =>
  JSON.parse(json).map(({ period, account, unblended, currency }: Record<string, unknown>) => [
    period,
    account,
    unblended,
    currency,
  ]);

describe('npm start -- --report', { concurrent: true }, () => {
  it('prints the newest month, each currency by itself', async ({ expect }) => {
    const { status, stdout, stderr } = await report('account');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Cost by account\n.*\n2 rows\n$/s);
    expect(stdout).toMatch(/2026-05 .* 16\.00 .* EUR\n( {4}.*\n)+2026-05 .* 12\.00 .* USD\n/);
  });

  it('prints one month, one payer, as one JSON document', async ({ expect }) => {
    const april = await report('account', '--period', '2026-04', '--json');
    expect(costs(april.stdout)).toEqual([
      ['2026-04', OTHER, 32, 'USD'],
      ['2026-04', PAYER, 3, 'USD'],
    ]);
    const other = await report('account', '--payer', OTHER, '--json');
    expect(costs(other.stdout)).toEqual([['2026-04', OTHER, 32, 'USD']]);
  });

  it('writes it to a file for a spreadsheet', async ({ expect }) => {
    const { status } = await report('day', '--period', '2026-04', '--csv', below('days.csv'));
    expect([status, await readFile(below('days.csv'), 'utf8')]).toEqual([
      0,
      'day,unblended,amortised,net,monthly,currency\r\n2026-04-01,35,35,35,0,USD\r\n',
    ]);
  });

  it('knows each name, with a payer and a month and without', async ({ expect }) => {
    const instance = await DuckDBInstance.create(warehousePath(await state()), { access_mode: 'READ_ONLY' });
    try {
      for (const summary of SUMMARIES) {
        for (const scope of [{}, { payer: parsePayer(PAYER), period: parsePeriod('2026-05') }]) {
          const { sql, kinds, details = [] } = summaryQuery(summary, scope);
          const answer = await querySql(instance, sql, new AbortController().signal);
          const names = answer.is === 'rows' ? answer.columns.map(({ name }) => name) : [answer.message];
          expect(names, sql).toEqual(expect.arrayContaining([...Object.keys(kinds), ...details, 'currency']));
        }
      }
    } finally {
      instance.closeSync();
    }
  });

  it('says that there is nothing to say', async ({ expect }) => {
    expect((await report('commitments')).stdout).toBe('Reservations and savings plans\n0 rows\n');
  });

  it('asks the process that works on the state', async ({ expect }) => {
    await mkdir(below('watched'));
    const where = ['--from', below('watched'), '--keep', below('watched state')];
    await using reactor = startReactor('--watch', ...where);
    await reactor.line(/watching for new files/);
    await putFiles(below('watched'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 5)) });
    await reactor.line(/ analysed /);
    expect(costs((await runReactor('--report', 'account', '--json', ...where)).stdout)).toEqual([
      ['2026-04', PAYER, 5, 'USD'],
    ]);
  });

  it('says that there is no state, and makes none', async ({ expect }) => {
    const { status, stderr } = await runReactor('--report', 'service', '--keep', below('none'));
    expect([status, stderr]).toEqual([1, expect.stringContaining(`there is no state in ${below('none')} yet`)]);
  });
});

describe('the name behind --report', () => {
  const parse = (...args: string[]) => {
    const options = parseOptions(args, '/home');
    if (typeof options === 'string') throw new Error(options);
    return { summary: options.summary, report: options.report };
  };

  it.for<[string[], unknown]>([
    [['--report', 'service'], { by: 'service' }],
    [['--report=forecast'], { by: 'forecast' }],
    [['--report', 'tag:user_team', '--from', 'd'], { by: 'tag', key: 'user_team' }],
    [['--summary', 'day'], { by: 'day' }],
  ])('is one of a summary: %j', ([args, summary], { expect }) => {
    expect(parse(...args)).toEqual({ summary, report: undefined });
  });

  it.for<[string[], string]>([
    [['--from', 'd', '--report', 'services'], 'services'],
    [['--from', 'd', '--report', '/day'], 'day'],
    [['--from', 'd', '--report=exports/service'], 'exports/service'],
  ])('is one of the report that is the bill: %j', ([args, name], { expect }) => {
    expect(parse(...args)).toEqual({ summary: undefined, report: name });
  });

  it.for<[string[], string]>([
    [['--report', 'tag:'], '--report: must be tag: and the key of a tag'],
    [['--summary', 'weather'], '--report: must be one of service, account, day'],
    [['--report', 'service', '--watch'], '--summary does not go with --watch'],
    [['--report', 'service', '--memory', '1GB'], '--memory does not go with --summary'],
  ])('is refused: %j', ([args, sentence], { expect }) => {
    expect(() => parse(...args)).toThrow(sentence);
  });
});
