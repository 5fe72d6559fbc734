import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { endWithUs } from '../endWithUs.ts';
import { findPythonTool } from './pythonTools.ts';

/**
 * moto's server: S3, SQS, DynamoDB, EventBridge and CloudFormation as others understand them. It
 * listens on 127.0.0.1 only.
 */
export interface MotoServer {
  readonly endpoint: string;
  /** What an AWS SDK client needs to speak to it. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The same as environment variables, for processes that are started. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const REGION = 'us-east-2';
/**
 * Far more than it takes, on a machine that is busy with other things, too: a server that ends is
 * noticed at once.
 */
const START_SECONDS = 300;
const LOOK_AGAIN_MS = 50;
const TRIES = 3;

/**
 * Starts a server with nothing in it. Throws an Error with its last words when it does not come up.
 */
export async function startMotoServer(): Promise<MotoServer> {
  const command = await findPythonTool('moto_server');
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(command, await freePort());
    } catch (error) {
      // Between finding the port free and taking it, somebody else may have taken it.
      if (attempt === TRIES) throw error;
    }
  }
}

async function startOn(command: string, port: number): Promise<MotoServer> {
  const server = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  endWithUs(server);
  let words = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => {
    server.once('error', () => resolve()).once('exit', () => resolve());
  });
  let isUp = true;
  void ended.then(() => {
    isUp = false;
  });
  const close = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  for (let waited = 0; waited < START_SECONDS * 1000; waited += LOOK_AGAIN_MS) {
    if (!isUp) throw new Error(`moto's server ended at once: ${words}`);
    if (await answers(endpoint)) return { endpoint, ...credentialsFor(endpoint), close };
    await setTimeout(LOOK_AGAIN_MS);
  }
  await close();
  throw new Error(`moto's server did not answer within ${START_SECONDS} s: ${words}`);
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}

/** Made-up credentials: moto asks for some and believes all. */
function credentialsFor(endpoint: string): Pick<MotoServer, 'clientConfig' | 'env'> {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  return {
    clientConfig: { endpoint, region: REGION, credentials },
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
