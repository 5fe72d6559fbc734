import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyticsStatements, loadScript, needsOneSession } from '../../src/analytics/script.ts';
import { DEFAULT_TAG_KEYS } from '../../src/analytics/tagKeys.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

const scope = {
  period: parsePeriod('2026-12'),
  payers: [parsePayer('111122223333')],
  tagKeys: DEFAULT_TAG_KEYS,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'script-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a script', () => {
  it('is read without its byte order mark', async () => {
    const path = join(folder, 'marked.sql');
    await writeFile(path, '\uFEFFselect 1');
    expect(await loadScript(path)).toBe('select 1');
  });

  it('that is not there is an error', async () => {
    await expect(loadScript(join(folder, 'none.sql'))).rejects.toThrow('ENOENT');
  });

  it('is filled first and split then', () => {
    const script = 'begin;\ndelete from t where y = #startyear and p in (#payers_ids);\ncommit;';
    expect(analyticsStatements(script, scope)).toEqual([
      { sql: 'begin', line: 1 },
      { sql: "delete from t where y = 2026 and p in ('111122223333')", line: 2 },
      { sql: 'commit', line: 3 },
    ]);
  });

  it('says in a comment that it needs one session', () => {
    expect(needsOneSession('-- why\n  -- Reactor:  One session \nselect 1')).toBe(true);
    for (const script of ['select 1', "select '-- reactor: one session'", '/* reactor: one session */ select 1']) {
      expect(needsOneSession(script)).toBe(false);
    }
  });

  it('with a directive that is not known is an error that names it and its line', () => {
    const statements = () => analyticsStatements('select 1;\n-- reactor: one sesion\n', scope);
    expect(statements).toThrow('line 2: unknown directive "one sesion": there is "one session" and "check NAME"');
  });

  it('marks the statement right behind it as a check, with its line', () => {
    const script = `-- reactor: one session
create temporary table t (a int); -- reactor: check first-1
-- Why it is one.

  insert into t select 1; insert into t select 2;
  --reactor:  check second
/* ; */
 insert into t
select 3`;
    expect(analyticsStatements(script, scope)).toEqual([
      { sql: 'create temporary table t (a int)', line: 2 },
      { sql: 'insert into t select 1', line: 5, check: 'first-1' },
      { sql: 'insert into t select 2', line: 5 },
      { sql: 'insert into t\nselect 3', line: 8, check: 'second' },
    ]);
  });

  it.each([
    [
      '-- reactor: check a\nselect 1;\n-- reactor: check a\nselect 2',
      'line 3: check a is marked twice, first on line 1',
    ],
    ['-- reactor: check a\n-- reactor: check b\nselect 1', 'line 2: the statement behind it is marked twice: "b"'],
    ['select 1;\n-- reactor: check a\n', 'line 2: check a has no statement behind it'],
    ['select 1\n-- reactor: check a\n + 2;select 3', 'line 2: check a has no statement behind it'],
    ['-- reactor: check Idle\nselect 1', 'line 1: unknown directive "check Idle"'],
    ['-- reactor: check\nselect 1', 'line 1: unknown directive "check"'],
    ['-- reactor: checks\nselect 1', 'line 1: unknown directive "checks"'],
    ['-- reactor: check a b\nselect 1', 'line 1: unknown directive "check a b"'],
  ])('with a mark that marks no check is an error that names it and its line: %j', (script, message) => {
    expect(() => analyticsStatements(script, scope)).toThrow(message);
    expect(() => analyticsStatements(script, scope)).toThrow(expect.objectContaining({ name: 'ScriptError' }));
  });
});
