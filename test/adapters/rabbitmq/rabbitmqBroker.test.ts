import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RabbitmqOptions } from '../../../src/adapters/rabbitmq/rabbitmqBroker.ts';
import type { Broker, SendResult } from '../../../src/outbox/broker.ts';
import { eventually } from '../../eventually.ts';
import { bindQueue, brokerOn, credentialsOf, message, messages, takeAll } from './brokerWorld.ts';
import { type RabbitmqServer, startRabbitmqServer } from './rabbitmqServer.ts';
import { startTcpProxy, type TcpProxy } from './tcpProxy.ts';

const CONFIRMED = { is: 'confirmed' };

let server: RabbitmqServer;
let virtualHost: string;
/** Each test has its own, and a queue of the same name. */
let exchange: string;
let proxy: TcpProxy;
const brokers: Broker[] = [];

beforeAll(async () => {
  server = await startRabbitmqServer();
  virtualHost = await server.createVirtualHost();
});
afterAll(() => server?.close());
beforeEach(async () => {
  exchange = `cur-reactor-${randomUUID().slice(0, 8)}`;
  await bindQueue(server, virtualHost, { exchange, queue: exchange, pattern: 'cur.*.*.finalized' });
  proxy = await startTcpProxy(server.port);
});
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
  await proxy.close();
});

/** A broker through the proxy, closed when the test is over. */
function open(options: Partial<RabbitmqOptions> = {}): Broker {
  const broker = brokerOn(credentialsOf(server, proxy.port), virtualHost, { exchange, ...options });
  brokers.push(broker);
  return broker;
}

const arrived = () => takeAll(server, virtualHost, exchange);
const arrivedIds = async () => (await arrived()).map(({ id }) => id);
const reasons = (results: readonly SendResult[]) =>
  results.map((result) => (result.is === 'failed' ? result.reason : result.is));

describe('a confirmed message', () => {
  it('is in the queue that is bound for it, with its id and type, and survives the broker’s sudden death', async () => {
    const broker = open();
    expect(await broker.publish([message('a'), message('b')])).toEqual([CONFIRMED, CONFIRMED]);

    await server.stop('SIGKILL');
    await server.start();

    const [first, second] = await arrived();
    expect(second).toMatchObject({ id: 'b' });
    expect(first).toMatchObject({
      id: 'a',
      routingKey: 'cur.111122223333.2026-10.finalized',
      body: { id: 'a', rows: 3, note: 'Zürich' },
      properties: {
        type: 'finalized',
        contentType: 'application/json',
        deliveryMode: 2,
        appId: 'cur-reactor',
        timestamp: Date.UTC(2026, 9, 5, 12) / 1000,
      },
    });
  });

  it('belongs to its own call where several publish at the same time', async () => {
    const broker = open();
    const results = await Promise.all([
      broker.publish([message('a'), message('b', 'unheard-of')]),
      broker.publish([message('c', 'unheard-of'), message('d')]),
    ]);
    expect(results).toEqual([
      [CONFIRMED, { is: 'unroutable' }],
      [{ is: 'unroutable' }, CONFIRMED],
    ]);
    expect(proxy.accepted()).toBe(1);
  });
});

