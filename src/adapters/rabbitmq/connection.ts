import { connect as connectSocket } from 'node:net';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { type TimeLimit, withDeadline } from '../../base/deadline.ts';
import { BrokerFailure, failureOf } from './failures.ts';
import type { BrokerCredentials } from './secret.ts';

/** How long each step may take, in seconds. */
export interface ConnectionDeadlines {
  readonly connectSeconds: number;
  /** For each of: opening a channel and declaring the exchange on it, closing the channel. */
  readonly channelSeconds: number;
}

/** Where on the broker a connection works, and how. */
interface ConnectionOptions {
  readonly virtualHost: string;
  /** The topic exchange that is declared, durable, on each channel. */
  readonly exchange: string;
  readonly deadlines: ConnectionDeadlines;
  /** Milliseconds since 1970: that clock, unlike a timer, knows how long the process was frozen. */
  readonly now: () => number;
}

/** One connection to the broker, signed in. */
interface Connection {
  /**
   * Lets `work` use a channel of its own on which the exchange is declared, and closes it. Each
   * channel is used once: what comes back on it is about this use only, and opening it proves that
   * the connection is alive before anything is sent. Throws BrokerFailure, also when `work` has
   * thrown: with the reason why the channel ended, if it did.
   */
  useChannel<Result>(limit: TimeLimit, work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result>;
  /**
   * Whether it may be used again: it has not ended as far as anybody knows, and the broker has
   * answered on it within a heartbeat.
   *
   * A function is frozen between its invocations, without warning and for any time. Meanwhile it
   * sends no heartbeats, so the broker gives the connection up, or something on the way forgets it,
   * and nothing of that may be heard after the thaw: whoever asks a dead connection waits for the
   * whole of a deadline. Replacing it unasked costs a few round trips. The broker cannot have given
   * up a younger one yet, as that takes it two heartbeats.
   */
  isFresh(): boolean;
  /** Closes in good order within a second, else cuts the socket. Never fails. */
  close(): Promise<void>;
}

/**
 * Both sides send something at least this often, in seconds. A side that hears nothing for about
 * twice that gives the connection up (RabbitMQ documentation, Detecting Dead TCP Connections with
 * Heartbeats and TCP Keepalives: 5 to 20 s are best).
 */
const HEARTBEAT_SECONDS = 20;

const CLOSE_SECONDS = 1;

/** Connects and signs in to a virtual host. Throws BrokerFailure. */
export async function connect(
  credentials: BrokerCredentials,
  options: ConnectionOptions,
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
    vhost: encodeURIComponent(options.virtualHost),
    heartbeat: HEARTBEAT_SECONDS,
  };
  try {
    const model = await withDeadline({ what: 'connecting', seconds: options.deadlines.connectSeconds, limit }, () =>
      open(target, socketOptions(credentials, socket.signal)),
    );
    return wrap(model, options, [password], () => socket.abort());
  } catch (error) {
    socket.abort();
    throw failureOf(error, [password]);
  }
}

/**
 * The socket dies when the signal is aborted: amqplib itself cannot cut a connection on which
 * nobody answers.
 */
function socketOptions({ host, port, tls, ca }: BrokerCredentials, signal: AbortSignal): object {
  if (!tls) return { noDelay: true, signal };
  return { noDelay: true, socket: connectSocket({ host, port, signal }), ca };
}

function wrap(
  model: ChannelModel,
  { exchange, deadlines: { channelSeconds }, now }: ConnectionOptions,
  secrets: readonly string[],
  cutSocket: () => void,
): Connection {
  let ended: { readonly error: unknown } | undefined;
  let blocked: string | undefined;
  let answeredAt = now();
  model.on('error', (error) => {
    ended ??= { error };
  });
  // To amqplib, a shutdown of the broker is not an error: its reason comes here.
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
    async useChannel(limit, work) {
      let channelError: unknown;
      try {
        const channel = await withDeadline({ what: 'opening a channel', seconds: channelSeconds, limit }, async () => {
          const opened = await model.createConfirmChannel();
          opened.on('error', (error) => {
            channelError = error;
          });
          await opened.assertExchange(exchange, 'topic', { durable: true });
          return opened;
        });
        const result = await work(channel);
        await withDeadline({ what: 'closing a channel', seconds: channelSeconds, limit }, () => channel.close());
        answeredAt = now();
        return result;
      } catch (error) {
        throw reasonOf(channelError ?? error);
      }
    },
    isFresh: () => ended === undefined && now() - answeredAt <= HEARTBEAT_SECONDS * 1000,
    async close() {
      if (!ended) {
        await withDeadline({ what: 'closing', seconds: CLOSE_SECONDS }, () => model.close()).catch(() => undefined);
      }
      cutSocket();
    },
  };
}
