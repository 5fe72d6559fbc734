import { chmod, mkdtempDisposable, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/commandLine.ts';
import { checkCsvFile, csvOf, writeCsv } from '../../../src/programs/local/csv.ts';
import { resourceFindings } from '../../../src/programs/local/resourceFindings.ts';
import { wastageFinding } from './findings.ts';

const found = (...changes: readonly Parameters<typeof wastageFinding>[0][]) =>
  resourceFindings(changes.map(wastageFinding), new Map());

/** The only finding's cells by the names of their columns; none of them holds a comma here. */
function cells(...changes: readonly Parameters<typeof wastageFinding>[0][]): Record<string, string | undefined> {
  const [names = '', line = ''] = csvOf(found(...changes)).split('\r\n');
  const values = line.split(',');
  return Object.fromEntries(names.split(',').map((name, index) => [name, values[index]]));
}

describe('comma-separated values', () => {
  it('are a header line and a line for each finding, each ended by CR and LF', () => {
    expect(csvOf([])).toMatch(/^check,title,payer,[a-z_,]+,found_at\r\n$/);
    expect(csvOf(found({ tags: null }, { tags: null, resource: 'vol-2' })).split('\r\n')).toHaveLength(4);
  });

  it('quote what holds a comma, a quote mark or a line break, and double quote marks', () => {
    const text = csvOf(found({ evidence: 'a, "b"\nc' }));
    expect(text).toContain(',"a, ""b""\nc",');
    expect(text).toContain(',"{""user_owner"":""team-a""}",');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '=cmd|x'])('let no spreadsheet calculate %j', (text) => {
    expect(cells({ evidence: text, tags: null }).evidence).toBe(`'${text}`);
  });

  it('neutralize what is quoted as well', () => {
    expect(csvOf(found({ evidence: '=HYPERLINK("x","y")' }))).toContain(`,"'=HYPERLINK(""x"",""y"")",`);
    expect(csvOf(found({ evidence: '\r=1' }))).toContain(`,"'\r=1",`);
  });

  it('have amounts as numbers, a sign included, and nothing where nothing is known', () => {
    const of = cells({ monthlyCost: -1.5, estimatedSaving: null, wholeMonthSaving: 1e-7, tags: null });
    expect(of).toMatchObject({ cost: '-1.5', estimated_saving: '', whole_month_saving: '1e-7', payer_name: '' });
  });
});

describe('the file of findings', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  beforeEach(async () => {
    folder = await mkdtempDisposable(path.join(tmpdir(), 'csv-'));
  });
  afterEach(() => folder.remove());
  const below = (name: string) => path.join(folder.path, name);
  const nowhere = { write: () => expect.unreachable() };

  it('is replaced as a whole, keeps who may read it, and leaves nothing beside it', async () => {
    const file = below('a.csv');
    await writeFile(file, 'old');
    await chmod(file, 0o600);
    await symlink(file, below('link.csv'));
    await writeCsv(below('link.csv'), found({}), nowhere);
    expect(await readFile(file, 'utf8')).toBe(csvOf(found({})));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder.path)).sort()).toEqual(['a.csv', 'link.csv']);
  });

  it('goes to stdout where that is asked for', async () => {
    const written: string[] = [];
    await writeCsv('-', found({}), { write: (text) => written.push(text) });
    expect(written).toEqual([csvOf(found({}))]);
  });

  it('is refused before anything is done where none can be', async () => {
    await expect(checkCsvFile(folder.path)).rejects.toThrow(UsageError);
    await expect(checkCsvFile(below('missing/a.csv'))).rejects.toThrow(
      /--csv must be a file in a folder that is there/,
    );
    await expect(checkCsvFile(below('a.csv'))).resolves.toBeUndefined();
    await expect(checkCsvFile('-')).resolves.toBeUndefined();
  });
});
