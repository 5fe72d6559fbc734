import { expect, it } from 'vitest';
import { createBackoff } from '../../src/base/backoff.ts';

it('the longest wait doubles from 100 ms to 5 s, and any part of it may be waited', async () => {
  const waited: number[] = [];
  const waits = async (random: number) => {
    const backoff = createBackoff(
      () => random,
      async (milliseconds) => void waited.push(milliseconds),
    );
    for (const attempt of [1, 2, 3, 6, 7, 60]) await backoff(attempt);
    return waited.splice(0);
  };
  expect(await waits(1)).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  expect(await waits(0.5)).toEqual([50, 100, 200, 1_600, 2_500, 2_500]);
  expect(await waits(0)).toEqual([0, 0, 0, 0, 0, 0]);
});
