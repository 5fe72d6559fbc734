import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { StatementError } from './protocolServer.ts';
import { createGate, failureOf, numbers, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();

describe('a transaction', () => {
  test('is BEGIN, its statements and COMMIT in one session, and answers what the work answers', async () => {
    const world = await createWorld();
    const session = await world.open();
    const answer = await session.transaction(async ({ run }) => {
      await run('delete from t where a = ?', ['x']);
      const [row] = await run('select 1');
      return row?.N;
    });
    expect(answer).toBe(1);
    expect(world.executed).toEqual(['begin transaction', 'delete from t where a = ?', 'select 1', 'commit']);
    expect(new Set(world.server.queries.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test('lets no other statement of the session in between', async () => {
    const world = await createWorld(async () => setTimeout(10, numbers(1)));
    const session = await world.open();
    const transaction = session.transaction(async ({ run }) => {
      await run('a');
      await setTimeout(50);
      await run('b');
    });
    await Promise.all([
      transaction,
      session.run('outside'),
      session.transaction(({ run }) => run('c')),
      session.findByTag('tag'),
    ]);
    expect(world.executed).toEqual([
      ...['begin transaction', 'a', 'b', 'commit'],
      'outside',
      ...['begin transaction', 'c', 'commit'],
    ]);
  });

  test('is rolled back when its work throws, and throws what the work threw', async () => {
    const world = await createWorld();
    const session = await world.open();
    const work = session.transaction(async ({ run }) => {
      await run('a');
      throw new RangeError('the fence is higher');
    });
    await expect(work).rejects.toThrow(new RangeError('the fence is higher'));
    expect(await session.run('b')).toEqual([{ N: 1 }]);
    expect(world.executed).toEqual(['begin transaction', 'a', 'rollback', 'b']);
    expect(world.server.logins).toHaveLength(1);
  });

  test('whose statement Snowflake refuses is rolled back, and nothing of it is repeated by itself', async () => {
    const world = await createWorld(async ({ sql }) => {
      if (sql === 'update t') throw new StatementError('000625', 'too many waiters', '57014');
      return numbers(1);
    });
    const session = await world.open();
    expect(await failureOf(session.transaction(({ run }) => run('update t')))).toMatchObject({
      code: '000625',
      kind: 'transient',
    });
    expect(world.executed).toEqual(['begin transaction', 'update t', 'rollback']);
  });

  test('whose COMMIT is refused throws', async () => {
    const world = await createWorld(async ({ sql }) => {
      if (sql === 'commit') throw new StatementError('000603', 'internal error', 'XX000');
      return numbers(1);
    });
    const session = await world.open();
    expect(await failureOf(session.transaction(({ run }) => run('a')))).toMatchObject({ code: '000603' });
    expect(world.executed).toEqual(['begin transaction', 'a', 'commit', 'rollback']);
  });

  test('goes on in the same session when the token of the session is renewed', async () => {
    const world = await createWorld();
    const session = await world.open();
    await session.transaction(async ({ run }) => {
      await run('a');
      world.server.expire('sessions');
      await run('b');
    });
    expect(world.executed).toEqual(['begin transaction', 'a', 'b', 'commit']);
    expect(new Set(world.server.queries.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test('that loses its session throws, and is not continued in another', async () => {
    const world = await createWorld();
    const session = await world.open();
    const work = session.transaction(async ({ run }) => {
      await run('a');
      world.server.expire('masters');
      await run('b').catch(() => undefined);
      await run('c').catch(() => undefined);
    });
    expect((await failureOf(work)).kind).toBe('reconnect');
    expect(await session.run('after')).toEqual([{ N: 1 }]);
    expect(world.executed).toEqual(['begin transaction', 'a', 'after']);
  });

  test('whose statement misses its deadline is ended with its session, even if the work goes on', async () => {
    const gate = createGate();
    const world = await createWorld(async ({ sql }) => {
      if (sql === 'slow') await gate.opened;
      return numbers(1);
    });
    const session = await world.open({ deadlines: { statementSeconds: 3 } });
    const [begun] = world.server.openSessions();
    const work = session.transaction(async ({ run }) => {
      await run('slow').catch(() => undefined);
      await run('more').catch(() => undefined);
    });
    expect(await failureOf(work)).toMatchObject({ code: 'DEADLINE' });
    await eventually(() => expect(world.server.openSessions()).not.toContain(begun));
    expect(world.executed).toEqual(['begin transaction', 'slow']);
    gate.open();
  });

  test('begins in a new session when the old one is gone', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.expire('masters');
    await session.transaction(({ run }) => run('a'));
    expect(world.executed).toEqual(['begin transaction', 'a', 'commit']);
    expect(world.server.logins).toHaveLength(2);
  });

  test('that is over takes no statement', async () => {
    const world = await createWorld();
    const session = await world.open();
    const late = await session.transaction(async ({ run }) => ({ run }));
    await expect(late.run('late')).rejects.toThrow('the transaction is over, no statement can follow: "late"');
    expect(world.executed).toEqual(['begin transaction', 'commit']);
  });
});
