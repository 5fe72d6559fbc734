import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDoubles, type LooseUnit, unitsOfKeys } from '../../../src/programs/local/looseRefreshes.ts';
import type { HashSample } from '../../../src/programs/local/rowSketch.ts';

const sample = (hashes: readonly number[]): HashSample => ({ hashes: hashes.toSorted((a, b) => a - b), isWhole: true });
const hashes = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);

/** What a test says of a file: the ids of its rows, its rows, until when it goes. */
interface UnitSketch {
  readonly keys?: readonly string[];
  readonly ids?: readonly number[];
  readonly rows?: readonly number[];
  readonly until?: number | null;
  readonly isCurrent?: boolean;
}

function unit(
  key: string,
  { keys = [key], ids = [], rows = ids, until = null, isCurrent = false }: UnitSketch,
): LooseUnit {
  return { keys, sketch: { identities: sample(ids), rows: sample(rows), until }, isCurrent };
}

const keysOf = (answers: ReadonlyMap<string, string>) => [...answers.keys()].toSorted();
const found = (...units: readonly LooseUnit[]) => {
  const { leftOut, unclear } = findDoubles(units);
  return { leftOut: keysOf(leftOut), unclear: keysOf(unclear) };
};
const NOTHING = { leftOut: [], unclear: [] };

describe('files of one month', () => {
  it('that have no rows in common all count: they are its parts', () => {
    const parts = [0, 1000, 2000].map((first) => unit(`part-${first}`, { ids: hashes(100, first), until: 5 }));
    expect(found(...parts)).toEqual(NOTHING);
  });

  it('that have a few rows in common all count: less than half is no refresh', () => {
    expect(found(unit('a', { ids: hashes(100) }), unit('b', { ids: hashes(100, 51) }))).toEqual(NOTHING);
  });

  it('with few rows prove nothing by being alike', () => {
    const few = (until: number) => ({ ids: [], rows: hashes(7), until });
    expect(found(unit('a', few(1)), unit('b', few(9)))).toEqual(NOTHING);
  });

  it('with the same few ids are never added up: the person is asked, however small the bill is', () => {
    for (const count of [1, 7]) {
      const [a, b] = [unit('a', { ids: hashes(count), until: 1 }), unit('b', { ids: hashes(count + 1), until: 9 })];
      expect(found(a, b)).toEqual({ leftOut: [], unclear: ['a', 'b'] });
    }
  });
});

describe('of refreshes with the same ids', () => {
  const early = unit('early', { ids: hashes(50), until: 100 });
  const late = unit('late', { ids: hashes(80), until: 200 });
  const latest = unit('latest', { ids: hashes(120), until: 300 });

  it('the one whose usage goes on longest counts, and the others are left out for it', () => {
    expect(found(early, late, latest)).toEqual({ leftOut: ['early', 'late'], unclear: [] });
    expect(findDoubles([late, early]).leftOut.get('early')).toBe('an earlier refresh of the rows in late');
  });

  it('the one that a manifest names counts, however long the others go on', () => {
    const named = unit('early', { ids: hashes(50), until: 100, isCurrent: true });
    expect(found(named, late)).toEqual({ leftOut: ['late'], unclear: [] });
  });

  it('none counts when several go on equally long: the person is asked, and each names the others', () => {
    const again = unit('again', { ids: hashes(80), until: 200 });
    expect(found(late, again, early)).toEqual({ leftOut: [], unclear: ['again', 'early', 'late'] });
    expect(findDoubles([late, again]).unclear.get('again')).toMatch(
      /^its rows stand in late as well, .*leave one of them/,
    );
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => unit(name, { ids: hashes(80) }));
    expect(findDoubles(many).unclear.get('a')).toContain('stand in b, c, d and 1 more as well');
  });

  it('none counts when manifests name two of them', () => {
    const named = [early, late].map((each) => ({ ...each, isCurrent: true }));
    expect(found(...named)).toEqual({ leftOut: [], unclear: ['early', 'late'] });
  });

  it('all keys of a folder that is a delivery as a whole go together', () => {
    const folder = unit('', { keys: ['one/1', 'one/2'], ids: hashes(50), until: 100 });
    expect(found(folder, late)).toEqual({ leftOut: ['one/1', 'one/2'], unclear: [] });
    const reason = findDoubles([{ ...folder, keys: ['one/1', 'one/2'] }, early]).unclear;
    expect(keysOf(reason)).toEqual(['early', 'one/1', 'one/2']);
    expect(reason.get('early')).toContain('stand in one/ as well');
  });
});

