import { describe, expect, it } from 'vitest';
import { sessionItemsOf } from '../../src/analytics/sessionItems.ts';
import { stepsOf } from '../../src/analytics/steps.ts';
import { rendered } from './rendered.ts';

/** Of each item behind the first, whether it is gone with its session. */
function areGone(first: string, ...script: readonly string[]): boolean[] {
  const [step] = stepsOf(rendered([first, ...script]), { oneSession: true });
  if (!step) throw new Error('the script has a step');
  const gone = sessionItemsOf(step);
  return step.items.map((item) => gone.has(item)).slice(1);
}
const CREATE = 'create or replace temporary table Seen as select 1 as a';

describe('what a step does to its temporary tables is gone with its session', () => {
  it.each([
    'insert into seen select 2',
    'INSERT INTO "SEEN" (a) values (1)',
    'insert into temp.seen select 2',
    'insert into temp.main.seen select 2',
    '-- why\nupdate seen set a = 2',
    'delete from seen where a in (select a from lasting)',
    'delete from seen',
    'merge into seen using lasting on true when matched then update set a = 3',
    'truncate table seen',
    'drop table if exists seen',
    'alter table seen add column b int',
    'create or replace temp table if not exists seen (a int)',
    'set threads = 1',
  ])('%s', (statement) => {
    expect(areGone(CREATE, statement)).toEqual([true]);
  });

  it.each([
    'insert into lasting select a from seen',
    'insert into main.seen select 2',
    'update lasting set a = (select max(a) from seen)',
    'create table seen_too as select * from seen',
    'create table if not exists other (seen int)',
    'drop table lasting',
    'select * from seen',
    'with seen as (select 1) select * from seen',
  ])('but not %s', (statement) => {
    expect(areGone(CREATE, statement)).toEqual([false]);
  });

  it('from when they are created until they are dropped', () => {
    const insert = 'insert into seen select 2';
    expect(areGone('select 1', insert, CREATE, insert, 'drop table seen', insert)).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('also in a transaction, if there is nothing else in it', () => {
    expect(areGone(CREATE, 'begin', 'delete from seen', 'insert into seen select 2', 'commit')).toEqual([true]);
    expect(areGone(CREATE, 'begin', 'delete from seen', 'insert into lasting select 2', 'commit')).toEqual([false]);
  });
});
