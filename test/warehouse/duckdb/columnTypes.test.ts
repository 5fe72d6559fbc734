import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duckdbType, widen } from '../../../src/warehouse/duckdb/columnTypes.ts';

const shortNames = ['string', 'double', 'float', 'int', 'bigint', 'boolean', 'timestamp', 'date', 'binary', 'other'];
const maps = ['map<string,string>', 'map<string,double>'];
const decimals = fc
  .record({ precision: fc.integer({ min: 1, max: 38 }), scale: fc.integer({ min: 0, max: 38 }) })
  .filter(({ precision, scale }) => scale <= precision)
  .map(({ precision, scale }) => `decimal(${precision},${scale})`);
const types = fc.oneof(fc.constantFrom(...shortNames, ...maps), decimals).map(duckdbType);

describe('widening a column', () => {
  it('does not depend on the order of the files', () => {
    fc.assert(
      fc.property(types, types, types, (a, b, c) => {
        expect(widen(a, b)).toBe(widen(b, a));
        expect(widen(widen(a, b), c)).toBe(widen(a, widen(b, c)));
      }),
    );
  });

  it('ends: a type that was taken in changes nothing any more', () => {
    fc.assert(
      fc.property(types, types, (a, b) => {
        expect(widen(a, a)).toBe(a);
        expect(widen(widen(a, b), b)).toBe(widen(a, b));
      }),
    );
  });

  it.each([
    ['int', 'double', 'DOUBLE'],
    ['int', 'bigint', 'BIGINT'],
    ['float', 'int', 'DOUBLE'],
    ['decimal(10,2)', 'decimal(12,6)', 'DECIMAL(14,6)'],
    ['decimal(38,0)', 'decimal(38,38)', 'DOUBLE'],
    ['date', 'timestamp', 'TIMESTAMP'],
    ['map<string,string>', 'map<string,double>', 'MAP(VARCHAR, VARCHAR)'],
    ['double', 'string', 'VARCHAR'],
    ['boolean', 'int', 'VARCHAR'],
  ])('%s and %s make %s', (a, b, wider) => {
    expect(widen(duckdbType(a), duckdbType(b))).toBe(wider);
  });
});

it('a type that is not known is kept as text', () => {
  expect([duckdbType('other'), duckdbType('map<string,other>')]).toEqual(['VARCHAR', 'VARCHAR']);
});
