import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openBroker } from '../../../functions/servicesWithSecrets.ts';
import { type FaultProxy, startFaultProxy } from '../../aws/faultProxy.ts';
import { type MotoServer, startMotoServer } from '../../aws/motoServer.ts';
import { bindQueue, message } from './brokerWorld.ts';
import { type RabbitmqServer, startRabbitmqServer } from './rabbitmqServer.ts';

const NAME = 'cur-reactor/dev/rabbitmq';
const CONFIRMED = { is: 'confirmed' };

let server: RabbitmqServer;
let moto: MotoServer;
let aws: FaultProxy;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  [server, moto] = await Promise.all([startRabbitmqServer(), startMotoServer()]);
  aws = await startFaultProxy(moto.endpoint);
  secrets = new SecretsManagerClient(moto.clientConfig);
  for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: aws.endpoint })) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  secrets?.destroy();
  await aws?.close();
  await Promise.all([server?.close(), moto?.close()]);
});
afterEach(() => {
  aws.requests.length = 0;
});

const reads = () => aws.requests.filter(({ operation }) => operation === 'GetSecretValue').length;
const secretOf = (password: string) => {
  const { tlsPort: port, username, certificate: ca } = server;
  return JSON.stringify({ host: '127.0.0.1', port, username, password, ca });
};

it('a stage without a broker has none', () => {
  expect(openBroker({ RABBITMQ_SECRET: 'none', RABBITMQ_VIRTUAL_HOST: 'any' })).toBeUndefined();
});

it('the secret is read from Secrets Manager once, and again when the broker refuses it', async () => {
  const virtualHost = await server.createVirtualHost();
  await bindQueue(server, virtualHost, { exchange: 'cur-reactor', queue: 'all', pattern: '#' });
  const broker = openBroker({ RABBITMQ_SECRET: NAME, RABBITMQ_VIRTUAL_HOST: virtualHost });
  if (!broker) throw new Error('there is no broker');
  expect(await broker.publish([message('a')])).toEqual([
    { is: 'failed', reason: expect.stringContaining('ResourceNotFoundException') },
  ]);

  await secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: secretOf(server.password) }));
  aws.requests.length = 0;
  for (const id of ['a', 'b']) expect(await broker.publish([message(id)])).toEqual([CONFIRMED]);
  expect(reads()).toBe(1);

  await server.control('change_password', server.username, 'the-next-password');
  await server.control('close_all_connections', '--global', 'rotated');
  await secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: secretOf('the-next-password') }));
  expect(await broker.publish([message('c')])).toEqual([CONFIRMED]);
  expect(reads()).toBe(2);
  await broker.close();
});
