import { describe, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { createGate, numbers, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();

/** A server on which a statement that hangs ends only when it is cancelled. */
function hangingOn(sql: string) {
  return createWorld(async (statement, { signal }) => {
    if (statement.sql !== sql) return numbers(1);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))));
  });
}

describe('a session with several statements at once', () => {
  test('runs them beside each other, each in a session of its own', async () => {
    const gate = createGate();
    const world = await createWorld(async ({ sql }) => {
      if (sql === 'slow') await gate.opened;
      return numbers(1);
    });
    const session = await world.open({ statementsAtOnce: 2 });
    const slow = session.run('slow');
    await eventually(() => expect(world.executed).toEqual(['slow']));
    expect(await session.run('quick')).toEqual([{ N: 1 }]);
    gate.open();
    await slow;
    expect(new Set(world.server.queries.map(({ sessionId }) => sessionId)).size).toBe(2);
  });

  test('opens no second one where one is enough', async () => {
    const world = await createWorld();
    const session = await world.open({ statementsAtOnce: 9 });
    for (const sql of ['a', 'b', 'c']) await session.run(sql);
    expect(world.server.logins).toHaveLength(1);
  });
});

describe('a statement whose signal is aborted', () => {
  test('is cancelled at once, its session ended, and the next one runs in a new one', async () => {
    const world = await hangingOn('hangs');
    const session = await world.open();
    const budget = new AbortController();
    const hanging = session.run('hangs', [], budget.signal);
    await eventually(() => expect(world.executed).toEqual(['hangs']));
    budget.abort(new Error('the budget is used up'));
    await expect(hanging).rejects.toThrow('the budget is used up');
    expect(await session.run('next')).toEqual([{ N: 1 }]);
    await eventually(() => expect(world.server.queries.find(({ sql }) => sql === 'hangs')?.status).toBe('ABORTED'));
    expect(world.server.openSessions()).toHaveLength(1);
    expect(world.executed).toEqual(['hangs', 'next']);
  });

  test('in a transaction ends that: nothing is committed', async () => {
    const world = await hangingOn('hangs');
    const session = await world.open();
    const budget = new AbortController();
    const hanging = session.transaction(async ({ run }) => {
      await run('a');
      await run('hangs');
    }, budget.signal);
    await eventually(() => expect(world.executed).toContain('hangs'));
    budget.abort(new Error('the budget is used up'));
    await expect(hanging).rejects.toThrow('the budget is used up');
    expect(await session.run('next')).toEqual([{ N: 1 }]);
    expect(world.executed).toEqual(['begin transaction', 'a', 'hangs', 'next']);
  });

  test('that was aborted before is not sent', async () => {
    const world = await createWorld();
    const session = await world.open();
    await expect(session.run('a', [], AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(world.executed).toEqual([]);
  });
});
