import { describe, expect, it } from 'vitest';
import { parsePayer } from '../../src/billing/payer.ts';
import { HourlyLimits } from '../../src/copy/hourlyLimits.ts';
import type { Counted, HourlyCounts } from '../../src/ledger/hourlyCounts.ts';

const [NOISY, QUIET] = [parsePayer('111122223333'), parsePayer('444455556666')];
const LIMITS = { files: 100, manifests: 3, 'quarantine-messages': 2 };
const HOUR_MS = 3_600_000;

function counting() {
  const sums = new Map<string, number>();
  const world = { now: 5 * HOUR_MS, writes: 0 };
  const counts: Pick<HourlyCounts, 'add'> = {
    add: async (payer, what, hour, by) => {
      world.writes += 1;
      const key = `${payer} ${what} ${hour}`;
      const sum = (sums.get(key) ?? 0) + by;
      sums.set(key, sum);
      return sum;
    },
  };
  const open = () => new HourlyLimits(counts, () => world.now, LIMITS);
  return { world, open };
}

async function takeMany(limits: HourlyLimits, times: number, what: Counted, payer = NOISY) {
  const taken: Awaited<ReturnType<HourlyLimits['take']>>[] = [];
  for (let nth = 0; nth < times; nth += 1) taken.push(await limits.take(payer, what));
  const within = taken.filter(({ isWithin }) => isWithin).length;
  return { within, firsts: taken.filter(({ isFirstBeyond }) => isFirstBeyond).length };
}

describe('what a payer asks in an hour', () => {
  it('is within its limit, or not, and the first that is not is known once', async () => {
    const limits = counting().open();
    expect(await takeMany(limits, 10, 'manifests')).toEqual({ within: 3, firsts: 1 });
    expect(await takeMany(limits, 10, 'quarantine-messages')).toEqual({ within: 2, firsts: 1 });
  });

  it('is no other payer’s concern', async () => {
    const limits = counting().open();
    await takeMany(limits, 10, 'manifests');
    expect(await takeMany(limits, 3, 'manifests', QUIET)).toEqual({ within: 3, firsts: 0 });
  });

  it('begins anew with each hour', async () => {
    const { world, open } = counting();
    const limits = open();
    await takeMany(limits, 10, 'manifests');
    world.now += HOUR_MS;
    expect(await takeMany(limits, 5, 'manifests')).toEqual({ within: 3, firsts: 1 });
  });

  it('of files costs a write for twenty, and none beyond the limit', async () => {
    const { world, open } = counting();
    const limits = open();
    const { within, firsts } = await takeMany(limits, 1_000, 'files');
    expect([within, firsts, world.writes]).toEqual([119, 1, 6]);
  });

  it('is counted over all processes, of which one alone reports that it is too much', async () => {
    const { open } = counting();
    const taken = await Promise.all(Array.from({ length: 5 }, () => takeMany(open(), 100, 'files')));
    const sum = (of: 'within' | 'firsts') => taken.reduce((total, one) => total + one[of], 0);
    expect(sum('firsts')).toBe(1);
    expect(sum('within')).toBeLessThanOrEqual(LIMITS.files + 5 * 20);
  });
});
