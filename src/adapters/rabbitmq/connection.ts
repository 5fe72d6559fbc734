import { connect as connectSocket } from 'node:net';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { startLimit, type TimeLimit, withDeadline } from './deadline.ts';
import { BrokerFailure, failureOf } from './failures.ts';
import type { BrokerCredentials } from './secret.ts';

/** How long each step may take, in seconds. */
export interface Deadlines {
  readonly connectSeconds: number;
  /** For each of: opening a channel and declaring the exchange on it, closing the channel. */
  readonly channelSeconds: number;
}

/** One connection to the broker, signed in. */
export interface Connection {
  /**
   * Lets `work` use a channel of its own on which the exchange is declared, and closes it. A channel is of one use: what
   * comes back on it is about this use only, and its opening proves that the connection is alive before anything is
   * sent. Throws BrokerFailure, also when `work` has thrown: for the reason of its end where the channel has ended.
   */
  useChannel<Result>(
    exchange: string,
    limit: TimeLimit,
    work: (channel: ConfirmChannel) => Promise<Result>,
  ): Promise<Result>;
  /** Whether nothing is known of its end. */
  isOpen(): boolean;
  /** Takes leave for a second at most, then cuts. Never fails. */
  close(): Promise<void>;
}

/**
 * What both sides send to each other at least, in seconds: who hears nothing for about twice that gives the connection
 * up (RabbitMQ documentation, Detecting Dead TCP Connections with Heartbeats and TCP Keepalives: 5 to 20 s are best).
 */
export const HEARTBEAT_SECONDS = 20;

const CLOSE_SECONDS = 1;

/** Connects and signs in to a virtual host. Throws BrokerFailure. */
export async function connect(
  credentials: BrokerCredentials,
  virtualHost: string,
  deadlines: Deadlines,
  limit: TimeLimit,
): Promise<Connection> {
  // Loaded when it is needed: most invocations publish nothing.
  const { connect: open } = await import('amqplib');
  const { host, port, username, password, tls } = credentials;
  const socket = new AbortController();
  const target = {
    protocol: tls ? 'amqps' : 'amqp',
    hostname: host,
    port,
    username,
    password,
    // amqplib decodes it as a part of a URL.
    vhost: encodeURIComponent(virtualHost),
    heartbeat: HEARTBEAT_SECONDS,
  };
  try {
    const model = await withDeadline(deadlines.connectSeconds, limit, 'connecting', () =>
      open(target, socketOptions(credentials, socket.signal)),
    );
    return wrap(model, deadlines, [password], () => socket.abort());
  } catch (error) {
    socket.abort();
    throw failureOf(error, [password]);
  }
}

/** The socket dies when the signal is aborted: amqplib itself cannot cut a connection on which nobody answers. */
function socketOptions({ host, port, tls, ca }: BrokerCredentials, signal: AbortSignal): object {
  if (!tls) return { noDelay: true, signal };
  return { noDelay: true, socket: connectSocket({ host, port, signal }), ...(ca !== undefined && { ca }) };
}

function wrap(
  model: ChannelModel,
  deadlines: Deadlines,
  secrets: readonly string[],
  cutSocket: () => void,
): Connection {
  let ended: { readonly error: unknown } | undefined;
  let blocked: string | undefined;
  model.on('error', (error) => {
    ended ??= { error };
  });
  // A shutdown of the broker is no error to amqplib: its reason comes here.
  model.on('close', (error) => {
    ended ??= { error: error ?? new BrokerFailure('CLOSED', 'the connection was closed') };
  });
  model.on('blocked', (reason) => {
    blocked = reason;
  });
  model.on('unblocked', () => {
    blocked = undefined;
  });

  function reasonOf(error: unknown): BrokerFailure {
    const failure = failureOf(ended?.error ?? error, secrets);
    if (failure.code !== 'DEADLINE' || blocked === undefined) return failure;
    return new BrokerFailure('BLOCKED', `the broker takes no messages at present: ${blocked}`);
  }

  return {
    async useChannel(exchange, limit, work) {
      let channelError: unknown;
      try {
        const channel = await withDeadline(deadlines.channelSeconds, limit, 'opening a channel', async () => {
          const opened = await model.createConfirmChannel();
          opened.on('error', (error) => {
            channelError = error;
          });
          await opened.assertExchange(exchange, 'topic', { durable: true });
          return opened;
        });
        const result = await work(channel);
        await withDeadline(deadlines.channelSeconds, limit, 'closing a channel', () => channel.close());
        return result;
      } catch (error) {
        throw reasonOf(channelError ?? error);
      }
    },
    isOpen: () => ended === undefined,
    async close() {
      if (!ended) {
        const noOtherLimit = startLimit(CLOSE_SECONDS, Date.now);
        await withDeadline(CLOSE_SECONDS, noOtherLimit, 'closing', () => model.close()).catch(() => undefined);
      }
      cutSocket();
    },
  };
}
