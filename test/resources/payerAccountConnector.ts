import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inlineCode, type Json } from './payerAccountTemplate.ts';

/**
 * What CloudFormation asks of the connector; the bucket and its statements as the template gives
 * them.
 */
export interface ConnectorRequest {
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly stackId: string;
  readonly physicalId?: string;
  readonly properties: Json;
}

/** What the connector answers. */
export interface Answer {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly sizeBytes: number;
  readonly body: {
    readonly Status: string;
    readonly PhysicalResourceId: string;
    readonly Reason?: string;
    readonly StackId: string;
    readonly RequestId: string;
    readonly LogicalResourceId: string;
    readonly Data?: { readonly Findings: string };
  };
}

/** A request under way, in a process of its own. */
export interface Asked {
  readonly requestId: string;
  readonly process: ChildProcess;
  /** The exit status of the process, and what CloudFormation heard. */
  readonly ended: Promise<{ readonly status: number | null; readonly answer: Answer | undefined }>;
}

/**
 * CloudFormation's side of the custom resource, and Lambda's: it runs the inline code as index.js,
 * with the real SDK.
 */
export interface CloudFormationSide {
  /** `env` says where S3 is and who asks; `seconds` are left until Lambda's time is up. */
  ask(request: ConnectorRequest, env: Readonly<Record<string, string>>, seconds?: number): Asked;
  /** What the connector gets for its answer. */
  replyStatus: number;
  close(): Promise<void>;
}

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const RUN = `
  const [event, seconds] = process.argv.slice(1).map((text) => JSON.parse(text));
  const end = Date.now() + seconds * 1000;
  require('./index.js').handler(event, { getRemainingTimeInMillis: () => end - Date.now() })
    .then(() => process.exit(0), () => process.exit(1));`;

/** `id` is the function's logical id. */
export async function startCloudFormationSide(
  id: 'Connector' | 'Inspector' = 'Connector',
): Promise<CloudFormationSide> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), 'connector-'));
  await writeFile(path.join(folder.path, 'index.js'), inlineCode(id));
  const answers = new Map<string, Answer>();
  const server = createServer(async (incoming, reply) => {
    const { url = '', method, headers } = incoming;
    const body = await text(incoming);
    answers.set(url, { method, headers, sizeBytes: Buffer.byteLength(body), body: JSON.parse(body) });
    reply.writeHead(side.replyStatus).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const side: CloudFormationSide = {
    replyStatus: 200,
    ask({ type, stackId, physicalId, properties }, env, seconds = 25) {
      const requestId = randomUUID();
      const event = {
        RequestType: type,
        RequestId: requestId,
        ResponseURL: `http://127.0.0.1:${port}/${requestId}`,
        StackId: stackId,
        LogicalResourceId: 'Connection',
        ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
        ResourceProperties: properties,
      };
      const child = spawn(process.execPath, ['-e', RUN, JSON.stringify(event), String(seconds)], {
        cwd: folder.path,
        env: { NODE_PATH: NODE_MODULES, ...env },
        stdio: 'ignore',
      });
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('exit', resolve);
      });
      return {
        requestId,
        process: child,
        ended: ended.then((status) => ({ status, answer: answers.get(`/${requestId}`) })),
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await folder.remove();
    },
  };
  return side;
}
