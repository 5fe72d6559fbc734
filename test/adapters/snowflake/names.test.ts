import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snowflakeNames } from '../../../src/adapters/snowflake/names.ts';
import { parseIdentifier } from '../../../src/warehouse/identifier.ts';

describe('the names in Snowflake', () => {
  it('are qualified by database and schema, in the case in which Snowflake stores them', () => {
    const names = snowflakeNames({ database: 'cur_reactor', schema: 'Cur', target: 'external' });
    expect(names.externalTable).toBe('CUR_REACTOR.CUR.CUR_EXTERNAL');
    expect(names.schema).toBe('CUR_REACTOR.CUR');
    const { rowsTable, ...own } = names;
    expect(new Set(Object.values(own)).size).toBe(Object.keys(own).length);
    expect(rowsTable).toBe(names.externalTable);
  });

  it('have the rows that readers see where the target says', () => {
    const names = snowflakeNames({ database: 'cur_reactor', schema: 'Cur', target: 'table' });
    expect(names.rowsTable).toBe('CUR_REACTOR.CUR.CUR_LOADED');
  });

  it.each(['', '1CUR', 'CUR-1', 'CUR.PUBLIC', 'CUR"', 'CUR; drop table x', 'CÜR', 'C'.repeat(256), 'CUR\n'])(
    'refuse %j, and say which field it is',
    (value) => {
      expect(() => snowflakeNames({ database: 'CUR', schema: value, target: 'external' })).toThrow(RangeError);
      expect(() => snowflakeNames({ database: 'CUR', schema: value, target: 'external' })).toThrow(`schema must be`);
      expect(() => snowflakeNames({ database: value, schema: 'CUR', target: 'external' })).toThrow(
        JSON.stringify(value),
      );
    },
  );

  it('never hold anything but letters, digits, _ and $', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_][\w$]{0,40}.?$/)), (text) => {
        let identifier = 'REFUSED';
        try {
          identifier = parseIdentifier('schema', text);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
        expect(identifier).toMatch(/^[A-Z0-9_$]+$/);
      }),
    );
  });
});
