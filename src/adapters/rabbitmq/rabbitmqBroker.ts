import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { startLimit, type TimeLimit, withDeadline } from '../../base/deadline.ts';
import { keepConnection } from '../../base/keptConnection.ts';
import { quoteValue } from '../../base/printable.ts';
import type { Broker } from '../../outbox/broker.ts';
import { type ConnectionDeadlines, connect } from './connection.ts';
import { BrokerFailure, failureOf } from './failures.ts';
import { type Outgoing, takeIn } from './outgoing.ts';
import type { BrokerCredentials } from './secret.ts';
import { createSecretReader, type SecretReader } from './secretReader.ts';
import { sendAll } from './send.ts';

/** The limits of one call, in seconds. */
interface BrokerDeadlines extends ConnectionDeadlines {
  /**
   * The whole of a call, its waits and repetitions in it: the caller has other things to do than to
   * wait for a broker.
   */
  readonly callSeconds: number;
  readonly secretSeconds: number;
  /** For the confirmation of up to 200 messages. */
  readonly confirmSeconds: number;
}

/** What a broker is opened with. */
export interface RabbitmqOptions {
  /**
   * Reads the secret, until the signal is aborted. Whatever it throws: the messages are kept, and
   * sent again later.
   */
  readonly readCredentials: (signal: AbortSignal) => Promise<BrokerCredentials>;
  readonly virtualHost: string;
  /** The topic exchange that is declared, durable, and published to. */
  readonly exchange?: string;
  /** Named in every message as the one that sent it. */
  readonly appId?: string;
  /** How often a message is sent within one call, at most. */
  readonly tries?: number;
  readonly deadlines?: Partial<BrokerDeadlines>;
  readonly backoff?: Backoff;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const DEFAULT_DEADLINES: BrokerDeadlines = {
  callSeconds: 20,
  secretSeconds: 5,
  connectSeconds: 5,
  channelSeconds: 3,
  confirmSeconds: 8,
};

/**
 * RabbitMQ as a {@link Broker}. Nothing is connected before the first message; the connection is
 * kept for the calls that follow, and the credentials are read again when they are refused. A
 * message body is sent as JSON, with the message's id as `messageId` and the last word of its
 * routing key as `type`.
 */
export function openRabbitmqBroker(options: RabbitmqOptions): Broker {
  const { virtualHost, exchange = 'cur-reactor', appId = 'cur-reactor', tries = 5 } = options;
  const { backoff = createBackoff(), now = Date.now } = options;
  const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
  const secret = createSecretReader(options.readCredentials, deadlines.secretSeconds);
  const place = { virtualHost, exchange, deadlines, now };
  const kept = keepConnection(async (limit: TimeLimit) => connect(await secret.current(limit), place, limit), {
    isUsable: (connection) => connection.isFresh(),
    closed: () => new BrokerFailure('SHUT', 'the broker was closed on this side'),
  });

  async function send(outgoing: Outgoing, limit: TimeLimit): Promise<void> {
    const { confirmSeconds } = deadlines;
    const connection = await kept.current(limit);
    try {
      await connection.useChannel(limit, (channel) =>
        sendAll({ channel, exchange, appId, confirmSeconds, limit }, outgoing.unanswered(), outgoing.answer),
      );
    } catch (error) {
      kept.drop(connection);
      throw error;
    }
  }

  function reasonOf({ code, message }: BrokerFailure): string {
    const known = secret.known();
    const where = known ? `${known.host}:${known.port}, ` : '';
    const names = `virtual host ${quoteValue(virtualHost)}, exchange ${quoteValue(exchange)}`;
    return `RabbitMQ (${where}${names}): ${code}: ${message}`;
  }

  return {
    async publish(messages) {
      const limit = startLimit(deadlines.callSeconds, now);
      const outgoing = takeIn(messages);
      const failure = await sendUntilAnswered(() => send(outgoing, limit), { outgoing, secret, limit, tries, backoff });
      return outgoing.results(failure ? reasonOf(failure) : '');
    },
    close: kept.close,
  };
}

interface Sending {
  readonly outgoing: Outgoing;
  readonly secret: SecretReader;
  readonly limit: TimeLimit;
  readonly tries: number;
  readonly backoff: Backoff;
}

/** Sends until every message is answered for; else answers what stood in the way. */
async function sendUntilAnswered(send: () => Promise<void>, sending: Sending): Promise<BrokerFailure | undefined> {
  const { outgoing, secret, limit, tries, backoff } = sending;
  let mayReadSecret = true;
  let earlier: BrokerFailure | undefined;
  for (let attempt = 1; outgoing.unanswered().length > 0; attempt++) {
    try {
      await send();
    } catch (error) {
      const failure = failureOf(error);
      // A failure that the limit caused says less than the one before it.
      if (limit.remainingMs() === 0) return earlier ?? failure;
      if (failure.kind === 'permanent' || attempt >= tries) return failure;
      if (failure.kind === 'auth') {
        if (!mayReadSecret || !(await hasChanged(secret, limit))) return failure;
        mayReadSecret = false;
      } else {
        const untilLimit = { what: 'waiting', seconds: Number.POSITIVE_INFINITY, limit };
        await withDeadline(untilLimit, () => backoff(attempt)).catch(() => undefined);
      }
      earlier = failure;
    }
  }
  return undefined;
}

/** A secret that cannot be read again has not changed, as far as anyone knows. */
function hasChanged(secret: SecretReader, limit: TimeLimit): Promise<boolean> {
  return secret.readAgain(limit).catch(() => false);
}
