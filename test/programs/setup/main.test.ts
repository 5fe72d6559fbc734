import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../../src/analytics/statements.ts';
import { type Execute, StatementError, startProtocolServer } from '../../adapters/snowflake/protocolServer.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/programs/setup/main.ts', import.meta.url));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program as a process of its own, elsewhere, with nothing of this one's environment but
 * what is given.
 */
function runSetup(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const options = { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } };
  const child = execFile(process.execPath, [PROGRAM, ...args], options, (_error, stdout, stderr) =>
    resolve({ status: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

const nothing: Execute = async () => ({ columns: [{ name: 'status', type: 'text' }], rows: [['done']] });
const trust: Execute = async () => ({
  columns: [
    { name: 'property', type: 'text' },
    { name: 'property_value', type: 'text' },
  ],
  rows: [
    ['ENABLED', 'true'],
    ['STORAGE_AWS_IAM_USER_ARN', 'arn:aws:iam::999988887777:user/abc'],
  ],
});

/** What the check of the staging bucket answers. */
const checked =
  (status: string): Execute =>
  async () => ({ columns: [{ name: 'ANSWER', type: 'text' }], rows: [[JSON.stringify({ status })]] });

/** What Snowflake answers when nothing is wrong, but for the check. */
const answering =
  (status: string): Execute =>
  (statement, running) => {
    if (statement.sql.includes('system$validate')) return checked(status)(statement, running);
    return (statement.sql.startsWith('desc') ? trust : nothing)(statement, running);
  };

/** Runs the program against a server that speaks Snowflake's protocol. */
async function runAgainst(execute: Execute, ...args: readonly string[]) {
  const server = await startProtocolServer(execute);
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'setup-'));
  try {
    const keyPath = path.join(folder.path, 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const ended = await runSetup(args, {
      SNOWFLAKE_ACCOUNT: 'example',
      SNOWFLAKE_USER: 'ADMIN',
      SNOWFLAKE_URL: server.accessUrl,
      SNOWFLAKE_PRIVATE_KEY_PATH: keyPath,
    });
    return { ...ended, queries: server.queries, openSessions: server.openSessions() };
  } finally {
    await server.close();
    await folder.remove();
  }
}

describe('npm run snowflake:setup', { concurrent: true }, () => {
  it('prints everything for a stage, without an account and without a network', async () => {
    const { status, stdout, stderr } = await runSetup(['--print', '--stage', 'prod']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('create external table if not exists CUR_REACTOR.CUR.CUR_EXTERNAL');
    expect(stdout).toContain("Put the bucket's AWS account in place of 000000000000");
  });

  it('runs what it prints, in this order, in one session, and logs out', async () => {
    const account = ['--account', '111122223333', '--stage', 'prod'];
    const printed = await runSetup(['--print', ...account]);
    const { status, stdout, queries, openSessions } = await runAgainst(answering('success'), ...account);
    expect(queries.map(({ sql }) => sql)).toEqual(statementsOf(printed.stdout));
    expect(new Set(queries.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(openSessions).toEqual([]);
    expect(stdout).toContain('STORAGE_AWS_IAM_USER_ARN = arn:aws:iam::999988887777:user/abc\n');
    expect(status).toBe(0);
  });

  it('fails when all is made and Snowflake cannot look into the bucket, and says what to do', async () => {
    const { status, stderr } = await runAgainst(answering('failure'), '--account', '111122223333');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SetupFailed: Snowflake cannot list the staging bucket, s3:\/\/.*: failure\nThree things/);
  });

  it('stops at what Snowflake refuses, and says what it was', async () => {
    const execute: Execute = async (statement, running) => {
      if (statement.sql.startsWith('create stage')) throw new StatementError('003001', 'Insufficient privileges');
      return nothing(statement, running);
    };
    const { status, stderr, queries } = await runAgainst(execute, '--account', '111122223333');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SetupFailed: 04_stage\.sql, statement 2 \(create stage .*003001.*Insufficient privileges/);
    expect(queries.at(-1)?.sql).toMatch(/^create stage/);
  });

  it('lists its options', async () => {
    expect(await runSetup(['--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('--print'),
    });
  });

  it.each([
    [['--bogus'], '--bogus'],
    [[], '--account ID is needed'],
    [['--print', '--stage', 'a b'], 'stage must be'],
    [['--account', '111122223333'], 'SNOWFLAKE_ACCOUNT is missing'],
  ])('refuses %j with status 2', async (args, message) => {
    const { status, stdout, stderr } = await runSetup(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });
});