describe('of files whose rows are alike without ids that prove it', () => {
  const rows = (first: number) => ({ ids: [], rows: hashes(100, first) });

  it('none counts, also where one goes on longer: they may be parts that look alike', () => {
    const [a, b] = [unit('a', { ...rows(0), until: 1 }), unit('b', { ...rows(5), until: 2 })];
    expect(found(a, b)).toEqual({ leftOut: [], unclear: ['a', 'b'] });
  });

  it('all count up to nine rows in ten: parts of one report look alike that far', () => {
    expect(found(unit('a', rows(0)), unit('b', rows(11)))).toEqual(NOTHING);
  });
});

/** Files that are parts of a few deliveries: slices of one line of rows. */
const someUnits = fc
  .uniqueArray(
    fc.record({
      first: fc.nat(120),
      count: fc.integer({ min: 0, max: 100 }),
      until: fc.option(fc.nat(3)),
      hasIds: fc.boolean(),
      isCurrent: fc.boolean(),
    }),
    { maxLength: 7, selector: (each) => JSON.stringify(each) },
  )
  .map((sketches) =>
    sketches.map(({ first, count, until, hasIds, isCurrent }, index) => {
      const rows = hashes(count, first);
      return unit(`file-${index}`, { ids: hasIds ? rows : [], rows, until, isCurrent });
    }),
  );

function commonShare(a: HashSample, b: HashSample, minRows: number): number {
  const smaller = Math.min(a.hashes.length, b.hashes.length);
  return smaller < minRows ? 0 : a.hashes.filter((hash) => b.hashes.includes(hash)).length / smaller;
}

describe('whatever the files are', () => {
  it('two with the same ids never both count', () => {
    fc.assert(
      fc.property(someUnits, (units) => {
        const { leftOut, unclear } = findDoubles(units);
        const counted = units.filter(({ keys: [key = ''] }) => !leftOut.has(key) && !unclear.has(key));
        for (const a of counted) {
          for (const b of counted) {
            if (a === b) continue;
            expect(commonShare(a.sketch.identities, b.sketch.identities, 1)).toBeLessThan(0.5);
            expect(commonShare(a.sketch.rows, b.sketch.rows, 8)).toBeLessThan(0.9);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('nothing is left out but for one that counts, and nothing is unclear but beside another', () => {
    fc.assert(
      fc.property(someUnits, (units) => {
        const { leftOut, unclear } = findDoubles(units);
        for (const reason of leftOut.values()) {
          const newest = reason.replace('an earlier refresh of the rows in ', '');
          expect(units.some(({ keys }) => keys.includes(newest))).toBe(true);
          expect([leftOut.has(newest), unclear.has(newest)]).toEqual([false, false]);
        }
        expect(unclear.size).not.toBe(1);
        expect([...unclear.keys()].filter((key) => leftOut.has(key))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('their order does not matter', () => {
    const anOrder = someUnits.chain((units) =>
      fc.tuple(fc.constant(units), fc.shuffledSubarray(units, { minLength: units.length })),
    );
    fc.assert(
      fc.property(anOrder, ([units, shuffled]) => {
        expect(found(...shuffled)).toEqual(found(...units));
      }),
      { numRuns: 500 },
    );
  });
});

describe('which files stand together', () => {
  it('is each by itself, unless its folder holds the same names as another one: then folders do', () => {
    expect(unitsOfKeys(['a', 'b', 'x/c'])).toEqual([['a'], ['b'], ['x/c']]);
    const folders = ['asm1/1', 'asm1/2', 'asm2/2', 'asm2/1', 'asm3/1'];
    expect(unitsOfKeys(folders)).toEqual([['asm1/1', 'asm1/2'], ['asm2/2', 'asm2/1'], ['asm3/1']]);
  });

  it('holds every key once, whatever they are', () => {
    const keys = fc.uniqueArray(fc.stringMatching(/^[ab]{0,2}(\/[ab]{1,2}){0,2}$/), { maxLength: 12 });
    fc.assert(
      fc.property(keys, (some) => {
        expect(unitsOfKeys(some).flat().toSorted()).toEqual(some.toSorted());
      }),
    );
  });
});
