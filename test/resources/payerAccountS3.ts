import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What stands in for an answer: S3's refusal, or none at all. */
export type Fault = 'AccessDenied' | 'AccessDenied at length' | 'silence';

export interface Write {
  /** Method, document and bucket: `PUT notification BUCKET`. */
  readonly what: string;
  readonly headers: IncomingMessage['headers'];
}

/**
 * Stands before moto's S3. Moto takes a notification document with EventBridge in it, sends the
 * events, and leaves EventBridge out when the document is read; S3 returns it. So it is remembered
 * here.
 */
export interface S3Front {
  readonly endpoint: string;
  /** Every request that changes something. */
  readonly writes: Write[];
  /** Decides for each request (`PUT notification BUCKET`) whether moto gets to see it. */
  fault: (what: string) => Fault | undefined;
  close(): Promise<void>;
}

/** Starts it before the moto server at `behind`, a URL. */
export async function startS3Front(behind: string): Promise<S3Front> {
  const withEventBridge = new Set<string>();
  const writes: Write[] = [];
  const server = createServer((incoming, answer) => {
    void relay(incoming, answer).catch(() => answer.destroy());
  });
  const relay = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '', behind);
    const [document = ''] = searchParams.keys();
    const bucket = pathname.split('/')[1] ?? '';
    const what = `${incoming.method} ${document} ${bucket}`;
    const body = await buffer(incoming);
    if (incoming.method !== 'GET') writes.push({ what, headers: incoming.headers });
    const fault = front.fault(what);
    if (fault === 'silence') return;
    if (fault) {
      answer.writeHead(403, { 'content-type': 'application/xml' }).end(denied(fault));
      return;
    }
    const { status, text } = await send(behind, incoming, body);
    if (document === 'notification' && status === 200 && incoming.method === 'PUT') {
      if (body.includes('<EventBridgeConfiguration')) withEventBridge.add(bucket);
      else withEventBridge.delete(bucket);
    }
    const isAsked = what === `GET notification ${bucket}` && status === 200 && withEventBridge.has(bucket);
    answer.writeHead(status, { 'content-type': 'application/xml' }).end(isAsked ? addEventBridge(text) : text);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: S3Front = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    fault: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}

/** As S3 words it; at length, with more text than an answer to CloudFormation can hold. */
function denied(fault: Fault): string {
  const more = fault === 'AccessDenied at length' ? ` ${'x'.repeat(5000)}` : '';
  return `<Error><Code>AccessDenied</Code><Message>Access Denied by a test${more}</Message></Error>`;
}

function addEventBridge(document: string): string {
  const end = document.lastIndexOf('</');
  const element = '<EventBridgeConfiguration/>';
  if (end < 0) return `<NotificationConfiguration>${element}</NotificationConfiguration>`;
  return document.slice(0, end) + element + document.slice(end);
}

/** The headers go on as they came: the signature covers them. */
function send(behind: string, incoming: IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming;
    const relayed = request(`${behind}${url}`, { method, headers }, (response) => {
      buffer(response).then((bytes) => resolve({ status: response.statusCode ?? 0, text: bytes.toString() }), reject);
    });
    relayed.once('error', reject).end(body);
  });
}
