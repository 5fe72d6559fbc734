import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyticsStatements, loadScript } from '../../src/analytics/script.ts';
import { parsePayer } from '../../src/billing/payer.ts';
import { parsePeriod } from '../../src/billing/period.ts';

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
    expect(analyticsStatements(script, parsePeriod('2026-12'), [parsePayer('111122223333')])).toEqual([
      'begin',
      "delete from t where y = 2026 and p in ('111122223333')",
      'commit',
    ]);
  });
});
