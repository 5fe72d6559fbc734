import { type BrokerCredentials, readBrokerSecret } from '../../../src/adapters/rabbitmq/secret.ts';
import { credentialsOf } from './brokerWorld.ts';
import { findRabbitmq } from './rabbitmqPrograms.ts';
import { startRabbitmqServer } from './rabbitmqServer.ts';

/**
 * A RabbitMQ that may be somebody else's: use names of your own there, and leave nothing behind.
 */
export interface BrokerAtHand {
  readonly credentials: BrokerCredentials;
  readonly virtualHost: string;
  close(): Promise<void>;
}

/**
 * A server of the test's own where RabbitMQ is installed or can be; else the one that AMQP_URL
 * names. Throws what `find` throws where there is neither.
 */
export async function brokerAtHand(
  amqpUrl = process.env.AMQP_URL,
  find: () => Promise<unknown> = findRabbitmq,
): Promise<BrokerAtHand> {
  try {
    await find();
  } catch (error) {
    if (!amqpUrl) throw error;
    return { ...readAmqpUrl(amqpUrl), close: async () => {} };
  }
  const server = await startRabbitmqServer();
  const virtualHost = await server.createVirtualHost();
  return { credentials: credentialsOf(server), virtualHost, close: server.close };
}

/**
 * Where nothing is said, it is guest, and the virtual host `/`, as in an empty server (RabbitMQ URI
 * Specification).
 */
function readAmqpUrl(amqpUrl: string): Pick<BrokerAtHand, 'credentials' | 'virtualHost'> {
  const url = URL.parse(amqpUrl);
  if (!url) throw new Error('AMQP_URL must be amqp://user:password@host:port/virtual-host, or amqps://');
  const virtualHost = decodeURIComponent(url.pathname.slice(1)) || '/';
  url.username ||= 'guest';
  url.password ||= 'guest';
  [url.pathname, url.search] = ['', ''];
  return { credentials: readBrokerSecret(JSON.stringify({ url: url.href })), virtualHost };
}
