import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../../src/outbox/broker.ts';
import { type BrokerAtHand, brokerAtHand } from './brokerAtHand.ts';
import { bindQueue, brokerOn, declare, message, messages, removeAll, takeAll } from './brokerWorld.ts';

// These rules hold with any RabbitMQ, also one that others use: they leave it as they found it.

const PUBLISHER = fileURLToPath(new URL('publisherProcess.ts', import.meta.url));
const CONFIRMED = { is: 'confirmed' };

let atHand: BrokerAtHand;
/** Each test has its own, and a queue of the same name. */
let exchange: string;
let broker: Broker;

beforeAll(async () => {
  atHand = await brokerAtHand();
});
afterAll(() => atHand?.close());
beforeEach(() => {
  exchange = `cur-reactor-test-${randomUUID()}`;
  broker = brokerOn(atHand.credentials, atHand.virtualHost, { exchange });
});
afterEach(async () => {
  await broker.close();
  await removeAll(atHand.credentials, atHand.virtualHost, exchange);
});

const bind = () =>
  bindQueue(atHand.credentials, atHand.virtualHost, { exchange, queue: exchange, pattern: 'cur.*.*.finalized' });
const arrived = () => takeAll(atHand.credentials, atHand.virtualHost, exchange);

describe('a confirmed message', () => {
  it('is in the queue that is bound for it, persistent, with its id, type and body', async () => {
    await bind();
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    expect(await arrived()).toEqual([
      {
        id: 'a',
        routingKey: 'cur.111122223333.2026-10.finalized',
        body: { id: 'a', rows: 3, note: 'Zürich' },
        properties: expect.objectContaining({
          type: 'finalized',
          contentType: 'application/json',
          deliveryMode: 2,
          appId: 'cur-reactor',
          timestamp: Date.UTC(2026, 9, 5, 12) / 1000,
        }),
      },
    ]);
  });

  it('is confirmed among many, and one that no queue takes is distinguished from the rest', async () => {
    await bind();
    const all = messages(1_000);
    all[700] = message('lonely', 'unheard-of');
    const results = await broker.publish(all);
    expect(results.map(({ is }) => is)).toEqual(all.map(({ id }) => (id === 'lonely' ? 'unroutable' : 'confirmed')));
    expect((await arrived()).map(({ id }) => id)).toEqual(all.map(({ id }) => id).filter((id) => id !== 'lonely'));
  });

  it('is larger than a frame where its body is', async () => {
    await bind();
    const large = { ...message('large'), body: { text: 'x'.repeat(300_000) } };
    expect(await broker.publish([large])).toEqual([CONFIRMED]);
    expect(await arrived()).toMatchObject([{ body: large.body }]);
  });
});

describe('a message that can never be sent', () => {
  it('fails alone', async () => {
    await bind();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const results = await broker.publish([
      { ...message('a'), body: cyclic },
      message('b'),
      { ...message('c'), routingKey: 'x'.repeat(256) },
      message('ü'.repeat(128)),
    ]);
    expect(results).toEqual([
      { is: 'failed', reason: expect.stringContaining('cannot be written as JSON') },
      CONFIRMED,
      { is: 'failed', reason: expect.stringContaining('routing key is longer') },
      { is: 'failed', reason: expect.stringContaining('id is longer') },
    ]);
  });
});

describe('the exchange', () => {
  it('is declared by whoever publishes first: durable, of type topic', async () => {
    const { credentials, virtualHost } = atHand;
    expect(await broker.publish([message('a')])).toEqual([{ is: 'unroutable' }]);
    // RabbitMQ refuses to declare it as anything else than it is.
    await expect(declare(credentials, virtualHost, exchange, 'topic')).resolves.toBeUndefined();
    await expect(declare(credentials, virtualHost, exchange, 'fanout')).rejects.toThrow('inequivalent arg');
  });

  it('makes messages fail where there is one of another type, at once', async () => {
    const { credentials, virtualHost } = atHand;
    await declare(credentials, virtualHost, exchange, 'fanout');
    const waits: number[] = [];
    const waiting = brokerOn(credentials, virtualHost, {
      exchange,
      backoff: async (attempt) => void waits.push(attempt),
    });
    expect(await waiting.publish([message('a')])).toEqual([
      {
        is: 'failed',
        reason: expect.stringMatching(/exchange "cur-reactor-test-.*"\): 406: .*inequivalent arg 'type'/),
      },
    ]);
    expect(waits).toEqual([]);
    await waiting.close();
  });
});

describe('a broker object that is closed', () => {
  it('makes messages fail, also after it has sent some', async () => {
    await bind();
    expect(await broker.publish([message('a')])).toEqual([CONFIRMED]);
    await broker.close();
    expect(await broker.publish([message('b')])).toEqual([
      { is: 'failed', reason: expect.stringContaining('closed on this side') },
    ]);
    expect((await arrived()).map(({ id }) => id)).toEqual(['a']);
  });

  it('lets its process come to its end', async () => {
    const { credentials, virtualHost } = atHand;
    const child = fork(PUBLISHER, {
      env: { ...process.env, CREDENTIALS: JSON.stringify(credentials), virtualHost, exchange },
    });
    const said = once(child, 'message');
    const ended = once(child, 'exit');
    const [results] = await said;
    expect(results).toEqual([{ is: 'unroutable' }]);
    expect(await ended).toEqual([0, null]);
  });
});
