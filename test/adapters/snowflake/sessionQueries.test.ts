import { describe, expect, test } from 'vitest';
import { eventually } from '../../eventually.ts';
import { StatementError } from './protocolServer.ts';
import { createGate, failureOf, numbers, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();
const UNKNOWN_QUERY = '01b2c3d4-0000-0000-0000-000000000000';

async function settled(status: () => Promise<{ is: string }>): Promise<{ is: string }> {
  for (;;) {
    const now = await status();
    if (now.is !== 'running') return now;
  }
}

describe('a submitted query', () => {
  test('runs while nobody waits, under its own tag, and is done in the end', async () => {
    const gate = createGate();
    const world = await createWorld(async () => {
      await gate.opened;
      return numbers(1);
    });
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-7');
    expect(await session.status(queryId)).toEqual({ is: 'running' });
    expect(world.server.queries.find(({ isAsync }) => isAsync)).toMatchObject({ queryId, queryTag: 'run-7' });
    gate.open();
    expect(await settled(() => session.status(queryId))).toEqual({ is: 'done' });
  });

  test('runs in UTC, whose day is the script’s current one', async () => {
    const world = await createWorld();
    await (await world.open()).submit('select 1', 'run-7');
    expect(world.server.queries.find(({ isAsync }) => isAsync)?.timeZone).toBe('UTC');
  });

  test('runs in a session of its own, so that it never falls into a transaction', async () => {
    const world = await createWorld();
    const session = await world.open();
    await session.transaction(async ({ run }) => {
      await run('a');
      await session.submit('call analytics()', 'run-1');
    });
    const submitted = world.server.queries.find(({ isAsync }) => isAsync);
    const others = world.server.queries.filter(({ sql }) => ['begin transaction', 'a', 'commit'].includes(sql));
    expect(others.map(({ sessionId }) => sessionId)).not.toContain(submitted?.sessionId);
  });

  test('runs in a warehouse of its own where it has one, and waits for a place in it as long as it takes', async () => {
    const world = await createWorld();
    const session = await world.open({ queueTimeoutSeconds: 45, submitted: { warehouse: 'ANALYTICS_WH' } });
    await session.submit('call analytics()', 'run-1');
    expect(world.server.logins.map(({ warehouse }) => warehouse)).toEqual(['CUR_WH', 'ANALYTICS_WH']);
    const set = world.server.queries.filter(({ sql }) => sql.startsWith('alter session'));
    expect(set.map(({ sql }) => /QUEUED_TIMEOUT_IN_SECONDS = (\d+)/.exec(sql)?.[1])).toEqual(['45', '0']);
  });

  test('outlives the session that submitted it', async () => {
    const gate = createGate();
    const world = await createWorld(async () => {
      await gate.opened;
      return numbers(1);
    });
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.close();
    expect(world.server.queries.find((query) => query.queryId === queryId)?.status).toBe('RUNNING');
    gate.open();
    const later = await world.open();
    expect(await settled(() => later.status(queryId))).toEqual({ is: 'done' });
  });

  test('that failed gives the code and the words of its result', async () => {
    const world = await createWorld(async ({ sql }) => {
      if (sql.startsWith('call')) throw new StatementError('100038', "Numeric value 'x' is not recognized", '22018');
      return numbers(1);
    });
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    expect(await settled(() => session.status(queryId))).toEqual({
      is: 'failed',
      code: '100038',
      message: "Snowflake: 100038: Numeric value 'x' is not recognized",
    });
  });

  test('that was cancelled has failed', async () => {
    const gate = createGate();
    const world = await createWorld(async () => {
      await gate.opened;
      return numbers(1);
    });
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.cancel(queryId);
    expect(await settled(() => session.status(queryId))).toMatchObject({ is: 'failed', code: '000604' });
    gate.open();
    await session.cancel(queryId);
  });

  test('whose answer is lost was submitted once', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('submit', 'lostAnswer');
    const queryId = await session.submit('call analytics()', 'run-1');
    expect(world.executed).toEqual(['call analytics()']);
    expect(world.server.queries.filter(({ isAsync }) => isAsync).map((query) => query.queryId)).toEqual([queryId]);
  });

  test('of which no answer came is found by its tag, by another session too', async () => {
    const gate = createGate();
    const world = await createWorld(async ({ sql }) => {
      if (sql.startsWith('call')) await gate.opened;
      return numbers(1);
    });
    const session = await world.open({ deadlines: { submitSeconds: 3 } });
    await session.submit('call analytics()', 'run-1');
    world.server.order('submit', 'lostAnswer', 100);
    expect(await failureOf(session.submit('call analytics()', 'run-2'))).toMatchObject({ kind: 'transient' });
    const other = await world.open();
    const found = await other.findByTag('run-2');
    expect(found).toBe(world.server.queries.find(({ queryTag }) => queryTag === 'run-2')?.queryId);
    expect(await other.status(found ?? '')).toEqual({ is: 'running' });
    gate.open();
  });

  test('that Snowflake refuses at once throws', async () => {
    const world = await createWorld();
    const session = await world.open();
    await session.submit('call analytics()', 'run-1');
    world.server.order('submit', { code: '390201' });
    expect(await failureOf(session.submit('call analytics()', 'run-2'))).toMatchObject({
      code: '390201',
      kind: 'permanent',
    });
  });

  test('whose session is gone is not submitted in another: it may run', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('submit', { code: '390111' });
    expect(await failureOf(session.submit('call analytics()', 'run-1'))).toMatchObject({
      code: 'SESSION_LOST',
      kind: 'permanent',
    });
    expect(world.executed).toEqual([]);
    await session.submit('call analytics()', 'run-1');
    expect(world.executed).toEqual(['call analytics()']);
  });

  test('shares its session with no other, and has longer than a statement that somebody waits for', async () => {
    const world = await createWorld();
    const session = await world.open({
      statementTimeoutSeconds: 60,
      lockTimeoutSeconds: 5,
      submitted: { statementTimeoutSeconds: 7200 },
    });
    await session.submit('call analytics()', 'run-1');
    await session.submit('call analytics()', 'run-2');
    const { queries } = world.server;
    const [one, other] = queries.filter(({ isAsync }) => isAsync).map(({ sessionId }) => sessionId);
    expect(new Set([one, other, queries[0]?.sessionId]).size).toBe(3);
    const saidIn = (id: string | undefined) => queries.find(({ sessionId }) => sessionId === id)?.sql;
    expect(saidIn(queries[0]?.sessionId)).toMatch(
      /ABORT_DETACHED_QUERY = true .*LOCK_TIMEOUT = 5 .*STATEMENT_TIMEOUT_IN_SECONDS = 60 /,
    );
    for (const id of [one, other]) {
      expect(saidIn(id)).toMatch(
        /ABORT_DETACHED_QUERY = false .*LOCK_TIMEOUT = 900 .*STATEMENT_TIMEOUT_IN_SECONDS = 7200 /,
      );
    }
  });

  test('answers its rows to whoever has its query id, as often as asked', async () => {
    const world = await createWorld();
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.close();
    const later = await world.open();
    expect(await later.result(queryId)).toEqual([{ N: 1 }]);
    world.server.expire('sessions');
    world.server.order('result', 'unavailable');
    expect(await later.result(queryId)).toEqual([{ N: 1 }]);
    expect(await failureOf(later.result(UNKNOWN_QUERY))).toMatchObject({ code: '000709', kind: 'permanent' });
    await expect(later.result('../session')).rejects.toThrow(RangeError);
  });
});

