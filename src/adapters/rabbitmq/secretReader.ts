import { type TimeLimit, withDeadline } from '../../base/deadline.ts';
import { BrokerFailure } from './failures.ts';
import { type BrokerCredentials, BrokerSecretInvalid } from './secret.ts';

/** The broker's secret, read when it is first needed and remembered. */
export interface SecretReader {
  /** Throws BrokerFailure when it cannot be read; then the next call reads it again. */
  current(limit: TimeLimit): Promise<BrokerCredentials>;
  /**
   * Reads it again, after the broker has refused it. Answers whether it has changed. Throws like
   * `current`.
   */
  readAgain(limit: TimeLimit): Promise<boolean>;
  /** What was read last, for messages. */
  known(): BrokerCredentials | undefined;
}

/** `read` gets a signal that is aborted after `seconds`, or when the limit is reached. */
export function createSecretReader(
  read: (signal: AbortSignal) => Promise<BrokerCredentials>,
  seconds: number,
): SecretReader {
  let remembered: BrokerCredentials | undefined;

  async function readNew(limit: TimeLimit): Promise<BrokerCredentials> {
    try {
      remembered = await withDeadline({ what: 'reading the secret', seconds, limit }, read);
      return remembered;
    } catch (error) {
      throw unreadable(error);
    }
  }

  return {
    current: async (limit) => remembered ?? readNew(limit),
    async readAgain(limit) {
      const before = JSON.stringify(remembered);
      return JSON.stringify(await readNew(limit)) !== before;
    },
    known: () => remembered,
  };
}

/**
 * Permanent for this call: `read` has tried more than once, and somebody has to mend a secret that
 * is wrong.
 */
function unreadable(error: unknown): BrokerFailure {
  if (error instanceof BrokerSecretInvalid) return new BrokerFailure('SECRET', error.message);
  const words = error instanceof Error ? `${error.name}: ${error.message}` : 'a non-Error was thrown';
  return new BrokerFailure('SECRET', `the RabbitMQ secret cannot be read: ${words}`);
}
