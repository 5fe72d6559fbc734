import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readRowFacts } from '../../src/local/rowFacts.ts';
import { parquetBytes } from '../staging/parquetBytes.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

/** What the rows of files with these names and contents say, by name. */
async function factsOf(files: Readonly<Record<string, Uint8Array | string>>) {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'rows-'));
  await putFiles(folder.path, files);
  const facts = await readRowFacts(Object.keys(files).map((name) => path.join(folder.path, name)));
  return Object.fromEntries([...facts].map(([file, fact]) => [path.relative(folder.path, file), fact]));
}

it('every payer and every month in the rows is told, once', async () => {
  const rows = [...rowsOf('111122223333', '2026-04', 1, 2), ...rowsOf('222233334444', '2026-05', 4)];
  const { a } = await factsOf({ a: reportFile(rows) });
  if (typeof a !== 'object') throw new Error(`cannot be read: ${a}`);
  expect([a.payers.toSorted(), a.periods.toSorted()]).toEqual([
    ['111122223333', '222233334444'],
    ['2026-04', '2026-05'],
  ]);
});

it('a file without rows says nothing, and neither does a value that is empty', async () => {
  const nothing = { payers: [], periods: [] };
  const facts = await factsOf({ none: reportFile([]), blank: reportFile(rowsOf('', '2026-04', 1)) });
  expect(facts).toEqual({ none: nothing, blank: { payers: [], periods: ['2026-04'] } });
});

it('a file that cannot be read does not hide what the others say', async () => {
  const facts = await factsOf({
    good: reportFile(rowsOf('111122223333', '2026-04', 1)),
    text: 'no Parquet at all',
    empty: '',
    'other columns': parquetBytes(2),
  });
  expect(facts).toEqual({
    good: { payers: ['111122223333'], periods: ['2026-04'] },
    text: expect.any(String),
    empty: expect.any(String),
    'other columns': expect.stringContaining('bill_payer_account_id'),
  });
});

it.each([
  'it\'s "quoted" [a-z]* {b,c} ?.parquet',
  'a+b%2F%00 é 費用 🙂.parquet',
  'line\nbreak\ttab \u001b[0m.parquet',
  'year=1999/month=1/payers=x/hive.parquet',
  "cost $& $1 $` $' $$ paths.parquet",
])('a file is found whatever it is called: %j', async (name) => {
  const fact = { payers: ['111122223333'], periods: ['2026-04'] };
  expect(await factsOf({ [name]: reportFile(rowsOf('111122223333', '2026-04', 1)) })).toEqual({ [name]: fact });
});
