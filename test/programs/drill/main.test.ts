import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../../src/programs/drill/main.ts', import.meta.url));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program as a process of its own, elsewhere, without credentials; nobody listens on port
 * 9.
 */
function runDrill(...args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_MAX_ATTEMPTS: '1',
  };
  const child = execFile(process.execPath, [PROGRAM, ...args], { cwd: tmpdir(), env }, (_error, stdout, stderr) =>
    resolve({ status: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

describe('npm run drill', () => {
  it('is dry by default: it prints what it would do, where, and what that proves', async () => {
    const { status, stdout } = await runDrill('--stage', 'prod', '--alarm', 'finalize-dlq');
    expect(status).toBe(0);
    expect(stdout).toContain('In us-east-1 it would');
    expect(stdout).toContain('send a message that no function can read to cur-reactor-prod-finalize-dlq');
    expect(stdout).toContain('not that the function gives up a message');
    expect(stdout).toContain('Nothing was done');
  });

  it('goes through the function’s queue when asked, and says what that proves', async () => {
    const { stdout } = await runDrill('--through-queue', '--region', 'eu-west-1');
    expect(stdout).toContain('In eu-west-1 it would');
    expect(stdout).toContain('can read to cur-reactor-dev-copy\n');
    expect(stdout).toContain('This proves the whole way');
  });

  it('lists its options', async () => {
    const { status, stdout } = await runDrill('--help');
    expect([status, stdout]).toEqual([0, expect.stringContaining('Exit status: 0 proved')]);
  });

  it.each([
    [['--alarm', 'outbox'], '--alarm must be copy-dlq or finalize-dlq, got "outbox"'],
    [['--region', 'moon'], '--region must be a region such as us-east-1, got "moon"'],
    [
      ['--stage', 'a b'],
      'stage must be lower-case letters, digits and single hyphens between them, at most 30 characters, got "a b"',
    ],
    [['--now'], "Unknown option '--now'"],
  ])('stops at a wrong option, and names it: %s', async (args, words) => {
    const { status, stdout, stderr } = await runDrill(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).toContain('--help');
  });

  it('ends with trouble when AWS cannot be asked', async () => {
    const { status, stdout, stderr } = await runDrill('--yes');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('ECONNREFUSED');
  });
});
