import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { keepSession, type Session } from '../../../src/adapters/snowflake/session.ts';
import { eventually } from '../../eventually.ts';
import { StatementError } from './protocolServer.ts';
import { createGate, failureOf, numbers, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();

describe('a statement', () => {
  test('answers its rows by upper-case column name, in JavaScript types', async () => {
    const world = await createWorld(async () => ({
      columns: [
        { name: 'name', type: 'text' },
        { name: 'ROWS', type: 'fixed' },
        { name: 'COST', type: 'real' },
        { name: 'IS_OPEN', type: 'boolean' },
        { name: 'SINCE', type: 'timestamp_ntz' },
      ],
      rows: [
        ['payer-123456789012', '1234567', '0.25', 'true', '2026-04-01 12:30:00'],
        [null, null, null, null, null],
      ],
    }));
    const session = await world.open();
    expect(await session.run('show something')).toEqual([
      { NAME: 'payer-123456789012', ROWS: 1234567, COST: 0.25, IS_OPEN: true, SINCE: '2026-04-01 12:30:00.000' },
      { NAME: null, ROWS: null, COST: null, IS_OPEN: null, SINCE: null },
    ]);
  });

  test('carries its binds in their order, with strings, numbers and nulls', async () => {
    const world = await createWorld();
    const session = await world.open();
    const binds = ["it's", 12, null, 'é\n', '', 1.5, 7, 8, 9, 10, 11];
    await session.run('select ?', binds);
    expect(world.server.queries.at(-1)?.binds).toEqual(binds.map((bind) => (bind === null ? null : String(bind))));
  });

  test('has the tag of the session, and the session has said what it expects of Snowflake', async () => {
    const world = await createWorld();
    const session = await world.open({
      queryTag: 'reactor prod',
      statementTimeoutSeconds: 600,
      lockTimeoutSeconds: 30,
      queueTimeoutSeconds: 45,
    });
    await session.run('select 1');
    expect(world.server.queries.map(({ sql, queryTag }) => ({ sql, queryTag }))).toEqual([
      {
        sql:
          'alter session set ABORT_DETACHED_QUERY = true AUTOCOMMIT = true LOCK_TIMEOUT = 30 ' +
          "QUERY_TAG = 'reactor prod' STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 45 STATEMENT_TIMEOUT_IN_SECONDS = 600 " +
          "TIMESTAMP_INPUT_FORMAT = 'AUTO' TIMESTAMP_TYPE_MAPPING = 'TIMESTAMP_NTZ' TIMEZONE = 'Pacific/Kiritimati' " +
          'USE_CACHED_RESULT = false',
        queryTag: undefined,
      },
      { sql: 'select 1', queryTag: 'reactor prod' },
    ]);
  });

  test('that takes long is waited for', async () => {
    const isAsked = Promise.withResolvers<void>();
    const world = await createWorld(async () => {
      await isAsked.promise;
      return numbers(42);
    });
    const session = await world.open();
    const running = session.run('select 42');
    await eventually(() =>
      expect(world.server.requests.filter((route) => route === 'result').length).toBeGreaterThan(1),
    );
    isAsked.resolve();
    expect(await running).toEqual([{ N: 42 }]);
    expect(world.executed).toEqual(['select 42']);
  });

  test('that Snowflake refuses throws its code, state and words, and is not repeated', async () => {
    const world = await createWorld(async () => {
      throw new StatementError(
        '002003',
        "SQL compilation error:\nTable 'X' does not exist or not authorized.",
        '42S02',
      );
    });
    const session = await world.open();
    const failure = await failureOf(session.run('select * from X'));
    expect(failure).toMatchObject({ code: '002003', sqlState: '42S02', kind: 'permanent' });
    expect(failure.message).toBe(
      "Snowflake: 002003: SQL compilation error: Table 'X' does not exist or not authorized.",
    );
    expect(world.executed).toHaveLength(1);
  });

  test('that finds too many waiters at a lock is run again, and again', async () => {
    let refusals = 2;
    const world = await createWorld(async () => {
      if (refusals-- > 0) throw new StatementError('000625', 'the number of waiters exceeds the limit', '57014');
      return numbers(3);
    });
    const session = await world.open();
    expect(await session.run('update t set n = 1')).toEqual([{ N: 3 }]);
    expect(world.executed).toHaveLength(3);
  });

  test('that finds too many waiters every time throws after a few tries', async () => {
    const world = await createWorld(async () => {
      throw new StatementError('000625', 'the number of waiters exceeds the limit', '57014');
    });
    const waits: number[] = [];
    const session = await world.open({ backoff: async (attempt) => void waits.push(attempt) });
    expect(await failureOf(session.run('update t set n = 1'))).toMatchObject({ code: '000625', kind: 'transient' });
    expect(world.executed).toHaveLength(4);
    expect(waits).toEqual([1, 2, 3]);
  });

  test('survives a server that is unavailable for a moment', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('query', 'unavailable');
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    expect(world.executed).toHaveLength(1);
  });

  test('survives a connection that ends before the server has read it', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('query', 'dropped');
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    expect(world.executed).toHaveLength(1);
  });

  test('whose answer is lost ran once, and answers all the same', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('query', 'lostAnswer');
    expect(await session.run('insert into t values (1)')).toEqual([{ N: 1 }]);
    expect(world.executed).toEqual(['insert into t values (1)']);
  });

  test('that gets no answer misses its deadline: it is not repeated, and its session is ended', async () => {
    const gate = createGate();
    const world = await createWorld(async ({ sql }) => {
      if (sql === 'slow') await gate.opened;
      return numbers(1);
    });
    const session = await world.open({ deadlines: { statementSeconds: 3 } });
    const [first] = world.server.openSessions();
    expect(await failureOf(session.run('slow'))).toMatchObject({ code: 'DEADLINE', kind: 'transient' });
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    await eventually(() => expect(world.server.openSessions()).not.toContain(first));
    expect(world.executed).toEqual(['slow', 'select 1']);
    expect(world.server.queries.find(({ sql }) => sql === 'slow')?.status).toBe('ABORTED');
    expect(world.server.requests).toContain('abort');
    gate.open();
  });
});

