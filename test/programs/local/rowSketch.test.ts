import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HashSample, overlapOf, sketchRows } from '../../../src/programs/local/rowSketch.ts';
import { hoursOf, putFiles, type Row, reportFile, rowsOf } from './reports.ts';

const PAYER = '111122223333';
const COLUMNS = [
  'identity_line_item_id',
  'identity_time_interval',
  'bill_payer_account_id',
  'line_item_usage_account_id',
  'line_item_line_item_type',
  'line_item_usage_start_date',
  'line_item_usage_end_date',
  'line_item_unblended_cost',
];
const WITHOUT_IDS = COLUMNS.filter((name) => !name.startsWith('identity_'));

/** Sketches of files with these rows, one each, in order. */
async function sketchesOf(files: readonly (readonly Row[])[], columns: readonly string[] = COLUMNS) {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "it's [a] sketch "));
  const names = files.map((_, index) => `${index}.parquet`);
  await putFiles(folder.path, Object.fromEntries(names.map((name, index) => [name, reportFile(files[index] ?? [])])));
  const sketches = [];
  for (const name of names) sketches.push(await sketchRows([path.join(folder.path, name)], columns));
  return sketches;
}

const reordered = (rows: readonly Row[]) =>
  rows.toSorted((a, b) => (((a.hour ?? 0) * 7) % 11) - (((b.hour ?? 0) * 7) % 11));

describe('the sketches of two files', () => {
  it('say that the rows of one stand in the other, in whatever order', async () => {
    const april = hoursOf(PAYER, '2026-04', 200);
    const [all, mixed, part] = await sketchesOf([april, reordered(april), april.slice(0, 90)]);
    if (!all || !mixed || !part) throw new Error('no sketches');
    for (const [a, b] of [
      [all, mixed],
      [all, part],
      [part, mixed],
    ] as const) {
      expect([overlapOf(a.identities, b.identities), overlapOf(a.rows, b.rows)]).toEqual([1, 1]);
    }
  });

  it('say that nothing stands in the other', async () => {
    const [a, b] = await sketchesOf([hoursOf(PAYER, '2026-04', 100), hoursOf(PAYER, '2026-04', 100, 100)]);
    if (!a || !b) throw new Error('no sketches');
    expect([overlapOf(a.identities, b.identities), overlapOf(a.rows, b.rows)]).toEqual([0, 0]);
  });

  it('know a refresh whose costs were restated by its ids, and by nothing else', async () => {
    const april = hoursOf(PAYER, '2026-04', 100);
    const [a, b] = await sketchesOf([april, april.map((row) => ({ ...row, cost: row.cost * 1.02 }))]);
    if (!a || !b) throw new Error('no sketches');
    expect([overlapOf(a.identities, b.identities), overlapOf(a.rows, b.rows)]).toEqual([1, 0]);
  });

  it('know the same rows with other ids as such: an id does not stay the same in every report', async () => {
    const april = hoursOf(PAYER, '2026-04', 100);
    const [a, b] = await sketchesOf([april, april.map((row) => ({ ...row, id: `other ${row.id}` }))]);
    if (!a || !b) throw new Error('no sketches');
    expect([overlapOf(a.identities, b.identities), overlapOf(a.rows, b.rows)]).toEqual([0, 1]);
  });

  it('say nothing of ids where there are none, or too little where rows are few', async () => {
    const april = hoursOf(PAYER, '2026-04', 100);
    const [a, b] = await sketchesOf([april, april], WITHOUT_IDS);
    if (!a || !b) throw new Error('no sketches');
    expect([overlapOf(a.identities, b.identities), overlapOf(a.rows, b.rows)]).toEqual([0, 1]);
    const [few, same] = await sketchesOf([april.slice(0, 7), april.slice(0, 7)]);
    if (!few || !same) throw new Error('no sketches');
    expect([overlapOf(few.identities, same.identities), overlapOf(few.identities, same.identities, 7)]).toEqual([0, 1]);
  });

  it('estimate how much two large files have in common', async () => {
    const rows = (first: number) =>
      Array.from({ length: 6000 }, (_, index) => ({
        payer: PAYER,
        period: '2026-04',
        cost: 1,
        id: `${first + index}`,
        hour: 1,
      }));
    const [a, b, far] = await sketchesOf([rows(0), rows(1500), rows(100_000)]);
    if (!a || !b || !far) throw new Error('no sketches');
    expect([a.identities.isWhole, a.identities.hashes.length]).toEqual([false, 1024]);
    expect(overlapOf(a.identities, b.identities)).toBeGreaterThan(0.65);
    expect(overlapOf(a.identities, b.identities)).toBeLessThan(0.85);
    expect(overlapOf(a.identities, far.identities)).toBe(0);
  });
});

