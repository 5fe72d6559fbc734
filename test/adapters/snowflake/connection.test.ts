import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CredentialsInvalid } from '../../../src/adapters/snowflake/credentials.ts';
import { eventually } from '../../eventually.ts';
import { createKey, failureOf, useSessionWorlds } from './sessionHarness.ts';

const createWorld = useSessionWorlds();

describe('signing in', () => {
  test('says who, where and what for, and nothing of the key', async () => {
    const world = await createWorld();
    await world.open();
    const [login] = world.server.logins;
    expect(login).toMatchObject({
      ACCOUNT_NAME: 'example-account',
      LOGIN_NAME: 'REACTOR',
      AUTHENTICATOR: 'SNOWFLAKE_JWT',
      roleName: 'REACTOR_ROLE',
      warehouse: 'CUR_WH',
      databaseName: 'COSTS',
      schemaName: 'CUR',
      SESSION_PARAMETERS: { CLIENT_SESSION_KEEP_ALIVE: false },
      CLIENT_ENVIRONMENT: { APPLICATION: 'cur-reactor' },
    });
    expect(JSON.stringify(login)).not.toContain('PRIVATE KEY');
  });

  test('uses the private key', async () => {
    const world = await createWorld();
    const key = createKey();
    world.server.trust(key.publicKey);
    const session = await world.open({
      readCredentials: async () => ({ ...world.credentials(), privateKey: key.privateKey }),
    });
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
  });

  test('with a key that Snowflake does not know is refused, once, without anything of the token', async () => {
    const world = await createWorld();
    world.server.trust(createKey().publicKey);
    const failure = await failureOf(world.open());
    expect(failure).toMatchObject({ code: '390144', kind: 'auth' });
    expect(failure.message).toBe('Snowflake: 390144: JWT token is invalid.');
    expect(world.server.requests).toEqual(['login']);
  });

  test('reads the credentials again when they are refused, and takes those that have changed', async () => {
    const world = await createWorld();
    const [before, after] = [createKey(), createKey()];
    let current = before;
    let readings = 0;
    world.server.trust(before.publicKey);
    const session = await world.open({
      readCredentials: async () => {
        readings++;
        return { ...world.credentials(), privateKey: current.privateKey };
      },
    });
    current = after;
    world.server.trust(after.publicKey);
    world.server.expire('masters');
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
    expect(readings).toBe(2);
    world.server.expire('masters');
    expect(await session.run('select 2')).toEqual([{ N: 1 }]);
    expect(readings).toBe(2);
  });

  test('that was refused in the end is tried again next time', async () => {
    const world = await createWorld();
    const session = await world.open();
    world.server.expire('masters');
    world.server.order('login', { code: '390144' });
    expect(await failureOf(session.run('select 1'))).toMatchObject({ kind: 'auth' });
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
  });

  test('throws what reading the credentials throws', async () => {
    const world = await createWorld();
    const opening = world.open({
      readCredentials: () => Promise.reject(new CredentialsInvalid('the Snowflake secret is not JSON')),
    });
    await expect(opening).rejects.toThrow(new CredentialsInvalid('the Snowflake secret is not JSON'));
    expect(world.server.requests).toEqual([]);
  });

  test('survives a server that is unavailable for a moment', async () => {
    const world = await createWorld();
    world.server.order('login', 'unavailable');
    const session = await world.open();
    expect(await session.run('select 1')).toEqual([{ N: 1 }]);
  });

  test('that gets no answer misses its deadline', async () => {
    const world = await createWorld();
    world.server.order('login', 'hangs');
    const failure = await failureOf(world.open({ deadlines: { connectSeconds: 0.3 } }));
    expect(failure).toMatchObject({ code: 'DEADLINE', kind: 'transient' });
    expect(failure.message).toBe('Snowflake: DEADLINE: no end of signing in within 0.3 s');
  });

  test('that comes to its end after the deadline leaves no session behind', async () => {
    const world = await createWorld();
    world.server.order('login', 'unavailable');
    expect(await failureOf(world.open({ deadlines: { connectSeconds: 0.3 } }))).toMatchObject({ code: 'DEADLINE' });
    await eventually(() => expect(world.server.requests).toContain('logout'));
    expect(world.server.openSessions()).toEqual([]);
  });

  test('whose session cannot be set up leaves none behind', async () => {
    const world = await createWorld();
    world.server.order('query', { code: '001003' });
    expect(await failureOf(world.open())).toMatchObject({ code: '001003', kind: 'permanent' });
    expect(world.server.openSessions()).toEqual([]);
  });

  test('refuses timeouts that are not whole seconds', async () => {
    const world = await createWorld();
    await expect(world.open({ lockTimeoutSeconds: 0.5 })).rejects.toThrow('lockTimeoutSeconds must be a whole number');
    await expect(world.open({ statementTimeoutSeconds: 0 })).rejects.toThrow('statementTimeoutSeconds must be');
  });
});

describe('a process', () => {
  const program = fileURLToPath(new URL('sessionProcess.ts', import.meta.url));

  async function runProcess(
    environment: Record<string, string>,
    files: Record<string, string> = {},
  ): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), 'snowflake-'));
    try {
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      await promisify(execFile)(process.execPath, [program], { cwd: folder, env: environment });
      return await readdir(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('that signs in with a key from a file ends by itself, and writes no log', async () => {
    const world = await createWorld();
    const key = createKey();
    world.server.trust(key.publicKey);
    const environment = {
      SNOWFLAKE_ACCOUNT: 'example-account',
      SNOWFLAKE_USER: 'REACTOR',
      SNOWFLAKE_URL: world.server.accessUrl,
      SNOWFLAKE_PRIVATE_KEY_PATH: 'key.p8',
    };
    expect(await runProcess(environment, { 'key.p8': key.privateKey })).toEqual(['key.p8']);
    expect(world.executed).toEqual(['select 1', 'begin transaction', 'select 2', 'commit', 'select 3']);
  });

  test('that signs in as the workload it is needs no key', async () => {
    const world = await createWorld();
    const environment = {
      SNOWFLAKE_ACCOUNT: 'example-account',
      SNOWFLAKE_USER: 'REACTOR',
      SNOWFLAKE_URL: world.server.accessUrl,
      SNOWFLAKE_AUTHENTICATOR: 'WORKLOAD_IDENTITY',
      SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES: '127.0.0.1',
      AWS_REGION: 'us-east-2',
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
    };
    expect(await runProcess(environment)).toEqual([]);
    expect(world.server.logins[0]).toMatchObject({ AUTHENTICATOR: 'WORKLOAD_IDENTITY', PROVIDER: 'AWS' });
    expect(world.executed).toHaveLength(5);
  });
});
