import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endWithUs } from '../../endWithUs.ts';
import { makeCertificate } from './certificate.ts';
import { findRabbitmq, type RabbitmqPrograms } from './rabbitmqPrograms.ts';

const run = promisify(execFile);

/**
 * A RabbitMQ of one's own: nothing of it is seen outside its folder, and it listens on this machine
 * only.
 */
export interface RabbitmqServer {
  readonly port: number;
  readonly tlsPort: number;
  /** The certificate of the TLS port, which vouches for itself, in PEM. */
  readonly certificate: string;
  /** Who may do everything in every virtual host that `createVirtualHost` has made. */
  readonly username: string;
  readonly password: string;
  /** Creates a virtual host, with a name of its own if none is given. Answers the name. */
  createVirtualHost(name?: string): Promise<string>;
  /** rabbitmqctl. Answers its output. */
  control(...command: readonly string[]): Promise<string>;
  /** Ends the server: in order by SIGTERM, all at once by SIGKILL. What it stored stays. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Far more than it takes, on a machine that is busy with other things, too: a server that ends is
 * noticed at once.
 */
const START_SECONDS = 300;
const LOOK_AGAIN_MS = 50;
const TRIES = 3;
const LOOPBACK_ONLY = '-kernel inet_dist_use_interface {127,0,0,1}';

/** Starts an empty server. Throws an Error with its last words when it does not come up. */
export async function startRabbitmqServer(): Promise<RabbitmqServer> {
  const programs = await findRabbitmq();
  for (let attempt = 1; ; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), 'rabbitmq-'));
    try {
      return await startIn(folder, programs);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      // Between finding a port free and taking it, somebody else may have taken it.
      if (attempt === TRIES) throw error;
    }
  }
}

async function startIn(folder: string, programs: RabbitmqPrograms): Promise<RabbitmqServer> {
  const [port, tlsPort, distributionPort, epmdPort] = await freePorts();
  const { keyFile, certificateFile } = await makeCertificate(folder);
  const [username, password] = ['tester', `pass-${randomBytes(8).toString('hex')}`];
  await mkdir(join(folder, 'home'));
  await writeFile(join(folder, 'plugins'), '[].');
  const configuration = {
    'listeners.tcp.1': `127.0.0.1:${port}`,
    'listeners.ssl.1': `127.0.0.1:${tlsPort}`,
    'ssl_options.cacertfile': certificateFile,
    'ssl_options.certfile': certificateFile,
    'ssl_options.keyfile': keyFile,
    default_user: username,
    default_pass: password,
  };
  const lines = Object.entries(configuration).map(([name, value]) => `${name} = ${value}`);
  await writeFile(join(folder, 'rabbitmq.conf'), lines.join('\n'));
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    // Erlang keeps the password of its nodes there.
    HOME: join(folder, 'home'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // It is up already: else every Erlang, rabbitmqctl's too, starts one that outlives it.
    ERL_FLAGS: '-start_epmd false',
    RABBITMQ_NODENAME: `test-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: LOOPBACK_ONLY,
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK_ONLY,
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    // Then the script becomes the server, instead of waiting for it: a signal reaches it.
    RABBITMQ_ALLOW_INPUT: 'true',
  };
  const epmd = startProcess(programs.epmd, ['-port', String(epmdPort), '-address', '127.0.0.1'], env);
  let server: Started | undefined;

  async function start(): Promise<void> {
    const started = startProcess(programs.server, ['-noinput'], env);
    server = started;
    // Its own word: on a port that was taken from it somebody else may answer.
    await until(started, programs.server, () => started.lastWords().includes('Server startup complete'));
  }
  async function stop(signal: NodeJS.Signals): Promise<void> {
    await server?.end(signal);
  }
  const control = async (...command: readonly string[]) =>
    (await run(programs.control, ['--quiet', ...command], { env, timeout: 300_000 })).stdout;
  async function close(): Promise<void> {
    await stop('SIGKILL');
    await epmd.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await until(epmd, programs.epmd, () => accepts(epmdPort));
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    tlsPort,
    certificate: await readFile(certificateFile, 'utf8'),
    username,
    password,
    async createVirtualHost(name = `host-${randomBytes(4).toString('hex')}`) {
      await control('add_vhost', name);
      await control('set_permissions', '-p', name, username, '.*', '.*', '.*');
      return name;
    },
    control,
    stop,
    start,
    close,
  };
}

interface Started {
  isUp(): boolean;
  lastWords(): string;
  end(signal: NodeJS.Signals): Promise<void>;
}

function startProcess(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Started {
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let isUp = true;
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000);
    });
  }
  endWithUs(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve()).once('exit', () => resolve());
  });
  void ended.then(() => {
    isUp = false;
  });
  return {
    isUp: () => isUp,
    lastWords: () => words,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** Waits until a process that was started does what `isReady` asks for. */
async function until(started: Started, name: string, isReady: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + START_SECONDS * 1000;
  while (!(await isReady())) {
    if (!started.isUp()) throw new Error(`${name} ended at once: ${started.lastWords()}`);
    if (Date.now() > end) throw new Error(`${name} was not up within ${START_SECONDS} s: ${started.lastWords()}`);
    await setTimeout(LOOK_AGAIN_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.end());
  });
}

/** Ports that nobody listens on, all different. */
async function freePorts(): Promise<[number, number, number, number]> {
  const probes = [1, 2, 3, 4].map(() => createServer());
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.once('error', reject);
          probe.listen(0, '127.0.0.1', () => resolve((probe.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  const [first = 0, second = 0, third = 0, fourth = 0] = ports;
  return [first, second, third, fourth];
}
