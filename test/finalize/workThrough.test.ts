import { describe, expect, it } from 'vitest';
import { workThrough } from '../../src/finalize/workThrough.ts';

const NUMBERS = [1, 2, 3, 4, 5];
const turn = () => new Promise(setImmediate);

describe('working through items', () => {
  it('begins them in their order, so many at once, and no longer than there is time', async () => {
    const begun: number[] = [];
    let [atWork, most] = [0, 0];
    const pace = { atOnce: 2, mayBegin: () => begun.length < 4 };
    await workThrough(NUMBERS, pace, async (number) => {
      begun.push(number);
      atWork += 1;
      most = Math.max(most, atWork);
      await turn();
      atWork -= 1;
      return undefined;
    });
    expect({ begun, most }).toEqual({ begun: [1, 2, 3, 4], most: 2 });
  });

  it('does what follows beside the next items, and waits for it', async () => {
    const happened: string[] = [];
    await workThrough([1, 2], { atOnce: 1, mayBegin: () => true }, async (number) => {
      happened.push(`work ${number}`);
      return async () => {
        await turn();
        await turn();
        happened.push(`followed ${number}`);
      };
    });
    expect(happened).toEqual(['work 1', 'work 2', 'followed 1', 'followed 2']);
  });

  it.each(['work', 'what follows'])(
    'ends at the first error of %s: nothing else is begun, and what is at work hears of it',
    async (where) => {
      const begun: number[] = [];
      let aborted: unknown;
      const working = workThrough(NUMBERS, { atOnce: 2, mayBegin: () => true }, async (number, signal) => {
        begun.push(number);
        if (number === 2) {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          aborted = signal.reason;
          return undefined;
        }
        const fail = async () => {
          throw new Error('over');
        };
        return where === 'work' ? fail() : fail;
      });
      await expect(working).rejects.toThrow('over');
      expect(aborted).toEqual(new Error('over'));
      expect(begun).toContain(2);
      expect(begun).not.toContain(5);
    },
  );
});
