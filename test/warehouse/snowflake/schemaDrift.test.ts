import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schemaChange } from '../../../src/warehouse/snowflake/schemaDrift.ts';
import type { ColumnType, StagedFile } from '../../../src/warehouse/warehouse.ts';

function fileOf(...columns: [name: string, type: string][]): StagedFile {
  return { stagedKey: 'a', rows: 1, sizeBytes: 1, columns: columns.map(([name, type]) => ({ name, type })) };
}

function knownOf(...columns: [name: string, dataType: string][]) {
  return new Map(columns.map(([name, dataType]) => [name.toUpperCase(), { name, dataType }]));
}

const NOTHING = { added: [], widened: [] };

describe('schemaChange', () => {
  it('is nothing when the table has every column with its type', () => {
    const known = knownOf(['a', 'TEXT'], ['b', 'FLOAT'], ['c', 'NUMBER'], ['d', 'TIMESTAMP_NTZ'], ['e', 'VARIANT']);
    const file = fileOf(['a', 'string'], ['b', 'double'], ['c', 'decimal(20,4)'], ['d', 'timestamp'], ['e', 'string']);
    expect(schemaChange(known, [file])).toEqual(NOTHING);
    expect(schemaChange(known, [])).toEqual(NOTHING);
  });

  it('takes names that differ only in case as one column: the table has it, or the first file names it', () => {
    expect(schemaChange(knownOf(['Team', 'TEXT']), [fileOf(['team', 'string'])])).toEqual(NOTHING);
    const files = [fileOf(['Team', 'string'], ['team', 'string']), fileOf(['TEAM', 'string'])];
    expect(schemaChange(knownOf(), files).added).toEqual([{ name: 'Team', type: 'string' }]);
  });

  it('drops a column of another type by the name that the table has for it', () => {
    expect(schemaChange(knownOf(['Team', 'TEXT']), [fileOf(['team', 'double'])]).widened).toEqual([
      { dropped: 'Team', column: { name: 'team', type: 'other' } },
    ]);
  });

  it.each(['value', 'YEAR', 'month', 'Payer', 'staged_key', 'metadata$filename', '', 'a\0b', 'x'.repeat(256)])(
    'leaves out what the table has for itself or cannot have: %j',
    (name) => {
      expect(schemaChange(knownOf(), [fileOf([name, 'string'])])).toEqual(NOTHING);
    },
  );

  it('ends in the same types, whatever the order of files and however many are registered at once', () => {
    const column = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      type: fc.constantFrom('string', 'double', 'float', 'bigint', 'timestamp', 'map<string,string>', 'other'),
    });
    const file = fc.uniqueArray(column, { selector: ({ name }) => name, minLength: 1 });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 3 }), (lists, size) => {
        expect(typesAfter(lists.toReversed(), size)).toEqual(typesAfter(lists, 1));
      }),
    );
  });
});

const DATA_TYPES: Readonly<Record<string, string>> = {
  string: 'TEXT',
  double: 'FLOAT',
  float: 'FLOAT',
  bigint: 'NUMBER',
  timestamp: 'TIMESTAMP_NTZ',
};

/** The table's types after files of these columns were registered, `size` at once. */
function typesAfter(lists: readonly (readonly ColumnType[])[], size: number): Record<string, string> {
  const table = knownOf();
  for (let start = 0; start < lists.length; start += size) {
    const files = lists.slice(start, start + size).map((columns) => ({ ...fileOf(), columns }));
    const { added, widened } = schemaChange(table, files);
    for (const { name, type } of [...added, ...widened.map(({ column }) => column)]) {
      table.set(name.toUpperCase(), { name, dataType: DATA_TYPES[type] ?? 'VARIANT' });
    }
  }
  return Object.fromEntries([...table].map(([name, { dataType }]) => [name, dataType]).sort());
}
