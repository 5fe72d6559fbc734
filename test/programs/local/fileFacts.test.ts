import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderObjectStore } from '../../../src/adapters/folder/objectStore.ts';
import { type FileFacts, readFileFacts } from '../../../src/programs/local/fileFacts.ts';
import { foreignParquet } from '../../copy/parquetBytes.ts';
import { putFiles, reportFile, rowsOf } from './reports.ts';

const [ALPHA, BETA] = ['111122223333', '222233334444'];
const [PAYER, PERIOD] = ['bill_payer_account_id', 'bill_billing_period_start_date'];

/** What files with these names and contents are, by name. */
async function factsOf(files: Readonly<Record<string, Uint8Array | string>>) {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'facts-'));
  await putFiles(folder.path, files);
  const store = new FolderObjectStore(new Map([['here', folder.path]]));
  const facts = await readFileFacts(store, 'here', Object.keys(files), (key) => path.join(folder.path, key));
  return Object.fromEntries(facts);
}

const groupsOf = (facts: FileFacts | undefined) => (facts?.is === 'report' ? facts.groups : facts);

describe('a report', () => {
  it('is described by its size, its columns, and how many rows say which payer and month', async () => {
    const rows = [...rowsOf(ALPHA, '2026-04', 1, 2), ...rowsOf(BETA, '2026-05', 4)];
    const bytes = reportFile(rows);
    const { a } = await factsOf({ a: bytes });
    expect(a).toMatchObject({ is: 'report', sizeBytes: bytes.length });
    expect(a?.is === 'report' && a.columns).toContain('line_item_unblended_cost');
    expect(groupsOf(a)).toEqual([
      { payer: ALPHA, period: '2026-04', rows: 2 },
      { payer: BETA, period: '2026-05', rows: 1 },
    ]);
  });

  it('whose owner left columns out says what the others say', async () => {
    const rows = rowsOf(ALPHA, '2026-04', 1, 2);
    const { whole, payer, period, neither } = await factsOf({
      whole: reportFile(rows),
      payer: reportFile(rows, [PAYER]),
      period: reportFile(rows, [PERIOD]),
      neither: reportFile(rows, [PAYER, PERIOD]),
    });
    expect(groupsOf(whole)).toEqual([{ payer: ALPHA, period: '2026-04', rows: 2 }]);
    expect(groupsOf(payer)).toEqual([{ payer: null, period: '2026-04', rows: 2 }]);
    expect(groupsOf(period)).toEqual([{ payer: ALPHA, period: null, rows: 2 }]);
    expect(groupsOf(neither)).toEqual([{ payer: null, period: null, rows: 2 }]);
  });

  it('whose rows have an empty value says none', async () => {
    const { blank } = await factsOf({ blank: reportFile(rowsOf('', '2026-04', 1)) });
    expect(groupsOf(blank)).toEqual([{ payer: null, period: '2026-04', rows: 1 }]);
  });

  it.each([
    'it\'s "quoted" [a-z]* {b,c} ?.parquet',
    'a+b%2F%00 é 費用 🙂.parquet',
    'line\nbreak\ttab \u001b[0m.parquet',
    'year=1999/month=1/bill_payer_account_id=x/hive.parquet',
    "cost $& $1 $` $' $$ paths.parquet",
  ])('is found whatever it is called, and its folders say nothing: %j', async (name) => {
    const { [name]: facts } = await factsOf({ [name]: reportFile(rowsOf(ALPHA, '2026-04', 1)) });
    expect(groupsOf(facts)).toEqual([{ payer: ALPHA, period: '2026-04', rows: 1 }]);
  });
});

describe('a file', () => {
  it('without rows or bytes is empty, whatever its columns are', async () => {
    const facts = await factsOf({ none: reportFile([]), zero: '', placeholder: foreignParquet(0) });
    expect(facts).toEqual({ none: { is: 'empty' }, zero: { is: 'empty' }, placeholder: { is: 'empty' } });
  });

  it('that is not part of a bill is reported as what it is', async () => {
    const facts = await factsOf({
      focus: foreignParquet(2, ['BilledCost', 'ChargeCategory']),
      hub: foreignParquet(2),
      costless: reportFile(rowsOf(ALPHA, '2026-04', 1), ['line_item_unblended_cost']),
    });
    expect(facts).toEqual({
      focus: { is: 'not-bill', reason: expect.stringMatching(/^a FOCUS export/) },
      hub: { is: 'not-bill', reason: expect.stringMatching(/^not a cost and usage report/) },
      costless: { is: 'not-bill', reason: 'no bill without the column line_item_unblended_cost' },
    });
  });

  it('that cannot be read does not hide what the others are', async () => {
    const whole = reportFile(rowsOf(ALPHA, '2026-04', 1));
    const facts = await factsOf({
      good: whole,
      text: 'no Parquet at all',
      tail: whole.subarray(0, whole.length - 20),
      head: whole.subarray(60),
      hole: holed(whole),
    });
    expect(groupsOf(facts.good)).toEqual([{ payer: ALPHA, period: '2026-04', rows: 1 }]);
    for (const name of ['text', 'tail', 'head', 'hole']) {
      expect([name, facts[name]]).toEqual([name, { is: 'unreadable', reason: expect.any(String) }]);
    }
  });

  it('that is gone by now is unreadable', async () => {
    const store = new FolderObjectStore(new Map([['here', tmpdir()]]));
    const facts = await readFileFacts(store, 'here', ['never-there.parquet'], (key) => path.join(tmpdir(), key));
    expect(facts.get('never-there.parquet')).toEqual({ is: 'unreadable', reason: expect.any(String) });
  });
});

/** Its footer is whole, its data is not. */
function holed(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.fill(0xff, 4, Math.floor(bytes.length / 3));
  return copy;
}
