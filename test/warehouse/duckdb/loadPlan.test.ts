import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, loadedColumns, loadSql } from '../../../src/warehouse/duckdb/loadPlan.ts';
import type { StagedFile } from '../../../src/warehouse/warehouse.ts';

const columnTypes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('string', 'double'));
const manyFiles = fc
  .array(columnTypes, { maxLength: 30 })
  .map((files) => files.map((types, index) => fileOf(`f${index}.parquet`, types)));

function fileOf(stagedKey: string, types: Readonly<Record<string, string>>): StagedFile {
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
  return { stagedKey, rows: 1, sizeBytes: 1, columns };
}

describe('batches', () => {
  it('hold every file once, at most so many, and never one column with two types', () => {
    fc.assert(
      fc.property(manyFiles, fc.integer({ min: 1, max: 10 }), (files, maxFiles) => {
        const made = batches(files, maxFiles);
        const keys = made.flatMap((batch) => batch.files.map(({ stagedKey }) => stagedKey));
        expect(keys.sort()).toEqual(files.map(({ stagedKey }) => stagedKey).sort());
        for (const batch of made) {
          expect(batch.files.length).toBeLessThanOrEqual(maxFiles);
          for (const { name, type } of batch.files.flatMap(loadedColumns)) expect(batch.types.get(name)).toBe(type);
        }
      }),
    );
  });

  it('are as few as possible when no types conflict', () => {
    const files = Array.from({ length: 130 }, (_, index) => fileOf(`f${index}`, { [`only_here_${index}`]: 'string' }));
    expect(batches(files, 64).map((batch) => batch.files.length)).toEqual([64, 64, 2]);
  });
});

it('of columns that differ only in case the first is loaded; nameless ones and names of the partition are not', () => {
  const file = fileOf('f', { A: 'string', a: 'double', '': 'string', 'n\0': 'string', PAYER: 'string', É: 'int' });
  expect(loadedColumns(file)).toEqual([
    { name: 'a', type: 'string' },
    { name: 'É', type: 'int' },
  ]);
});

it.each(['../f', '/f', 'a/../../f', 'a//f', './f'])(
  'the staged key %s is refused: it is no path below the root',
  (key) => {
    expect(() => loadSql({ files: [fileOf(key, {})], types: new Map() }, '/root', new Map())).toThrow(RangeError);
  },
);
