import { describe, expect, it } from 'vitest';
import * as steps from '../../src/analytics/steps.ts';
import { rendered, type ScriptLine } from './rendered.ts';

const { lastNumberOf } = steps;
const stepsOf = (script: readonly ScriptLine[], options?: { oneSession: boolean }) =>
  steps.stepsOf(rendered(script), options);

/** Each step as its number and the numbers of its statements, transactions in brackets. */
const shape = (script: readonly string[]) =>
  stepsOf(script).map(({ number, items }) => [
    number,
    ...items.flatMap((item): (number | number[])[] => {
      const numbers = item.statements.map((one) => one.number);
      return item.is === 'statements' ? numbers : [numbers];
    }),
  ]);

describe('a script', () => {
  it('takes one step for each statement, and one for what stands between begin and commit', () => {
    expect(shape(['create table a', 'begin', 'delete', 'insert', 'commit', 'call b()'])).toEqual([
      [1, 1],
      [3, [3, 4]],
      [6, 6],
    ]);
  });

  it.each([
    'begin',
    'BEGIN TRANSACTION',
    'begin work',
    'start transaction',
    'begin transaction name t1',
    'Begin name t1',
  ])('begins a transaction by %j', (begin) => {
    expect(shape([begin, 'delete', 'commit work'])).toEqual([[2, [2]]]);
  });

  it('of an empty transaction takes a step that does nothing', () => {
    expect(shape(['begin', 'commit'])).toEqual([[2, []]]);
  });

  it('that ends inside a transaction is refused', () => {
    expect(() => stepsOf(['select 1', 'begin', 'delete'])).toThrow(
      'line 2: the script ends inside the transaction that begins here',
    );
  });

  it('keeps the name of a check with its statement', () => {
    const [step] = stepsOf(['create temporary table a (b int)', { sql: 'insert into a select 1', check: 'one' }]);
    expect(step?.items.flatMap(({ statements }) => statements)).toEqual([
      { number: 1, sql: 'create temporary table a (b int)' },
      { number: 2, sql: 'insert into a select 1', check: 'one' },
    ]);
  });

  it.each([
    ['begin', 'delete'],
    ['select 1', 'begin'],
    ['begin', 'commit'],
    ['select 1', 'rollback'],
    ['select 1', 'use schema a'],
    ['show tables', 'select * from table(result_scan(last_query_id()))'],
  ])('refuses a check that cannot fail by itself: behind %j, %j', (before, sql) => {
    expect(() => stepsOf([before, { sql, check: 'one' }])).toThrow('line 2: check one must be one statement by itself');
  });

  it.each([
    'set x = 1',
    'unset x',
    'call makes_temporary_tables()',
    'with p as procedure () returns int language sql as $$ begin return 1; end $$ call p()',
    "execute immediate 'use schema a'",
    'execute immediate $statement',
    'create temporary table t as select 1',
    'create or replace temp view v as select 1',
    'create local temporary table t (a int)',
    'begin\n  set x = 1;\nend',
    'declare a int; begin use role b; end',
    'begin if (a) then create or replace temp table t (a int); end if; end',
    "begin execute immediate 'alter session set timezone = x'; end",
  ])('is one step from %j on: what it changes holds in its session only', (statement) => {
    expect(shape(['select 1', statement, 'begin', 'insert', 'commit', 'select 2'])).toEqual([
      [1, 1],
      [2, 2, [4], 6],
    ]);
  });

  it.each([
    'create table used as select 1',
    'create or replace table temporary_things (a int)',
    'update a set b = 1',
    'insert into settings values (1)',
    'begin insert into a values (1); end',
    'begin update a set b = 1; merge into c using d on true when matched then update set e = 1; end',
    "begin execute immediate 'insert into a values (1)'; end",
    'create procedure p() returns int language sql as begin set x = 1; end',
  ])('goes on step by step after %j', (statement) => {
    expect(shape([statement, 'select 2'])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it.each(['use warehouse big', 'USE SCHEMA a.b', 'alter session set timezone = x', '/* the role */ use role r'])(
    'sets up the session of every step by %j at its head',
    (statement) => {
      const steps = stepsOf([statement, 'use database d', 'select 1', 'begin', 'delete', 'commit']);
      const head = [
        { number: 1, sql: statement },
        { number: 2, sql: 'use database d' },
      ];
      expect(steps.map((step) => [step.number, step.head])).toEqual([
        [3, head],
        [5, head],
      ]);
    },
  );

  it('sets up the session of the rest by what stands at the head of the rest', () => {
    const steps = stepsOf(['use schema a', 'select 1', 'use schema b', 'select 2', 'use schema c', 'select 3']);
    expect(steps.map(({ head }) => head.map(({ number }) => number))).toEqual([[1], [1, 3]]);
    expect(shape(['use schema a', 'select 1', 'use schema b', 'select 2', 'use schema c', 'select 3'])).toEqual([
      [2, 2],
      [4, 4, 5, 6],
    ]);
  });

  it('that only sets up its session takes no step', () => {
    expect(stepsOf(['use schema a'])).toEqual([]);
  });

  it('lets nothing come between a statement and the one that reads its result', () => {
    const items = stepsOf(['select 1', 'show tables', 'select * from table(result_scan(LAST_QUERY_ID()))']);
    expect(items.map((step) => step.items)).toEqual([
      [{ is: 'statements', statements: [{ number: 1, sql: 'select 1' }] }],
      [
        {
          is: 'statements',
          statements: [
            { number: 2, sql: 'show tables' },
            { number: 3, sql: 'select * from table(result_scan(LAST_QUERY_ID()))' },
          ],
        },
      ],
    ]);
    expect(shape(['show tables', "select 'last_query_id()'", 'select last_query_id'])).toHaveLength(3);
  });

  it.each(['rollback', 'ROLLBACK WORK'])('leaves out what %j takes back', (rollback) => {
    expect(shape(['select 1', 'begin', 'delete', rollback, 'select 2', rollback])).toEqual([
      [1, 1],
      [5, 5],
    ]);
  });

  it('lets no statement read the query of a check before it: the engine runs one in between', () => {
    const script = [{ sql: 'show tables', check: 'one' }, 'select * from table(result_scan(last_query_id()))'];
    expect(() => stepsOf(script)).toThrow('line 2: last_query_id() behind a check');
  });

  it('is one step where it says so', () => {
    const script = ['select 1', 'begin', 'delete', 'commit'];
    const [step] = stepsOf(script, { oneSession: true });
    expect(stepsOf(script, { oneSession: true })).toEqual([{ number: 1, head: [], items: step?.items }]);
    expect(step?.items).toHaveLength(2);
  });

  it('says of each item by which statement it is committed', () => {
    const items = stepsOf(['select 1', 'begin', 'delete', 'commit']).flatMap((step) => step.items);
    expect(items.map(lastNumberOf)).toEqual([1, 4]);
  });
});