describe('a session', () => {
  test('that has expired is renewed without signing in again', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.expire('sessions');
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    expect(world.server.requests.filter((route) => route === 'renew')).toHaveLength(1);
    expect(world.server.logins).toHaveLength(1);
  });

  test('that cannot be renewed is replaced by a new one', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.expire('masters');
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    expect(world.server.logins).toHaveLength(2);
    expect(world.executed).toEqual(['select 1']);
  });

  test('serves callers one after the other', async () => {
    let running = 0;
    let most = 0;
    const world = await createWorld(async () => {
      most = Math.max(most, ++running);
      await setTimeout(20);
      running--;
      return numbers(1);
    });
    const session = await world.open();
    await Promise.all(['a', 'b', 'c'].map((sql) => session.run(sql)));
    expect(world.executed).toEqual(['a', 'b', 'c']);
    expect(most).toBe(1);
  });

  test('is ended on the server when it is closed, and answers nothing after that', async () => {
    const world = await createWorld();
    const session = await world.open();
    expect(world.server.openSessions()).toHaveLength(1);
    await session.close();
    expect(world.server.openSessions()).toEqual([]);
    await expect(session.run('select 1')).rejects.toThrow('closed');
  });

  test('is opened once for everybody who keeps it, and again after it failed to open', async () => {
    const world = await createWorld();
    const opened: Promise<Session>[] = [];
    let isDown = true;
    const kept = keepSession(() => {
      const opening = isDown ? Promise.reject(new Error('down')) : world.open();
      opened.push(opening);
      return opening;
    });
    await expect(kept()).rejects.toThrow('down');
    isDown = false;
    const [one, other] = await Promise.all([kept(), kept()]);
    expect(one).toBe(other);
    expect(await kept()).toBe(one);
    expect(opened).toHaveLength(2);
  });
});
