import { describe, expect, it } from 'vitest';
import { createChunks } from '../../src/base/chunks.ts';

/** Work that takes its chunks down, and goes on when it is let. */
function gated() {
  const chunks: (readonly number[])[] = [];
  const gates: PromiseWithResolvers<string>[] = [];
  const work = (items: readonly number[]) => {
    chunks.push([...items]);
    const gate = Promise.withResolvers<string>();
    gates.push(gate);
    return gate.promise;
  };
  return { chunks, gates, work };
}

const turn = () => new Promise(setImmediate);

describe('chunks', () => {
  it('take in together what comes while one is worked on, up to their size', async () => {
    const { chunks, gates, work } = gated();
    const add = createChunks(2, work);
    const answers = [add(1)];
    await turn();
    answers.push(add(2), add(3), add(4));
    await turn();
    expect(chunks).toEqual([[1]]);
    gates[0]?.resolve('first');
    await turn();
    expect(chunks).toEqual([[1], [2, 3]]);
    gates[1]?.resolve('second');
    await turn();
    gates[2]?.resolve('third');
    expect(await Promise.all(answers)).toEqual(['first', 'second', 'second', 'third']);
  });

  it('fail by themselves: the next one is worked on', async () => {
    const { gates, work } = gated();
    const add = createChunks(1, work);
    const [first, second] = [add(1), add(2)];
    await turn();
    gates[0]?.reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await turn();
    gates[1]?.resolve('yes');
    expect(await second).toBe('yes');
  });
});
