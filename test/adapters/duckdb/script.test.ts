import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdbWarehouse } from '../../../src/adapters/duckdb/warehouse.ts';
import { FencedOff } from '../../../src/warehouse/warehouse.ts';
import { rendered } from '../../analytics/rendered.ts';
import { OUTCOMES } from '../../warehouse/contract/script.ts';
import { ALPHA, BETA, PERIOD, runOf } from '../../warehouse/harness.ts';
import { firstStep, runScript } from '../../warehouse/runScript.ts';
import { type DuckdbHarness, makeDuckdbHarness } from './harness.ts';

const FINDINGS_OF_SEEN = `insert into cur_findings (payer, year, month, check_name, account, resource)
  select payer, 2026, 10, 'ran', '', '' from seen`;

let harness: DuckdbHarness;
beforeEach(async () => {
  harness = await makeDuckdbHarness();
});
afterEach(() => harness.close());

describe('analytics', () => {
  it('that fail give the type and the words of DuckDB’s error, on one line', async () => {
    harness.script(['select 1', "insert into cur_findings\nselect 'x\u202e'::INTEGER"]);
    const state = await runScript(harness.warehouse.script, runOf(1), []);
    expect(state).toMatchObject({ is: 'failed', failure: { statement: 2, code: 'Binder Error' } });
    harness.script(["select 'x\u202e\n'::INTEGER"]);
    expect(await runScript(harness.warehouse.script, runOf(2), [])).toEqual({
      is: 'failed',
      failure: {
        statement: 1,
        code: 'Conversion Error',
        message: expect.stringMatching(/^statement 1 \(select 'x\\u\{202e\}\): Conversion Error: [^\n\u202e]*$/),
      },
    });
  });

  it('that were committed by a process that died before it could say so are not run again', async () => {
    harness.script([harness.insertFinding(ALPHA.payer), harness.insertFinding(BETA.payer)]);
    const [first, second] = harness.warehouse.script.steps(PERIOD, []);
    if (!first || !second) throw new Error('the script has two steps');
    await harness.warehouse.script.submit(runOf(1), first);
    const later = await openDuckdbWarehouse({ ...harness, analyticsStatements: () => [] });
    expect(await later.script.look(runOf(1), first, undefined)).toEqual({ is: 'done' });
    expect(await later.script.look(runOf(1), second, undefined)).toBeUndefined();
    expect(await later.script.submit(runOf(1), first)).toEqual({ is: 'done' });
    expect(await later.script.submit(runOf(1), second)).toEqual({ is: 'done' });
    await expect(later.script.look(runOf(0, 1), first, undefined)).rejects.toThrow(FencedOff);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, BETA.payer]);
    await later.close();
  });

  it('that are one step keep their temporary tables and settings, and leave none behind', async () => {
    harness.script([
      `create temporary table seen as select '${ALPHA.payer}' as payer`,
      "set search_path = 'information_schema'",
      `insert into main.cur_findings (payer, year, month, check_name, account, resource)
       select payer, 2026, 10, 'ran', '', '' from temp.seen`,
    ]);
    for (const number of [1, 2]) {
      expect(await runScript(harness.warehouse.script, runOf(number), [])).toEqual({ is: 'done' });
    }
    await harness.warehouse.raiseFence(PERIOD, 3);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, ALPHA.payer]);
  });

  it('that are taken up again in a new session fill their temporary tables again', async () => {
    harness.script([
      'create temporary table seen (payer varchar)',
      `insert into seen values ('${ALPHA.payer}')`,
      FINDINGS_OF_SEEN,
      'insert into cur_late_table select 1',
      FINDINGS_OF_SEEN,
    ]);
    const step = firstStep(harness.warehouse.script.steps(PERIOD, []));
    expect(await harness.warehouse.script.submit(runOf(1), step)).toMatchObject({ is: 'failed' });
    await harness.write('create table cur_late_table (a integer)');
    expect(await harness.warehouse.script.look(runOf(1), step, undefined)).toBeUndefined();
    expect(await harness.warehouse.script.submit(runOf(1), step)).toEqual({ is: 'done' });
    expect(await harness.warehouse.script.look(runOf(1), step, undefined)).toEqual({ is: 'done' });
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer, ALPHA.payer]);
  });

  it('write to the file no more often when they fill their temporary tables by many statements', async () => {
    const written = async (statements: number, number: number) => {
      const insert = { sql: 'insert into seen select 1', check: 'some' };
      harness.script([OUTCOMES, 'create temporary table seen (a integer)', ...Array(statements).fill(insert)]);
      const before = await harness.logBytes();
      expect(await runScript(harness.warehouse.script, runOf(number), [])).toEqual({ is: 'done' });
      return (await harness.logBytes()) - before;
    };
    await written(1, 1);
    const few = await written(1, 2);
    expect(few).toBeGreaterThan(0);
    expect(await written(200, 3)).toBe(few);
  });

  it('note how each check went, and go on behind one that failed, of which nothing is left', async () => {
    harness.script([
      OUTCOMES,
      'create temporary table seen (payer varchar)',
      { sql: `insert into seen values ('${ALPHA.payer}')`, check: 'right' },
      {
        sql: `insert into seen select if(i = 5000, error('x\u202e\n'), 'y') from range(10000) as t (i)`,
        check: 'wrong',
      },
      `create table went as select name, seconds, code, message, (select count(*) from seen) as seen
       from cur_statement_outcomes`,
      FINDINGS_OF_SEEN,
    ]);
    expect(await runScript(harness.warehouse.script, runOf(1), [])).toEqual({ is: 'done' });
    expect(await harness.query('select * exclude (seconds), seconds > 0 as took from went order by name')).toEqual([
      { name: 'right', code: null, message: null, seen: 1n, took: true },
      {
        name: 'wrong',
        code: 'Invalid Input Error',
        message: 'Invalid Input Error: x\\u{202e}',
        seen: 1n,
        took: true,
      },
    ]);
    expect(await harness.analysed(PERIOD)).toEqual([ALPHA.payer]);
  });

  it('cut the words of a check that failed', async () => {
    harness.script([
      OUTCOMES,
      { sql: "select error(repeat('x', 1000))", check: 'wrong' },
      'create table went as select length(message) as characters from cur_statement_outcomes',
    ]);
    expect(await runScript(harness.warehouse.script, runOf(1), [])).toEqual({ is: 'done' });
    expect(await harness.query('select * from went')).toEqual([{ characters: 501n }]);
  });

  it('run in a database of an older release', async () => {
    const path = `${harness.path}.old`;
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run('create table cur_fence (period VARCHAR primary key, epoch BIGINT)');
    await connection.run(`insert into cur_fence values ('${PERIOD}', 7)`);
    connection.closeSync();
    instance.closeSync();
    for (const number of [8, 9]) {
      const warehouse = await openDuckdbWarehouse({
        ...harness,
        path,
        analyticsStatements: () => rendered(['select 1']),
      });
      await expect(warehouse.raiseFence(PERIOD, 6)).rejects.toThrow(FencedOff);
      expect(await runScript(warehouse.script, runOf(number), [])).toEqual({ is: 'done' });
      await warehouse.close();
    }
  });

  it('find the tables that they write in a database of an older release, with what that had found', async () => {
    const path = `${harness.path}.old`;
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`create table cur_findings (payer varchar not null, year integer not null,
      month integer not null, check_name varchar not null, account varchar not null, region varchar,
      resource varchar not null, monthly_cost double, estimated_saving double, currency varchar,
      found_at datetime default current_timestamp)`);
    await connection.run(`insert into cur_findings (payer, year, month, check_name, account, resource)
      values ('${ALPHA.payer}', 2026, 10, 'old', '', '')`);
    connection.closeSync();
    instance.closeSync();
    for (const resource of ['one', 'two']) {
      const insert = `insert into cur_findings (payer, year, month, check_name, account, resource, service, first_day, alternative_to)
        values ('${ALPHA.payer}', 2026, 10, 'new', '', '${resource}', 'AmazonEC2', '2026-10-01', 'other')`;
      const warehouse = await openDuckdbWarehouse({ ...harness, path, analyticsStatements: () => rendered([insert]) });
      expect(await runScript(warehouse.script, runOf(resource.length), [])).toEqual({ is: 'done' });
      await warehouse.close();
    }
    const warehouse = await openDuckdbWarehouse({ ...harness, path, analyticsStatements: () => [] });
    expect((await warehouse.findings()).map(({ check }) => check)).toEqual(['new', 'old']);
    await warehouse.close();
  });

  it('are read back largest saving first, findings without one last', async () => {
    const instance = await DuckDBInstance.fromCache(harness.path);
    const connection = await instance.connect();
    await connection.run(`insert into cur_findings
        (payer, year, month, check_name, account, region, resource, monthly_cost, estimated_saving, currency)
      values ('111111111111', 2026, 10, 'small', 'acc', null, 'vol-1', 5, 1, 'USD'),
        ('111111111111', 2026, 10, 'unknown', '', 'eu-west-1', '', null, null, null),
        ('222222222222', 2026, 9, 'large', 'acc', 'eu-west-1', 'vol-2', 50, 40, 'USD')`);
    connection.closeSync();
    instance.closeSync();
    const found = await harness.warehouse.findings();
    expect(found.map(({ check }) => check)).toEqual(['large', 'small', 'unknown']);
    expect(found[0]).toMatchObject({
      check: 'large',
      payer: BETA.payer,
      period: '2026-09',
      account: 'acc',
      region: 'eu-west-1',
      resource: 'vol-2',
      monthlyCost: 50,
      estimatedSaving: 40,
      currency: 'USD',
    });
  });
});
