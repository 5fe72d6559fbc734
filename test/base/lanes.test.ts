import { describe, expect, it } from 'vitest';
import { createLanes } from '../../src/base/lanes.ts';

describe('lanes', () => {
  it('are each given to one piece of work at a time, and those who wait get theirs in turn', async () => {
    const onFreeLane = createLanes(['a', 'b']);
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const begun: string[] = [];
    const work = gates.map((gate, index) =>
      onFreeLane(async (lane) => {
        begun.push(`${index} on ${lane}`);
        await gate.promise;
      }),
    );
    await new Promise(setImmediate);
    expect(begun).toEqual(['0 on a', '1 on b']);
    gates[1]?.resolve();
    await work[1];
    await new Promise(setImmediate);
    expect(begun).toEqual(['0 on a', '1 on b', '2 on b']);
    for (const gate of gates) gate.resolve();
    await Promise.all(work);
    expect(begun).toHaveLength(4);
  });

  it('are given back by work that fails, and the first is used again while it is enough', async () => {
    const onFreeLane = createLanes(['a', 'b']);
    await expect(onFreeLane(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await onFreeLane(async (lane) => lane)).toBe('a');
  });
});
