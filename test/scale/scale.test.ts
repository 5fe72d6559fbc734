import { describe, expect, it } from 'vitest';
import { copyLines } from './copyLines.ts';
import type { Deliveries } from './copyWorld.ts';
import { isHeld, type Line, scaleTable } from './lines.ts';
import { PARTS } from './parts.ts';

const say = () => {};
/**
 * What test/functions/{bundle,calls}.test.ts hold; and what only a month says that is as long as
 * AWS delivers it.
 */
const NOT_IN_SMALL = ['functions', 'month'];
const copied = (size: Partial<Deliveries>, seed = '1') =>
  copyLines({ size: { payers: 2, files: 40, ...size }, seed, say });
const notHeld = (lines: readonly Line[]) => lines.filter((line) => isHeld(line) === false).map(({ what }) => what);

describe('in its small form', () => {
  const names = Object.keys(PARTS).filter((name) => !NOT_IN_SMALL.includes(name));
  it.each(names)('%s holds its bounds', async (name) => {
    const lines = (await PARTS[name]?.small({ seed: '1', say })) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    expect(notHeld(lines)).toEqual([]);
  });
});

describe('a line is not held', () => {
  it('where a partition key serves too little, and what is throttled counts as a failure', async () => {
    const dynamodb = { ofKey: { writeUnits: 4, readUnits: 3000 } };
    const lines = await copied({ dynamodb, isLeftToTimeout: true, queue: { maxReceives: 1 } });
    expect(notHeld(lines)).toEqual(expect.arrayContaining(['files that are not staged', 'dead letters']));
  });

  it('where the list of what is being recorded grows with the delivery', async () => {
    const dynamodb = { foldEvery: 100_000 };
    expect(notHeld(await copied({ payers: 1, files: 250, dynamodb, queue: { batchSize: 1 } }))).toContain(
      'write units a file',
    );
  });
});

describe('chance', () => {
  it('is that of the seed: the same lines again, and others with another one', async () => {
    expect(await copied({}, '7')).toEqual(await copied({}, '7'));
    expect(await copied({}, '7')).not.toEqual(await copied({}, '8'));
  });
});

describe('the table', () => {
  it('says of each line what it is held to, and whether it is', () => {
    const lines: Line[] = [
      { about: 'a', what: 'files', measured: 1234.5, bound: { is: 'at least', value: 1000 } },
      { about: 'a', what: 'time', measured: 1.234, unit: 's', bound: { is: 'at most', value: 1 } },
      { about: 'b', what: 'rate', measured: 7, beside: 'a key allows 9' },
      { about: 'b', what: 'nothing', measured: Number.NaN, bound: { is: 'at most', value: 1 } },
    ];
    expect(scaleTable(lines).split('\n').slice(2)).toEqual([
      '| a | files | 1,235 | at least 1,000 | held |',
      '| a | time | 1.23 s | at most 1 | **not held** |',
      '| b | rate | 7 | a key allows 9 |  |',
      '| b | nothing | NaN | at most 1 | **not held** |',
    ]);
  });
});
