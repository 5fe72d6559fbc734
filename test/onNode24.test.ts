import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const LAUNCHER = join(PROJECT, 'src/launcher/onNode24.cjs');
const SLS = join(PROJECT, 'node_modules/serverless/bin/serverless.js');

const hasBundledNode = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const needsBundledNode = hasBundledNode ? '' : ' (skipped: npm ci brings Node 24 along on Linux x64 and arm64 only)';

/**
 * What a process finds when it is not Node 24 and cannot hand itself over: loaded before the
 * launcher.
 */
const oldNode = (platform: string = process.platform) => `
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });
  Object.defineProperty(process, 'version', { value: 'v20.19.0' });
  Object.defineProperty(process, 'platform', { value: '${platform}' });
  process.execve = undefined;
`;
/**
 * Says who it is, and every signal that it gets; ends with status 7 at the line "end", or when its
 * input ends.
 */
const SCRIPT = `
  const say = (fact) => process.stdout.write(JSON.stringify(fact) + '\\n');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(name, () => say({ got: name }));
  process.stdin.on('data', (data) => String(data).includes('die') ? process.kill(process.pid, 'SIGKILL') : process.exit(7));
  process.stdin.on('end', () => process.exit(7));
  say({ version: process.version, pid: process.pid, args: process.argv.slice(2) });
`;

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeAll(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'on-node-24-'));
  await writeFile(below('old.cjs'), oldNode());
  await writeFile(below('old-mac.cjs'), oldNode('darwin'));
  await writeFile(below('script.cjs'), SCRIPT);
});
afterAll(() => folder.remove());
const below = (name: string) => join(folder.path, name);

interface Launched extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The next thing that the script says. */
  readonly next: () => Promise<unknown>;
  readonly send: (line: string) => void;
  /** Its status, or its signal, and all that it said on stderr. */
  readonly ended: Promise<{ readonly by: unknown; readonly stderr: string }>;
}

/** Starts the script through the launcher, in a group of processes of its own. */
function launch(nodeOptions: readonly string[], ...args: readonly string[]): Launched {
  const child = spawn(process.execPath, [...nodeOptions, LAUNCHER, below('script.cjs'), ...args], { detached: true });
  const facts = factsOf(child);
  const stderr = text(child.stderr);
  // Not its close, which waits for whoever reads stdout, and a test need not read all of it.
  const ended = once(child, 'exit').then(async ([status, signal]) => ({ by: status ?? signal, stderr: await stderr }));
  return {
    child,
    next: async () => (await facts.next()).value,
    send: (line) => void child.stdin.write(line),
    ended,
    [Symbol.asyncDispose]: async () => {
      // The whole group: whatever a test that failed has left.
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
    },
  };
}

async function* factsOf({ stdout }: ChildProcess): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of stdout ?? []) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

describe('the launcher, started by Node 24', { concurrent: true }, () => {
  it('gives its place to the script: no process stands between, and status and arguments are its own', async ({
    expect,
  }) => {
    await using launched = launch([], '--json', '--from', 'a b');
    const { pid } = launched.child;
    expect(await launched.next()).toEqual({ version: process.version, pid, args: ['--json', '--from', 'a b'] });
    launched.send('end\n');
    expect(await launched.ended).toEqual({ by: 7, stderr: '' });
  });
});

