import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createTurns } from '../../src/base/turns.ts';

it('each piece of work begins when the one before it has ended, well or not', async () => {
  const inTurn = createTurns();
  const events: string[] = [];
  const piece = (name: string, work: () => Promise<unknown>) =>
    inTurn(async () => {
      events.push(`${name} begins`);
      await work().finally(() => events.push(`${name} ends`));
    });
  const first = piece('a', () => setTimeout(5));
  const failing = piece('b', () => Promise.reject(new Error('no')));
  const last = piece('c', async () => undefined);
  await first;
  await expect(failing).rejects.toThrow('no');
  await last;
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
