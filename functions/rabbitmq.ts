import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { openRabbitmqBroker } from '../src/adapters/rabbitmq/rabbitmqBroker.ts';
import { type BrokerCredentials, readBrokerSecret } from '../src/adapters/rabbitmq/secret.ts';
import type { Broker } from '../src/outbox/broker.ts';
import { SHORT_CALLS } from './clients.ts';

/** Where the broker's secret is, and what is the stage's own on it. */
interface RabbitmqEnvironment {
  /** The name of a secret, or `none`. */
  readonly RABBITMQ_SECRET: string;
  readonly RABBITMQ_VIRTUAL_HOST: string;
}

/**
 * The stage's broker; undefined where it has none. Nothing is read or connected before the first message. The secret is
 * read once, and again when the broker refuses it: whoever rotates it changes the secret alone.
 */
export function rabbitmqBroker({ RABBITMQ_SECRET, RABBITMQ_VIRTUAL_HOST }: RabbitmqEnvironment): Broker | undefined {
  if (RABBITMQ_SECRET === 'none') return undefined;
  return openRabbitmqBroker({
    readCredentials: (signal) => readCredentials(RABBITMQ_SECRET, signal),
    virtualHost: RABBITMQ_VIRTUAL_HOST,
  });
}

async function readCredentials(secretId: string, abortSignal: AbortSignal): Promise<BrokerCredentials> {
  const client = new SecretsManagerClient(SHORT_CALLS);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal });
    return readBrokerSecret(SecretString ?? '');
  } finally {
    client.destroy();
  }
}