describe.skipIf(!hasBundledNode)(
  `the launcher, started by an older Node${needsBundledNode}`,
  { concurrent: true },
  () => {
    const old = () => ['--require', below('old.cjs')];

    it('runs the script on Node 24, with its arguments and its input, and ends with its status', async ({ expect }) => {
      await using launched = launch(old(), '--json', '--from', 'a b');
      expect(await launched.next()).toMatchObject({
        version: expect.stringMatching(/^v24\./),
        args: ['--json', '--from', 'a b'],
      });
      launched.send('end\n');
      expect(await launched.ended).toEqual({ by: 7, stderr: '' });
    });

    it.for(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
      'passes %s on, and waits for the script to end by itself',
      async (signal, { expect }) => {
        await using launched = launch(old());
        await launched.next();
        launched.child.kill(signal);
        expect(await launched.next()).toEqual({ got: signal });
        launched.send('end\n');
        expect(await launched.ended).toEqual({ by: 7, stderr: '' });
      },
    );

    it('waits for the script when Ctrl-C reaches both', async ({ expect }) => {
      await using launched = launch(old());
      await launched.next();
      process.kill(-(launched.child.pid ?? 0), 'SIGINT');
      expect(await launched.next()).toEqual({ got: 'SIGINT' });
      launched.send('end\n');
      expect(await launched.ended).toEqual({ by: 7, stderr: '' });
    });

    it('ends by the signal that has ended the script', async ({ expect }) => {
      await using launched = launch(old());
      await launched.next();
      launched.send('die\n');
      expect(await launched.ended).toEqual({ by: 'SIGKILL', stderr: '' });
    });

    it('restarts sls on Node 24, once, though several of its variables ask for it', async ({ expect }) => {
      const child = spawn(process.execPath, ['--require', below('old.cjs'), SLS, 'print', '--stage', 'prod'], {
        cwd: PROJECT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.match(/^service: cur-reactor$/gm)).toHaveLength(1);
      // What resources/payers.yml says has come through TypeScript.
      expect(stdout).toContain(':s3:::example-payer-one-billing');
    });
  },
);

describe('the launcher, where there is no Node 24', { concurrent: true }, () => {
  it('says in one sentence that macOS needs one, and which Node this is', async ({ expect }) => {
    await using launched = launch(['--require', below('old-mac.cjs')]);
    expect(await launched.ended).toEqual({
      by: 1,
      stderr:
        `cur-reactor needs Node 24: this is Node v20.19.0 on darwin ${process.arch}, and npm ci brings Node 24 along ` +
        'only for Linux with glibc on x64 and arm64; install it\n',
    });
  });

  it.skipIf(!hasBundledNode)(`says that the one of npm ci is missing${needsBundledNode}`, async ({ expect }) => {
    const elsewhere = below('without optional packages');
    await mkdir(join(elsewhere, 'node_modules'), { recursive: true });
    const { by, stderr } = await startIn(elsewhere);
    expect(by).toBe(1);
    expect(stderr).toMatch(/^cur-reactor needs Node 24: .* node_modules\/node-linux-\w+ is missing; run npm ci, .*\n$/);
  });

  it('says that nothing is installed yet', async ({ expect }) => {
    const elsewhere = below('nothing installed');
    await mkdir(elsewhere);
    expect(await startIn(elsewhere)).toEqual({ by: 1, stderr: 'node_modules is missing: run npm ci\n' });
  });

  /** Starts a copy of the launcher, in another folder, by an older Node. */
  async function startIn(elsewhere: string) {
    const copy = join(elsewhere, 'src/launcher/onNode24.cjs');
    await cp(LAUNCHER, copy);
    const child = spawn(process.execPath, ['--require', below('old.cjs'), copy, below('script.cjs')]);
    const [stderr, [by]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    return { by, stderr };
  }
});

it('no script of package.json trusts the PATH for Node 24, or leaves a shell between npm and it, which signals do not pass', async ({
  expect,
}) => {
  const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'));
  const needing = Object.entries<string>(scripts).filter(([, command]) => /\.ts\b|vitest/.test(command));
  expect(needing.map(([name]) => name)).toEqual(
    expect.arrayContaining(['start', 'test', 'simulate', 'bench', 'drill']),
  );
  for (const [name, command] of needing)
    expect(command, name).toMatch(/(?:^|&& )exec node src\/launcher\/onNode24\.cjs \S+(?:\.ts|vitest\.mjs)\b/);
});
