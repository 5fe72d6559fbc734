import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the programs of RabbitMQ and of Erlang are that the tests start. */
export interface RabbitmqPrograms {
  readonly server: string;
  /** rabbitmqctl. */
  readonly control: string;
  /** Erlang's own name server, which a node asks for. */
  readonly epmd: string;
}

/**
 * Here Debian keeps the scripts themselves; those it puts on the PATH change the user, and with it
 * the folders.
 */
const DEBIAN_FOLDER = '/usr/lib/rabbitmq/bin';
const PACKAGE = 'rabbitmq-server';
const APT_GET = ['-o', 'DPkg::Lock::Timeout=300', '-y', '--no-install-recommends'];

/**
 * Finds RabbitMQ: in Debian's folder, else on the PATH; else installs Debian's package where that
 * is no interference: as root, in a system whose services nobody runs, such as a container. Throws
 * an Error that says what to do by hand.
 */
export async function findRabbitmq(): Promise<RabbitmqPrograms> {
  const programs = await look();
  if (programs) return programs;
  let reason = 'this is not a container of Debian’s kind, run by root';
  if (await mayInstall()) {
    reason = await install().then(
      () => 'the package was installed, and still it does not run',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }
  const installed = await look();
  if (installed) return installed;
  throw new Error(
    'found no RabbitMQ that runs. Install it (Debian, Ubuntu: apt-get install ' +
      `${PACKAGE}; macOS: brew install rabbitmq), with rabbitmq-server, rabbitmqctl and epmd on the PATH. It need not ` +
      'be running: the tests start and stop their own. A broker that AMQP_URL names is enough for ' +
      'anyBroker.test.ts alone, which leaves it as it was. ' +
      `It was not installed by the tests: ${reason}`,
  );
}

async function look(): Promise<RabbitmqPrograms | undefined> {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const epmd = await first(onPath.map((folder) => join(folder, 'epmd')));
  if (epmd === undefined || !(await erlangRuns())) return undefined;
  for (const folder of [DEBIAN_FOLDER, ...onPath]) {
    const [server, control] = [join(folder, 'rabbitmq-server'), join(folder, 'rabbitmqctl')];
    if ((await isExecutable(server)) && (await isExecutable(control))) return { server, control, epmd };
  }
  return undefined;
}

/**
 * Found is what runs: while packages are being installed, some files are there before others.
 * rabbitmqctl is not asked: it starts a name server for the whole machine, which stays.
 */
function erlangRuns(): Promise<boolean> {
  return run('erl', ['-noinput', '-noshell', '-eval', 'ok = application:load(mnesia), halt(0).'], {
    timeout: 300_000,
  }).then(
    () => true,
    () => false,
  );
}

async function first(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isExecutable(path)) return path;
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Where systemd runs, an installed server would be started as a service, on everybody's ports. */
async function mayInstall(): Promise<boolean> {
  const hasServices = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  return process.getuid?.() === 0 && !hasServices && (await isExecutable('/usr/bin/apt-get'));
}

async function install(): Promise<void> {
  // At runlevel 1 Debian's scripts start no service that they install.
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }, timeout: 600_000 };
  const installPackage = () => run('apt-get', [...APT_GET, 'install', PACKAGE], options);
  // Package lists are missing or old in a fresh container.
  await installPackage().catch(async () => {
    await run('apt-get', [...APT_GET, 'update'], options);
    await installPackage();
  });
}
