import { connect } from 'amqplib';
import { openRabbitmqBroker, type RabbitmqOptions } from '../../../src/adapters/rabbitmq/rabbitmqBroker.ts';
import type { BrokerCredentials } from '../../../src/adapters/rabbitmq/secret.ts';
import type { Message } from '../../../src/ledger/message.ts';
import type { Broker } from '../../../src/outbox/broker.ts';
import type { RabbitmqServer } from './rabbitmqServer.ts';

/** A message as the ledger's outbox keeps it. */
export function message(id: string, what = 'finalized'): Message {
  return {
    id,
    routingKey: `cur.111122223333.2026-10.${what}`,
    body: { id, rows: 3, note: 'Zürich' },
    createdAt: Date.UTC(2026, 9, 5, 12, 0, 0, 700),
  };
}

export function messages(count: number): Message[] {
  return Array.from({ length: count }, (_, n) => message(`message-${n}`));
}

/** How the server is signed in to, by TLS or over the given port. */
export function credentialsOf(server: RabbitmqServer, port?: number): BrokerCredentials {
  const { username, password } = server;
  const where = port === undefined ? { port: server.tlsPort, tls: true, ca: server.certificate } : { port, tls: false };
  return { host: '127.0.0.1', username, password, ...where };
}

/** A broker on a virtual host, with short waits. */
export function brokerOn(
  credentials: BrokerCredentials,
  virtualHost: string,
  options: Partial<RabbitmqOptions> = {},
): Broker {
  return openRabbitmqBroker({
    readCredentials: async () => credentials,
    virtualHost,
    backoff: async () => {},
    ...options,
  });
}

/** Where a consumer signs in: on this machine and without TLS where nothing else is said. */
type Access = Pick<BrokerCredentials, 'port' | 'username' | 'password'> & Partial<BrokerCredentials>;

/** Does something as a consumer of the virtual host would, over a connection of its own. */
async function asConsumer<Result>(
  { host = '127.0.0.1', port, username, password, tls = false, ca }: Access,
  vhost: string,
  work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<Result>,
): Promise<Result> {
  const protocol = tls ? 'amqps' : 'amqp';
  const target = { protocol, hostname: host, port, username, password, vhost: encodeURIComponent(vhost) };
  const connection = await connect(target, ca === undefined ? {} : { ca });
  connection.on('error', () => {});
  try {
    const channel = await connection.createChannel();
    // Whoever waits on it hears the same.
    channel.on('error', () => {});
    return await work(channel);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** A queue as its consumers declare it. */
export interface BoundQueue {
  readonly exchange: string;
  readonly queue: string;
  readonly pattern: string;
  readonly arguments?: Readonly<Record<string, string | number>>;
}

/** Declares a durable queue, bound to an exchange by a pattern. */
export async function bindQueue(access: Access, virtualHost: string, bound: BoundQueue): Promise<void> {
  const { exchange, queue, pattern } = bound;
  await asConsumer(access, virtualHost, async (channel) => {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue(queue, { durable: true, arguments: { ...bound.arguments } });
    await channel.bindQueue(queue, exchange, pattern);
  });
}

/** Declares a durable exchange. Throws when it is there and is another. */
export async function declare(
  access: Access,
  virtualHost: string,
  exchange: string,
  type: 'topic' | 'fanout',
): Promise<void> {
  await asConsumer(access, virtualHost, (channel) => channel.assertExchange(exchange, type, { durable: true }));
}

/** Removes the exchange and the queue of a name, where they are. */
export async function removeAll(access: Access, virtualHost: string, name: string): Promise<void> {
  await asConsumer(access, virtualHost, async (channel) => {
    await channel.deleteQueue(name);
    await channel.deleteExchange(name);
  });
}

/** A message as a consumer gets it. */
export interface Received {
  readonly id: unknown;
  readonly routingKey: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Takes everything out of a queue, in order. */
export function takeAll(access: Access, virtualHost: string, queue: string): Promise<Received[]> {
  return asConsumer(access, virtualHost, async (channel) => {
    const received: Received[] = [];
    for (;;) {
      const got = await channel.get(queue, { noAck: true });
      if (!got) return received;
      received.push({
        id: got.properties.messageId,
        routingKey: got.fields.routingKey,
        properties: { ...got.properties },
        body: JSON.parse(got.content.toString()),
      });
    }
  });
}
