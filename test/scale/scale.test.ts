import { describe, expect, it } from 'vitest';
import { copyLines } from './copyLines.ts';
import type { Deliveries } from './copyWorld.ts';
import { isHeld, type Line, scaleTable } from './lines.ts';
import { PARTS } from './parts.ts';

const say = () => {};
/** What test/functions/{bundle,calls}.test.ts hold. */
const HELD_ELSEWHERE = ['functions'];
/** Lines that only the full size can say anything about. */
const NOT_IN_SMALL = ['month'];

const notHeld = (lines: readonly Line[]) => lines.filter((line) => isHeld(line) === false).map(({ what }) => what);

describe('in its small form', () => {
  const names = Object.keys(PARTS).filter((name) => ![...HELD_ELSEWHERE, ...NOT_IN_SMALL].includes(name));
  it.each(names)('%s holds its bounds', async (name) => {
    const lines = (await PARTS[name]?.small({ seed: '1', say })) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    expect(notHeld(lines)).toEqual([]);
  });

  it('is the same whenever it has the same seed', async () => {
    const play = { seed: '7', say };
    expect(await PARTS['copy-many']?.small(play)).toEqual(await PARTS['copy-many']?.small(play));
  });
});

describe('a line is not held', () => {
  const copied = async (worse: Partial<Deliveries>) =>
    (await copyLines({ size: { payers: 2, files: 60, ...worse }, seed: '1', say })).filter(
      (line) => isHeld(line) === false,
    );
  const named = (lines: readonly Line[]) => lines.map(({ what }) => what.replace(/^.*: /, ''));

  it('where a partition key serves too little, and what is throttled counts as a failure', async () => {
    const dynamodb = { ofKey: { writeUnits: 4, readUnits: 3000 } };
    const lines = await copied({ dynamodb, isLeftToTimeout: true, queue: { maxReceives: 1 } });
    expect(named(lines)).toContain('files that are not staged');
    expect(named(lines)).toContain('dead letters');
  });

  it('where the list of what is being recorded grows with the delivery', async () => {
    expect(named(await copied({ payers: 1, files: 1500, dynamodb: { foldEvery: 100_000 } }))).toEqual(
      expect.arrayContaining(['write units a file', 'largest item']),
    );
  });
});

describe('the table', () => {
  it('says of each line what it is held to, and whether it is', () => {
    const lines: Line[] = [
      { what: 'files', measured: 1234.5, bound: { is: 'at least', value: 1000 } },
      { what: 'time', measured: 1.234, unit: 's', bound: { is: 'at most', value: 1 } },
      { what: 'rate', measured: 7, beside: 'a key allows 9' },
      { what: 'nothing', measured: Number.NaN, bound: { is: 'at most', value: 1 } },
    ];
    expect(scaleTable(lines).split('\n').slice(2)).toEqual([
      '| files | 1,235 | at least 1,000 | held |',
      '| time | 1.23 s | at most 1 | **not held** |',
      '| rate | 7 | a key allows 9 |  |',
      '| nothing | NaN | at most 1 | **not held** |',
    ]);
  });
});
