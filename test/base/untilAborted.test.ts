import { describe, expect, it } from 'vitest';
import { untilAborted } from '../../src/base/untilAborted.ts';

describe('until it is aborted', () => {
  it('answers what the work answers, and throws what it throws', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, async () => 1)).toBe(1);
    expect(await untilAborted(undefined, async () => 2)).toBe(2);
    await expect(untilAborted(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('throws the reason, and ignores work that goes on', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal, () => new Promise(() => {}));
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });

  it('begins nothing when it was aborted before', async () => {
    let begun = false;
    const work = async () => {
      begun = true;
    };
    await expect(untilAborted(AbortSignal.abort(new Error('stop')), work)).rejects.toThrow('stop');
    expect(begun).toBe(false);
  });
});
