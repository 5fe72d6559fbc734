import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { querySql } from '../../../src/programs/local/sqlQuery.ts';
import { warehousePath } from '../../../src/programs/local/state.ts';
import { PROJECT, runReactor, startReactor } from './reactor.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(path.join(tmpdir(), 'sql-'));
});
afterAll(() => folder.remove());

const below = (name: string) => path.join(folder.path, name);

/** A state with two rows of April, of 1 and 2 dollars, made by a run of its own. */
let madeState: Promise<string> | undefined;
const state = () => (madeState ??= makeState());
async function makeState(): Promise<string> {
  await putFiles(below('from'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
  await runReactor('--from', below('from'), '--keep', below('keep'));
  return below('keep');
}

const ask = async (sql: string, ...more: readonly string[]) =>
  runReactor('--sql', sql, '--keep', await state(), ...more);

describe('npm start -- --sql', { concurrent: true }, () => {
  it('answers with a table and the number of rows, as one JSON document with --json', async ({ expect }) => {
    const sql = `select payer, sum(line_item_unblended_cost) as cost, null as nothing, ['x'] as list
      from cur_line_items group by payer`;
    const { status, stdout, stderr } = await ask(sql);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/│ payer +│ cost │ nothing │ list +│\n.*\n│ 111122223333 │ +3 │ +│ \["x"\] │\n.*\n1 row\n$/);
    const json = await ask(sql, '--json');
    expect([json.status, JSON.parse(json.stdout)]).toEqual([
      0,
      [{ payer: PAYER, cost: 3, nothing: null, list: ['x'] }],
    ]);
  });

  it('says that there are no rows', async ({ expect }) => {
    expect(await ask('select * from cur_findings')).toEqual({ status: 0, stdout: '0 rows\n', stderr: '' });
  });

  it('counts days in UTC', async ({ expect }) => {
    const { stdout } = await ask(`select current_setting('TimeZone') as zone`, '--json');
    expect(JSON.parse(stdout)).toEqual([{ zone: 'UTC' }]);
  });

  it.for([
    ['delete from cur_findings', /^only a statement that reads is answered, got DELETE\n$/],
    [`copy cur_findings to '/tmp/x.csv'`, /^only a statement that reads is answered, got COPY\n$/],
    [`attach '/tmp/other.db'`, /^only a statement that reads is answered, got ATTACH\n$/],
    ['set threads = 1', /^only a statement that reads is answered, got SET\n$/],
    ['select 1; drop table cur_findings', /^one statement is answered at a time, got 2\n$/],
    ['selec 1', /^Parser Error: syntax error at or near "selec"\n$/],
    ['select nothing from cur_line_items', /^Binder Error: [^\n]*\n$/],
    ['select * from cur_line_item', /^Catalog Error: Table with name cur_line_item does not exist![^\n]*\n$/],
    ['-- nothing', /^there is no statement in it\n$/],
  ] as const)('refuses in one sentence, with status 2, %s', async ([sql, sentence], { expect }) => {
    const { status, stdout, stderr } = await ask(sql);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
  });

  it('ends with status 1 when DuckDB cannot answer, in one sentence', async ({ expect }) => {
    const { status, stderr } = await ask(`select cast('x' as integer)`);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Conversion Error: [^\n]*\n$/)]);
  });

  it('changes nothing even where a reading statement would: explain analyze runs what it explains', async ({
    expect,
  }) => {
    const { status, stderr } = await ask('explain analyze delete from cur_current_files');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/read-only/)]);
    const { stdout } = await ask('select count(*) as files from cur_current_files', '--json');
    expect(JSON.parse(stdout)).toEqual([{ files: 1 }]);
  });

  it('says that there is no state, and makes none', async ({ expect }) => {
    const { status, stderr } = await runReactor('--sql', 'select 1', '--keep', below('none'));
    expect([status, stderr]).toEqual([
      1,
      `there is no state in ${below('none')} yet: npm start makes one, with the same options but --sql\n`,
    ]);
  });

  it('asks the process that works on the state, before and after it has taken something in', async ({ expect }) => {
    await mkdir(below('watched'));
    const where = ['--from', below('watched'), '--keep', below('watched state')];
    await using reactor = startReactor('--watch', ...where);
    await reactor.line(/watching for new files/);
    const count = ['--sql', 'select count(*) as rows from cur_line_items', '--json', ...where];
    expect(await runReactor(...count)).toEqual({ status: 0, stdout: '[{"rows":0}]\n', stderr: '' });
    await putFiles(below('watched'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1, 2)) });
    await reactor.line(/ analysed /);
    expect(await runReactor(...count)).toEqual({ status: 0, stdout: '[{"rows":2}]\n', stderr: '' });
    const wrong = await runReactor('--sql', 'delete from cur_findings', ...where);
    expect([wrong.status, wrong.stderr]).toEqual([2, 'only a statement that reads is answered, got DELETE\n']);
  });

  it('asks it also where the path of the state is too long for a socket', async ({ expect }) => {
    const keep = below('x'.repeat(120));
    await mkdir(below('empty'));
    await using reactor = startReactor('--watch', '--from', below('empty'), '--keep', keep);
    await reactor.line(/watching for new files/);
    expect((await runReactor('--sql', 'select 1 as one', '--json', '--keep', keep)).stdout).toBe('[{"one":1}]\n');
  });

  it('reads the database of a process that was killed', async ({ expect }) => {
    await putFiles(below('killed'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)) });
    const where = ['--from', below('killed'), '--keep', below('killed state')];
    await using reactor = startReactor('--watch', ...where);
    await reactor.line(/watching for new files/);
    reactor.signal('SIGKILL');
    await reactor.ended;
    const { stdout, stderr } = await runReactor(
      '--sql',
      'select count(*) as rows from cur_line_items',
      '--json',
      ...where,
    );
    expect([stdout, stderr]).toEqual(['[{"rows":1}]\n', '']);
  });

  it('says in one sentence that another program has the database open, which one, and its process', async ({
    expect,
  }) => {
    await putFiles(below('held'), { 'a.parquet': reportFile(rowsOf(PAYER, '2026-04', 1)) });
    const where = ['--from', below('held'), '--keep', below('held state')];
    await runReactor(...where);
    const held = await DuckDBInstance.create(warehousePath(below('held state')));
    try {
      const { status, stderr } = await runReactor(...where);
      const sentence = `${warehousePath(below('held state'))} is held open by another program, `;
      expect([status, stderr]).toEqual([1, expect.stringContaining(sentence)]);
      expect(stderr).toMatch(new RegExp(` \\(process ${process.pid}\\): close it there, and start again\\n$`));
    } finally {
      held.closeSync();
    }
  });

  it('says in one sentence that the database is none', async ({ expect }) => {
    await mkdir(below('broken'));
    await writeFile(path.join(below('broken'), 'ledger.sqlite'), '');
    await writeFile(warehousePath(below('broken')), 'nothing of the kind, and longer than a header of any sort');
    const { status, stderr } = await runReactor('--sql', 'select 1', '--keep', below('broken'));
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^the warehouse cannot be used: [^\n]*warehouse\.duckdb[^\n]*\n$/),
    ]);
  });
});

describe('the queries of sql/README.md', () => {
  it('are ten, and each answers with rows of the sample', async ({ expect }) => {
    const document = await readFile(path.join(PROJECT, 'sql', 'README.md'), 'utf8');
    const [, section = ''] = document.split('## Queries to begin with\n');
    const [ofSection = ''] = section.split('\n## ');
    const queries = [...ofSection.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
    expect(queries).toHaveLength(10);
    await runReactor('--keep', below('sample'));
    const instance = await DuckDBInstance.create(warehousePath(below('sample')), { access_mode: 'READ_ONLY' });
    try {
      for (const sql of queries) {
        const answer = await querySql(instance, sql, new AbortController().signal);
        expect(answer, sql).toMatchObject({ is: 'rows', rows: expect.arrayContaining([expect.anything()]) });
      }
    } finally {
      instance.closeSync();
    }
  });
});
