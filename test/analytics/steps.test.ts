import { describe, expect, it } from 'vitest';
import { lastNumberOf, stepsOf } from '../../src/analytics/steps.ts';

/** Each step as its number and the numbers of its statements, transactions in brackets. */
const shape = (script: readonly string[]) =>
  stepsOf(script).map(({ number, items }) => [
    number,
    ...items.map((item) =>
      item.is === 'statement' ? item.statement.number : item.statements.map((one) => one.number),
    ),
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
    expect(() => stepsOf(['select 1', 'begin', 'delete'])).toThrow('the script ends inside a transaction');
  });

  it.each([
    'use warehouse big',
    'USE SCHEMA a.b',
    'set x = 1',
    'unset x',
    'alter session set timezone = x',
    'create temporary table t as select 1',
    'create or replace temp view v as select 1',
    'create local temporary table t (a int)',
    'begin\n  set x = 1;\nend',
    'declare a int; begin use role b; end',
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
  ])('goes on step by step after %j', (statement) => {
    expect(shape([statement, 'select 2'])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('says of each item by which statement it is committed', () => {
    const items = stepsOf(['select 1', 'begin', 'delete', 'commit']).flatMap((step) => step.items);
    expect(items.map(lastNumberOf)).toEqual([1, 4]);
  });
});