describe('a tag', () => {
  test('that no query has finds none', async () => {
    const world = await createWorld();
    const session = await world.open();
    expect(await session.findByTag('run-1')).toBeUndefined();
  });

  test('that several queries have finds the oldest', async () => {
    const world = await createWorld();
    const session = await world.open();
    const oldest = await session.submit('call analytics()', 'run-1');
    await session.submit('call analytics()', 'run-1');
    expect(await session.findByTag('run-1')).toBe(oldest);
  });
});

describe('the status of a query', () => {
  test.each([
    'QUEUED',
    'QUEUED_REPARING_WAREHOUSE',
    'RESUMING_WAREHOUSE',
    'RUNNING',
    'BLOCKED',
    'RESTARTED',
    'NO_DATA',
    'A_WORD_OF_TOMORROW',
  ])('%s means that it is running', async (word) => {
    const world = await createWorld();
    const session = await world.open();
    world.server.answerStatuses(word);
    expect(await session.status(UNKNOWN_QUERY)).toEqual({ is: 'running' });
  });

  test.each(['ABORTING', 'ABORTED', 'DISCONNECTED', 'FAILED_WITH_ERROR', 'FAILED_WITH_INCIDENT'])(
    '%s means that it has failed, by that word where there is no result',
    async (word) => {
      const world = await createWorld(async () => numbers(1));
      const session = await world.open();
      const queryId = await session.submit('call analytics()', 'run-1');
      world.server.answerStatuses(word);
      expect(await session.status(queryId)).toEqual({
        is: 'failed',
        code: word,
        message: `the query ended as ${word}`,
      });
    },
  );

  test('that is about to be aborted has failed, although its result is not there yet', async () => {
    const gate = createGate();
    const world = await createWorld(async () => {
      await gate.opened;
      return numbers(1);
    });
    const session = await world.open({ deadlines: { statusSeconds: 3 } });
    const queryId = await session.submit('call analytics()', 'run-1');
    world.server.answerStatuses('ABORTING');
    expect(await session.status(queryId)).toMatchObject({ is: 'failed', code: 'ABORTING' });
    gate.open();
  });

  test('is known in the end, over whatever states before', async () => {
    const world = await createWorld();
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    world.server.answerStatuses('QUEUED', 'RESUMING_WAREHOUSE', 'BLOCKED', 'RESTARTED');
    const states: string[] = [];
    for (let count = 0; count < 5; count++) states.push((await session.status(queryId)).is);
    expect(states).toEqual(['running', 'running', 'running', 'running', 'done']);
  });

  test('of a query that nobody knows is running', async () => {
    const world = await createWorld();
    const session = await world.open();
    expect(await session.status(UNKNOWN_QUERY)).toEqual({ is: 'running' });
  });

  test('is asked again when the server is unavailable', async () => {
    const world = await createWorld();
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    world.server.order('status', 'unavailable', 2);
    world.server.order('status', 'dropped');
    expect(await session.status(queryId)).toEqual({ is: 'done' });
  });

  test('that stays unavailable throws, after a few tries', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.order('status', 'unavailable', 10);
    expect(await failureOf(session.status(UNKNOWN_QUERY))).toMatchObject({ code: 'HTTP 503', kind: 'transient' });
    expect(world.server.requests.filter((route) => route === 'status')).toHaveLength(4);
  });

  test('is asked in a renewed session when that has expired', async () => {
    const world = await createWorld();
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.status(queryId);
    const { length } = world.server.logins;
    world.server.expire('sessions');
    expect(await session.status(queryId)).toEqual({ is: 'done' });
    expect(world.server.logins).toHaveLength(length);
  });

  test('is not given up while the session is being renewed for somebody else', async () => {
    const world = await createWorld();
    const session = await world.open({ deadlines: { statusSeconds: 3 } });
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.status(queryId);
    world.server.expire('sessions');
    world.server.order('renew', 'hangs');
    const first = failureOf(session.status(queryId));
    await eventually(() => expect(world.server.requests).toContain('renew'));
    const second = failureOf(session.status(queryId));
    expect((await Promise.all([first, second])).map(({ code }) => code)).toEqual(['DEADLINE', 'DEADLINE']);
    expect(await session.status(queryId)).toEqual({ is: 'done' });
  });

  test('is asked in a new session when the old one is gone', async () => {
    const world = await createWorld();
    const session = await world.open();
    const queryId = await session.submit('call analytics()', 'run-1');
    await session.status(queryId);
    world.server.expire('masters');
    expect(await session.status(queryId)).toEqual({ is: 'done' });
  });

  test('that never comes misses its deadline', async () => {
    const world = await createWorld();
    const session = await world.open({ deadlines: { statusSeconds: 3 } });
    const queryId = await session.submit('call analytics()', 'run-1');
    world.server.order('status', 'hangs');
    expect(await failureOf(session.status(queryId))).toMatchObject({ code: 'DEADLINE', kind: 'transient' });
    expect(await session.status(queryId)).toEqual({ is: 'done' });
  });

  test('is asked for ids of queries only', async () => {
    const world = await createWorld();
    const session = await world.open();
    await expect(session.cancel("x') or ('")).rejects.toThrow(RangeError);
    await expect(session.status('../session')).rejects.toThrow('queryId must be the id of a query, got "../session"');
  });
});
