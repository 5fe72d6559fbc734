import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Execute, type ServedQuery, startProtocolServer } from '../../adapters/snowflake/protocolServer.ts';
import { endWithUs } from '../../endWithUs.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/programs/verify/main.ts', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly queries: readonly ServedQuery[];
  /** Who signed in, as which role. */
  readonly logins: readonly Readonly<Record<string, unknown>>[];
  readonly openSessions: readonly string[];
  readonly privateKey: string;
}

interface Running {
  /** Ends the program as a terminal or a supervisor does. */
  readonly kill: (signal: NodeJS.Signals) => void;
}

/**
 * Runs the program as a process of its own, elsewhere, against a server that speaks Snowflake's
 * protocol, with nothing of this one's environment but what is given. `execute` is given a way to
 * end it.
 */
export async function runVerify(
  args: readonly string[],
  execute: (running: Running) => Execute,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  let end: Running['kill'] = () => undefined;
  const server = await startProtocolServer(execute({ kill: (signal) => end(signal) }));
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'verify-'));
  try {
    const keyPath = path.join(folder.path, 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(keyPath, pem);
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder.path,
      env: {
        PATH: process.env.PATH,
        // Neither a profile of this machine nor a search for one.
        HOME: folder.path,
        AWS_EC2_METADATA_DISABLED: 'true',
        SNOWFLAKE_ACCOUNT: 'example',
        SNOWFLAKE_USER: 'ADMIN',
        SNOWFLAKE_URL: server.accessUrl,
        SNOWFLAKE_PRIVATE_KEY_PATH: keyPath,
        ...env,
      },
    });
    endWithUs(child);
    end = (signal) => child.kill(signal);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    const { queries, logins } = server;
    return { status, stdout, stderr, queries, logins, openSessions: server.openSessions(), privateKey: pem };
  } finally {
    await server.close();
    await folder.remove();
  }
}
