import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyticsStatements, loadScript, needsOneSession } from '../../src/analytics/script.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

const ONE = parsePayer('111122223333');

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
    expect(analyticsStatements(script, parsePeriod('2026-12'), [ONE])).toEqual([
      'begin',
      "delete from t where y = 2026 and p in ('111122223333')",
      'commit',
    ]);
  });

  it('says in a comment that it needs one session', () => {
    expect(needsOneSession('-- why\n  -- Reactor:  One session \nselect 1')).toBe(true);
    for (const script of ['select 1', "select '-- reactor: one session'", '/* reactor: one session */ select 1']) {
      expect(needsOneSession(script)).toBe(false);
    }
  });

  it('with a directive that is not known is an error that names it and its line', () => {
    const statements = () => analyticsStatements('select 1;\n-- reactor: one sesion\n', parsePeriod('2026-12'), [ONE]);
    expect(statements).toThrow('line 2: unknown directive "one sesion": there is "one session"');
  });
});
