import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { quoteValue } from '../../base/printable.ts';
import type { Broker } from '../../outbox/broker.ts';
import { connect, type Deadlines } from './connection.ts';
import { startLimit, type TimeLimit, withDeadline } from './deadline.ts';
import { type BrokerFailure, failureOf } from './failures.ts';
import { keepConnection } from './keptConnection.ts';
import { type Outgoing, takeIn } from './outgoing.ts';
import type { BrokerCredentials } from './secret.ts';
import { createSecretReader, type SecretReader } from './secretReader.ts';
import { sendAll } from './send.ts';

/** The limits of one call, in seconds. */
interface BrokerDeadlines extends Deadlines {
  /** The whole of a call, its waits and repetitions in it: the caller has other things to do than to wait for a broker. */
  readonly callSeconds: number;
  readonly secretSeconds: number;
  /** For the confirmation of up to 200 messages. */
  readonly confirmSeconds: number;
}

/** What a broker is opened with. */
export interface RabbitmqOptions {
  /** Reads the secret, until the signal is aborted. Whatever it throws means: kept, sent again later. */
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
 * RabbitMQ as a {@link Broker}. Nothing is connected before the first message; the connection is kept for the calls that
 * follow, and the credentials are read again when they are refused. A message body is sent as JSON, with the message's id
 * as `messageId` and the last word of its routing key as `type`.
 */
export function openRabbitmqBroker(options: RabbitmqOptions): Broker {
  const { virtualHost, exchange = 'cur-reactor', appId = 'cur-reactor', tries = 5 } = options;
  const { backoff = createBackoff(), now = Date.now } = options;
  const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
  const secret = createSecretReader(options.readCredentials, deadlines.secretSeconds);
  const kept = keepConnection(
    async (limit) => connect(await secret.current(limit), virtualHost, deadlines, limit),
    now,
  );

  async function send(outgoing: Outgoing, limit: TimeLimit): Promise<void> {
    const { confirmSeconds } = deadlines;
    const connection = await kept.current(limit);
    try {
      await connection.useChannel(exchange, limit, (channel) =>
        sendAll(channel, exchange, appId, outgoing.unanswered(), confirmSeconds, limit, outgoing.answer),
      );
      kept.answered(connection);
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
      return outgoing.fates(failure ? reasonOf(failure) : '');
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

/** Sends until every message is answered for; else answers what has stood in the way. */
async function sendUntilAnswered(send: () => Promise<void>, sending: Sending): Promise<BrokerFailure | undefined> {
  const { outgoing, secret, limit, tries, backoff } = sending;
  let mayReadSecret = true;
  let earlier: BrokerFailure | undefined;
  for (let attempt = 1; outgoing.unanswered().length > 0; attempt++) {
    try {
      await send();
    } catch (error) {
      const failure = failureOf(error);
      // What the limit has cut short says less than what came before it.
      if (limit.remainingMs() === 0) return earlier ?? failure;
      if (failure.kind === 'giveUp' || attempt >= tries) return failure;
      if (failure.kind === 'refused') {
        if (!mayReadSecret || !(await hasChanged(secret, limit))) return failure;
        mayReadSecret = false;
      } else {
        await withDeadline(Number.POSITIVE_INFINITY, limit, 'waiting', () => backoff(attempt)).catch(() => undefined);
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