describe('a message whose confirmation is lost', () => {
  it('is sent again under the same id: consumers drop duplicates by it', async () => {
    proxy.passed = (bytes) => {
      if (bytes > 20_000 && proxy.accepted() === 1) proxy.silence('answers');
    };
    const broker = open({ deadlines: { confirmSeconds: 5 } });
    const results = await broker.publish([{ ...message('a'), body: { text: 'x'.repeat(100_000) } }, message('b')]);
    expect(results).toEqual([CONFIRMED, CONFIRMED]);
    const ids = await arrivedIds();
    expect(ids.slice(0, 4)).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('a broker that is down', () => {
  it('makes every message fail within the limit, and confirms them once it is up, with the same object', async () => {
    const waits: number[] = [];
    const broker = open({ tries: 3, backoff: async (attempt) => void waits.push(attempt) });
    expect(await broker.publish([message('before')])).toEqual([CONFIRMED]);
    await server.stop('SIGTERM');
    expect(reasons(await broker.publish(messages(2)))).toEqual([
      expect.stringContaining('RabbitMQ (127.0.0.1:'),
      expect.stringContaining(`virtual host "${virtualHost}", exchange "${exchange}"`),
    ]);
    expect(waits).toEqual([1, 2]);
    await server.start();
    expect(await broker.publish(messages(2))).toEqual([CONFIRMED, CONFIRMED]);
  });

  it('ends a call with its time, however many tries are left and however long the waits are', async () => {
    const { port } = proxy;
    await proxy.close();
    const broker = brokerOn(credentialsOf(server, port), virtualHost, {
      tries: 1_000_000,
      deadlines: { callSeconds: 5 },
      backoff: () => setTimeout(60_000, undefined, { ref: false }),
    });
    expect(reasons(await broker.publish([message('a')]))).toEqual([expect.stringContaining('ECONNREFUSED')]);
    await broker.close();
  });

  it('ends a call with its time where it takes connections and says nothing', async () => {
    proxy.passed = () => proxy.silence('everything');
    const broker = open({ deadlines: { callSeconds: 5 } });
    expect(reasons(await broker.publish([message('a')]))).toEqual([expect.stringContaining('no end of connecting')]);
  });

  it('loses nothing when it dies in the middle: each message is confirmed and in the queue, or it has failed', async () => {
    const all = messages(2_000);
    let death: Promise<void> | undefined;
    proxy.passed = (bytes) => {
      if (bytes > 100_000) death ??= server.stop('SIGKILL');
    };
    const broker = open({ tries: 2 });
    const results = await broker.publish(all);
    await death;
    const confirmed = all.filter((_, index) => results[index]?.is === 'confirmed').map(({ id }) => id);
    const failed = all.filter((_, index) => results[index]?.is === 'failed');
    expect(confirmed.length).toBeGreaterThan(0);
    expect(failed.length).toBeGreaterThan(0);
    expect(confirmed.length + failed.length).toBe(all.length);

    await server.start();
    const again = await broker.publish(failed);
    expect(again.filter(({ is }) => is !== 'confirmed')).toEqual([]);
    const inQueue = new Set(await arrivedIds());
    expect(all.filter(({ id }) => !inQueue.has(id))).toEqual([]);
  });
});

describe('a broker that is in trouble', () => {
  it('makes messages fail while it has no memory for them, and says so', async () => {
    await server.control('set_vm_memory_high_watermark', '0');
    try {
      const broker = open({ tries: 1, deadlines: { confirmSeconds: 5 } });
      expect(reasons(await broker.publish([message('a')]))).toEqual([expect.stringContaining('takes no messages')]);
    } finally {
      await server.control('set_vm_memory_high_watermark', '0.4');
    }
  });

  it('makes a message fail that a full queue has rejected, and no other', async () => {
    await bindQueue(server, virtualHost, {
      exchange,
      queue: `${exchange}-full`,
      pattern: 'cur.*.*.counted',
      arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    const broker = open();
    expect(await broker.publish([message('fills', 'counted')])).toEqual([CONFIRMED]);
    const results = await broker.publish([message('too-many', 'counted'), message('b')]);
    expect(reasons(results)).toEqual([expect.stringContaining('NACKED'), 'confirmed']);
  });

  it('does not end this process by closing connections, and is connected to again', async () => {
    const broker = open();
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    await server.control('close_all_connections', '--global', 'maintenance');
    expect(await broker.publish([message('b')])).toEqual([CONFIRMED]);
    proxy.cut();
    expect(await broker.publish([message('c')])).toEqual([CONFIRMED]);
    expect(proxy.accepted()).toBe(3);
  });
});

describe('a connection', () => {
  it('is kept for the calls that follow, as long as each comes within a heartbeat of the last', async () => {
    let passedMs = 0;
    const broker = open({ now: () => Date.now() + passedMs });
    for (const id of ['a', 'b', 'c']) {
      expect(await broker.publish([message(id)])).toEqual([CONFIRMED]);
      passedMs += 15_000;
    }
    expect(proxy.accepted()).toBe(1);
  });

  it('is replaced once nobody answers on it', async () => {
    const broker = open({ deadlines: { channelSeconds: 5 } });
    await broker.publish([message('a')]);
    proxy.silence('everything');
    expect(await broker.publish([message('b')])).toEqual([CONFIRMED]);
    expect(proxy.accepted()).toBeGreaterThan(1);
  });

  it('is replaced unasked when its function was frozen for longer than a heartbeat', async () => {
    let frozenMs = 0;
    // Asking the old one would take all the time there is.
    const broker = open({ now: () => Date.now() + frozenMs, deadlines: { channelSeconds: 600, callSeconds: 120 } });
    await broker.publish([message('a')]);
    proxy.silence('everything');
    frozenMs = 20_001;
    expect(await broker.publish([message('b')])).toEqual([CONFIRMED]);
    expect(await arrivedIds()).toEqual(['a', 'b']);
  });

  it('is gone when the broker object is closed, and so are those that were replaced', async () => {
    const broker = open({ deadlines: { channelSeconds: 5 } });
    await broker.publish([message('a')]);
    proxy.silence('everything');
    await broker.publish([message('b')]);
    await broker.close();
    await eventually(() => expect(proxy.open()).toBe(0));
    expect(reasons(await broker.publish([message('c')]))).toEqual([expect.stringContaining('closed on this side')]);
  });
});

describe('a virtual host', () => {
  it('that is missing makes messages fail, by its name, at once', async () => {
    const broker = brokerOn(credentialsOf(server, proxy.port), 'no-such-host');
    expect(reasons(await broker.publish([message('a')]))).toEqual([
      expect.stringMatching(/virtual host "no-such-host".*there is no such virtual host/),
    ]);
    expect(proxy.accepted()).toBe(1);
    await broker.close();
  });

  it('may be called anything', async () => {
    const name = await server.createVirtualHost('a/b%2Fc d');
    await bindQueue(server, name, { exchange: 'cur-reactor', queue: 'all', pattern: '#' });
    const broker = brokerOn(credentialsOf(server, server.port), name);
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    expect(await takeAll(server, name, 'all')).toMatchObject([{ id: 'a' }]);
    await broker.close();
  });
});
