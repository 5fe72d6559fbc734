import { describe, expect, it } from 'vitest';
import { keepConnection } from '../../src/base/keptConnection.ts';

interface Line {
  readonly number: number;
  close(): Promise<void>;
}

/** Connections with numbers; `closed` are the numbers of those that were closed. */
function exchange() {
  const closed: number[] = [];
  const refusals: Error[] = [];
  const stale = new Set<number>();
  let opened = 0;
  const kept = keepConnection(
    async (): Promise<Line> => {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      opened += 1;
      const number = opened;
      return { number, close: async () => void closed.push(number) };
    },
    { isUsable: ({ number }) => !stale.has(number), closed: () => new Error('it was closed') },
  );
  return { kept, closed, refusals, stale };
}

describe('a kept connection', () => {
  it('is opened once, also for callers that come at the same time', async () => {
    const { kept } = exchange();
    const lines = await Promise.all([kept.current(), kept.current()]);
    expect([...lines, await kept.current()].map(({ number }) => number)).toEqual([1, 1, 1]);
  });

  it('that failed to open is tried again by the next caller', async () => {
    const { kept, refusals } = exchange();
    refusals.push(new Error('nobody answers'));
    await expect(kept.current()).rejects.toThrow('nobody answers');
    expect(await kept.current()).toMatchObject({ number: 1 });
  });

  it('is closed and replaced when it is dropped; one that was replaced already is not', async () => {
    const { kept, closed } = exchange();
    const first = await kept.current();
    kept.drop(first);
    expect(await kept.current()).toMatchObject({ number: 2 });
    kept.drop(first);
    expect(await kept.current()).toMatchObject({ number: 2 });
    expect(closed).toEqual([1]);
  });

  it('is closed and replaced unasked when it may not be used again', async () => {
    const { kept, closed, stale } = exchange();
    await kept.current();
    stale.add(1);
    expect(await kept.current()).toMatchObject({ number: 2 });
    expect(closed).toEqual([1]);
  });

  it('is closed at the end, also while it is being opened, and not opened again', async () => {
    const { kept, closed } = exchange();
    const opening = kept.current();
    await kept.close();
    await opening;
    expect(closed).toEqual([1]);
    await expect(kept.current()).rejects.toThrow('it was closed');
  });
});
