import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRabbitmqBroker } from '../../../src/adapters/rabbitmq/rabbitmqBroker.ts';
import { type BrokerCredentials, readBrokerSecret } from '../../../src/adapters/rabbitmq/secret.ts';
import type { SendResult } from '../../../src/outbox/broker.ts';
import { bindQueue, brokerOn, credentialsOf, message } from './brokerWorld.ts';
import { type RabbitmqServer, startRabbitmqServer } from './rabbitmqServer.ts';

const CONFIRMED = { is: 'confirmed' };

let server: RabbitmqServer;
let virtualHost: string;

beforeAll(async () => {
  server = await startRabbitmqServer();
  virtualHost = await server.createVirtualHost();
  await bindQueue(server, virtualHost, { exchange: 'cur-reactor', queue: 'all', pattern: '#' });
});
afterAll(() => server?.close());

/** Publishes one message; answers what became of it, as a string, and closes. */
async function publishOnce(credentials: BrokerCredentials): Promise<string> {
  const broker = brokerOn(credentials, virtualHost);
  const [result] = await broker.publish([message('a')]);
  await broker.close();
  return textOf(result);
}

function textOf(result: SendResult | undefined): string {
  return result?.is === 'failed' ? result.reason : String(result?.is);
}

describe('TLS', () => {
  it('is spoken with a broker whose certificate the secret trusts', async () => {
    expect(await publishOnce(credentialsOf(server))).toBe('confirmed');
    expect(await publishOnce({ ...credentialsOf(server), host: 'localhost' })).toBe('confirmed');
  });

  it('is refused to a broker whose certificate nobody trusts', async () => {
    const { ca: _, ...untrusting } = credentialsOf(server);
    expect(await publishOnce(untrusting)).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('is spoken as the secret says, in each of its forms', async () => {
    const { host, port, username, password, ca } = credentialsOf(server);
    const byUrl = { url: `amqps://${username}:${encodeURIComponent(password)}@${host}:${port}`, ca };
    for (const secret of [byUrl, { host, port: String(port), username, password, ca }]) {
      expect(await publishOnce(readBrokerSecret(JSON.stringify(secret)))).toBe('confirmed');
    }
    expect(
      await publishOnce(readBrokerSecret(JSON.stringify({ ...byUrl, url: `amqp://tester:x@${host}:${port}` }))),
    ).toMatch(/CLOSED|ECONNRESET|DEADLINE/);
  });
});

describe('credentials that are refused', () => {
  let stored: BrokerCredentials;
  let reads: number;
  const open = () => {
    reads = 0;
    return openRabbitmqBroker({
      readCredentials: async () => {
        reads++;
        return stored;
      },
      virtualHost,
      backoff: async () => {},
    });
  };
  beforeEach(async () => {
    stored = { ...credentialsOf(server, server.port), username: 'rotating', password: 'p%40ss/wörd:1' };
    await server.control('delete_user', 'rotating').catch(() => undefined);
    await server.control('add_user', 'rotating', stored.password);
    await server.control('set_permissions', '-p', virtualHost, 'rotating', '.*', '.*', '.*');
  });

  it('are read again, once, and make messages fail where they are still the same', async () => {
    const broker = open();
    stored = { ...stored, password: 'not-the-password' };
    const reason = textOf((await broker.publish([message('a')]))[0]);
    expect(reason).toMatch(/RabbitMQ \(127\.0\.0\.1:\d+, .*: 403: .*ACCESS_REFUSED/);
    expect(reason).not.toContain('not-the-password');
    expect(reads).toBe(2);
    await broker.close();
  });

  it('are read again no more than once in a call, however often they change', async () => {
    reads = 0;
    const broker = openRabbitmqBroker({
      readCredentials: async () => ({ ...stored, password: `wrong-${reads++}` }),
      virtualHost,
      backoff: async () => {},
    });
    expect(textOf((await broker.publish([message('a')]))[0])).toContain('403');
    expect(reads).toBe(2);
    await broker.close();
  });

  it('heal within the call when somebody has rotated them', async () => {
    const broker = open();
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    await server.control('change_password', 'rotating', 'the-next-password');
    await server.control('close_all_connections', '--global', 'rotated');
    stored = { ...stored, password: 'the-next-password' };
    expect(await broker.publish([message('b')])).toEqual([CONFIRMED]);
    expect(reads).toBe(2);
    expect(await broker.publish([message('c')])).toEqual([CONFIRMED]);
    expect(reads).toBe(2);
    await broker.close();
  });

  it('are not those of a user with the permissions that resources/README.md gives', async () => {
    const tutorial = await readFile(new URL('../../../resources/README.md', import.meta.url), 'utf8');
    const [, line = ''] = /^rabbitmqctl set_permissions .*? ('.*')$/m.exec(tutorial) ?? [];
    const patterns = line.split(' ').map((quoted) => quoted.slice(1, -1));
    expect(patterns).toHaveLength(3);
    await server.control('set_permissions', '-p', virtualHost, 'rotating', ...patterns);
    const broker = open();
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    await broker.close();
  });

  it.each([
    ['declare the exchange', '^$', '.*'],
    ['publish to the exchange', '.*', '^$'],
  ])('are those of a user who may not %s, too', async (_, configure, write) => {
    await server.control('set_permissions', '-p', virtualHost, 'rotating', configure, write, '.*');
    const broker = open();
    const reason = textOf((await broker.publish([message('a')]))[0]);
    expect(reason).toMatch(/403: .*access to exchange 'cur-reactor'/);
    expect(reads).toBe(2);
    await broker.close();
  });

  it('are those of a user whom the virtual host is closed to', async () => {
    await server.control('clear_permissions', '-p', virtualHost, 'rotating');
    const broker = open();
    expect(textOf((await broker.publish([message('a')]))[0])).toContain('closed to this user');
    await broker.close();
  });
});

describe('a secret that cannot be read', () => {
  it('makes messages fail, says why without its values, and is read again by the next call', async () => {
    let text = '{"host": "example.com", "username": "u", "password": ""}';
    const broker = openRabbitmqBroker({ readCredentials: async () => readBrokerSecret(text), virtualHost });
    expect(textOf((await broker.publish([message('a')]))[0])).toMatch(
      /SECRET: the RabbitMQ secret is wrong: password must/,
    );
    const { username, password, host, port } = credentialsOf(server, server.port);
    text = JSON.stringify({ username, password, host, port, tls: false });
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    await broker.close();
  });

  it('takes no more than its own time', async () => {
    let isAborted = false;
    const broker = openRabbitmqBroker({
      readCredentials: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            isAborted = true;
          });
        }),
      virtualHost,
      deadlines: { secretSeconds: 0.1 },
    });
    expect(textOf((await broker.publish([message('a')]))[0])).toContain('reading the secret');
    expect(isAborted).toBe(true);
    await broker.close();
  });
});
