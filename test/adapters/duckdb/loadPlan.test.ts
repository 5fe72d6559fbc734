import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadedColumns } from '../../../src/adapters/duckdb/loadedColumns.ts';
import { batches, filledColumns, loadSql } from '../../../src/adapters/duckdb/loadPlan.ts';
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
          for (const name of ['a', 'b', 'c']) {
            const types = batch.files.flatMap(
              ({ columns }) => columns.find((column) => column.name === name)?.type ?? [],
            );
            expect(new Set(types).size).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('are as few as possible when no types conflict', () => {
    const files = Array.from({ length: 130 }, (_, index) => fileOf(`f${index}`, { [`only_here_${index}`]: 'string' }));
    expect(batches(files, 64).map((batch) => batch.files.length)).toEqual([64, 64, 2]);
  });
});

describe('the columns of a file', () => {
  const loadedOf = (names: readonly string[]) =>
    loadedColumns({ columns: names.map((name) => ({ name, type: 'string' })) }).map(({ readName, column, key }) =>
      key === undefined ? `${readName} > ${column}` : `${readName} > ${column}.${key}`,
    );

  it('are loaded when the contract reads them or they are tags or cost categories, whatever else a report has', () => {
    const names = [
      'line_item_unblended_cost',
      'product_gpu',
      'resource_tags_user_team',
      'resource_tags_user_',
      'cost_category_team',
      'cost_category_',
      'payer',
    ];
    expect(loadedOf([...names, '', 'resource_tags_user_\0'])).toEqual([
      'line_item_unblended_cost > line_item_unblended_cost',
      'resource_tags_user_team > resource_tags.user_team',
      'cost_category_team > cost_category.team',
    ]);
  });

  it('are the only ones that its statement fills, however many the contract has', () => {
    const file = fileOf('a.parquet', { line_item_unblended_cost: 'double', resource_tags_user_team: 'string' });
    const ofContract = [
      'line_item_unblended_cost',
      'resource_tags',
      'amortized_cost',
      'net_amortized_cost',
      'is_split_cost',
    ];
    expect(filledColumns([file])).toEqual(ofContract);
    const [sql = ''] = batches([file], 1).map((batch) => loadSql(batch, '/staging'));
    const leftOut = new Set(/ exclude \(([^)]*)\)/.exec(sql)?.[1]?.match(/\w+/g));
    const named = [...sql.matchAll(/ as "?(\w+)"?(?=,\n|\s+from \(|\nfrom)/g)].flatMap(([, name = '']) => name);
    const filled = named.filter((name) => !leftOut.has(name));
    expect(filled.toSorted()).toEqual(['payer', 'year', 'month', 'staged_key', ...ofContract].toSorted());
  });

  it('that differ only in case: the contract takes the one written as it says, else the first; tags stay apart', () => {
    expect(loadedOf(['Line_Item_Unblended_Cost', 'line_item_unblended_cost'])).toEqual([
      'line_item_unblended_cost_1 > line_item_unblended_cost',
    ]);
    expect(loadedOf(['Line_Item_Unblended_Cost', 'LINE_ITEM_UNBLENDED_COST'])).toEqual([
      'Line_Item_Unblended_Cost > line_item_unblended_cost',
    ]);
    expect(loadedOf(['resource_tags_user_q', 'resource_tags_user_Q', 'resource_tags_user_q'])).toEqual([
      'resource_tags_user_q > resource_tags.user_q',
      'resource_tags_user_Q_1 > resource_tags.user_Q',
    ]);
  });
});

it.each(['../f', '/f', 'a/../../f', 'a//f', './f'])(
  'the staged key %s is refused: it is not a path below the root',
  (key) => {
    expect(() => loadSql({ files: [fileOf(key, {})], signatures: new Map() }, '/root')).toThrow(RangeError);
  },
);
