import {
  createServer,
  request as forward,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to AWS as far as faults care: `GetItem` of DynamoDB, `PUT /bucket/key` of S3. */
export interface AwsRequest {
  /** DynamoDB's and SQS's operation; undefined for S3. */
  readonly operation: string | undefined;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * What becomes of a request: undefined lets it pass, 'drop' cuts the connection, else this answer
 * is given.
 */
export type Fault =
  | undefined
  | 'drop'
  | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body: string };

/** A proxy in front of a server, to whose requests faults can be ordered. */
export interface FaultProxy {
  readonly endpoint: string;
  /** Everything that came, in order, faults among it. */
  readonly requests: AwsRequest[];
  /** Asked for every request before it is passed on. Replace it at any time. */
  decide: (request: AwsRequest) => Fault | Promise<Fault>;
  /** Hears of every request after the server has answered, before the answer is passed back. */
  afterwards: (request: AwsRequest) => Fault | Promise<Fault>;
  close(): Promise<void>;
}

/** Starts a proxy on 127.0.0.1 in front of `target` (http://host:port). */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => {
    handle(proxy, target, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    requests: [],
    decide: () => undefined,
    afterwards: () => undefined,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

/**
 * The answer that DynamoDB gives to a request that fails (DynamoDB Developer Guide, Error
 * handling).
 */
export function dynamodbError(code: string): Fault {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: code });
  return { status: 400, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
}

async function handle(
  proxy: FaultProxy,
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const request: AwsRequest = {
    operation: String(incoming.headers['x-amz-target'] ?? '').split('.')[1],
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: body.toString(),
  };
  proxy.requests.push(request);
  const fault = await proxy.decide(request);
  if (fault) return answer(outgoing, fault);
  const passed = await pass(target, incoming, body);
  const late = await proxy.afterwards(request);
  if (late) return answer(outgoing, late);
  outgoing.writeHead(passed.status, passed.headers).end(passed.body);
}

function answer(outgoing: ServerResponse, fault: Exclude<Fault, undefined>): void {
  if (fault === 'drop') outgoing.destroy();
  else outgoing.writeHead(fault.status, fault.headers).end(fault.body);
}

function pass(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; headers: OutgoingHttpHeaders; body: Buffer }> {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = incoming;
  return new Promise((resolve, reject) => {
    const passed = forward({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        // Each connection has its own (RFC 9110, 7.6.1): moto ends every one, AWS keeps them.
        const { connection, 'transfer-encoding': encoding, ...headers } = response.headers;
        resolve({ status: response.statusCode ?? 502, headers, body: Buffer.concat(chunks) });
      });
    });
    passed.on('error', reject);
    passed.end(body);
  });
}
