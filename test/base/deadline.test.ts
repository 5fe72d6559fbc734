import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DeadlineMissed, startLimit, withDeadline } from '../../src/base/deadline.ts';

describe('work with a deadline', () => {
  it('answers as it would without one, and throws what it throws', async () => {
    expect(await withDeadline({ what: 'work', seconds: 60 }, async () => 'done')).toBe('done');
    const failing = withDeadline({ what: 'work', seconds: 60 }, () => Promise.reject(new RangeError('no')));
    await expect(failing).rejects.toThrow(new RangeError('no'));
  });

  it('that takes longer is named in the error, and its signal is aborted with it', async () => {
    let seen: AbortSignal | undefined;
    const late = withDeadline({ what: 'the wait', seconds: 0.01 }, (signal) => {
      seen = signal;
      return setTimeout(60_000, undefined, { ref: false });
    });
    const missed = new DeadlineMissed('no end of the wait within 0.01 s');
    await expect(late).rejects.toThrow(missed);
    expect(seen?.reason).toEqual(missed);
  });

  it('ends with the limit of its call, where that comes first', async () => {
    let now = 0;
    const limit = startLimit(5, () => now);
    now = 4_980;
    expect(limit.remainingMs()).toBe(20);
    const late = withDeadline({ what: 'a step', seconds: 60, limit }, () =>
      setTimeout(60_000, undefined, { ref: false }),
    );
    await expect(late).rejects.toThrow('no end of a step within 0.02 s');
    now = 6_000;
    expect(limit.remainingMs()).toBe(0);
  });
});
