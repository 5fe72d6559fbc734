import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CutOff, type Interceptor } from '../copy/interception.ts';

/** A process that may die. Nothing that it does afterwards happens. */
export interface Mortal {
  /**
   * Counts a call as an effect, and cuts the process off when it has happened and nobody has heard.
   */
  readonly intercept: Interceptor;
  readonly isDead: () => boolean;
  readonly effects: () => number;
}

/**
 * A process that dies when its `nth` effect (from 1) has happened. `happened` is called after each.
 */
export function mortal(nth: number, happened: (effect: string) => void): Mortal {
  let effects = 0;
  let dead = false;
  return {
    async intercept(effect, call) {
      if (dead) throw new CutOff(`dead before ${effect}`);
      effects += 1;
      const isLast = effects === nth;
      try {
        return await call();
      } finally {
        dead ||= isLast;
        happened(effect);
        if (isLast) die(effect);
      }
    },
    isDead: () => dead,
    effects: () => effects,
  };
}

function die(effect: string): never {
  throw new CutOff(`died after ${effect}`);
}

/** The way of one process to a server. */
export interface Line {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Passes requests on to a server, each as an effect of the process. One that is dead gets no answer
 * of the server any more: 400, at which the driver gives up, so that nothing goes on in the
 * background.
 */
export async function openLine(target: string, intercept: Interceptor): Promise<Line> {
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{}');
    });
  });
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const answers: Buffer[] = [];
    await intercept(`${request.method} ${request.url?.split('?')[0]}`, async () => {
      answers.push(await ask(target, request, body));
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.concat(answers));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function ask(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Buffer> {
  const answered = Promise.withResolvers<IncomingMessage>();
  const asked = sendRequest(new URL(url ?? '/', target), { method, headers }, answered.resolve);
  asked.on('error', answered.reject);
  asked.end(body);
  const response = await answered.promise;
  const answer = await buffer(response);
  if (response.statusCode !== 200) throw new Error(`the server answered ${response.statusCode}`);
  return answer;
}