describe('a sketch', () => {
  it('says when the latest usage began, not when it ends: a tax ends with its month from the first day on', async () => {
    const april = hoursOf(PAYER, '2026-04', 30);
    const tax = { payer: PAYER, period: '2026-04', cost: 1, id: 'tax', hour: 0, hours: 720 };
    expect((await sketchesOf([[...april, tax]]))[0]?.until).toBe(Date.UTC(2026, 3, 2, 5));
    expect((await sketchesOf([[]], WITHOUT_IDS))[0]?.until).toBeNull();
  });

  it('of several files is one of all their rows', async () => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'sketch-'));
    const april = hoursOf(PAYER, '2026-04', 100);
    const files = { a: april.slice(0, 40), b: april.slice(40), whole: april };
    await putFiles(
      folder.path,
      Object.fromEntries(Object.entries(files).map(([name, rows]) => [name, reportFile(rows)])),
    );
    const at = (...names: readonly string[]) =>
      sketchRows(
        names.map((name) => path.join(folder.path, name)),
        COLUMNS,
      );
    expect(await at('a', 'b')).toEqual(await at('whole'));
  });

  it('throws what DuckDB says of a file that cannot be read', async () => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'sketch-'));
    await putFiles(folder.path, { 'text.parquet': 'no Parquet at all' });
    await expect(sketchRows([path.join(folder.path, 'text.parquet')], COLUMNS)).rejects.toThrow(/text\.parquet/);
  });

  it('holds no row twice, and its hashes in order', async () => {
    const same = rowsOf(PAYER, '2026-04', ...Array.from({ length: 50 }, () => 1));
    const [sketch] = await sketchesOf([same], WITHOUT_IDS);
    expect(sketch?.rows.hashes).toHaveLength(1);
    const [many] = await sketchesOf([hoursOf(PAYER, '2026-04', 300)]);
    const hashes = many?.rows.hashes ?? [];
    expect(hashes).toEqual([...new Set(hashes)].toSorted((a, b) => a - b));
  });
});

describe('an overlap', () => {
  const aSample = fc
    .tuple(fc.uniqueArray(fc.nat(60), { maxLength: 40 }), fc.boolean())
    .map(([hashes, isWhole]): HashSample => ({ hashes: hashes.toSorted((a, b) => a - b), isWhole }));

  it('is the same both ways, and between nothing and all', () => {
    fc.assert(
      fc.property(aSample, aSample, (a, b) => {
        const overlap = overlapOf(a, b);
        expect(overlapOf(b, a)).toBe(overlap);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of whole samples is exact', () => {
    fc.assert(
      fc.property(aSample, aSample, (a, b) => {
        const [wholeA, wholeB] = [a, b].map((sample) => ({ ...sample, isWhole: true }));
        if (!wholeA || !wholeB) return;
        const smaller = Math.min(a.hashes.length, b.hashes.length);
        const common = a.hashes.filter((hash) => b.hashes.includes(hash)).length;
        expect(overlapOf(wholeA, wholeB)).toBe(smaller < 8 ? 0 : common / smaller);
      }),
    );
  });
});
