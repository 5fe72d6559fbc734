import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerSecretInvalid, readBrokerSecret } from '../../../src/adapters/rabbitmq/secret.ts';
import { makeCertificate } from './certificate.ts';

const read = (secret: unknown) => readBrokerSecret(JSON.stringify(secret));
const WHO = { username: 'reactor', password: 'hunter22' };

function refusalOf(json: string): string {
  try {
    readBrokerSecret(json);
  } catch (error) {
    if (error instanceof BrokerSecretInvalid) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the RabbitMQ secret', () => {
  it('names a broker by its parts: TLS and its port where nothing else is said', () => {
    expect(read({ ...WHO, host: 'mq.example.com' })).toEqual({ ...WHO, host: 'mq.example.com', port: 5671, tls: true });
    expect(read({ ...WHO, host: '10.0.0.1', tls: false })).toEqual({
      ...WHO,
      host: '10.0.0.1',
      port: 5672,
      tls: false,
    });
    expect(read({ ...WHO, host: '::1', port: '5700', tls: 'true' })).toMatchObject({
      host: '::1',
      port: 5700,
      tls: true,
    });
  });

  it('names a broker by a URL, whose user and password are decoded', () => {
    expect(read({ url: 'amqps://a%40b:p%2Fw%25@mq.example.com' })).toEqual({
      host: 'mq.example.com',
      port: 5671,
      username: 'a@b',
      password: 'p/w%',
      tls: true,
    });
    expect(read({ url: 'amqp://u:p@[::1]:5000/' })).toMatchObject({ host: '::1', port: 5000, tls: false });
  });

  it('says the same in both forms, whatever user and password are', () => {
    const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(name, name, fc.integer({ min: 1, max: 65_535 }), (username, password, port) => {
        const url = `amqps://${encodeURIComponent(username)}:${encodeURIComponent(password)}@mq:${port}`;
        expect(read({ url })).toEqual(read({ host: 'mq', port, username, password }));
      }),
    );
  });

  it('may bring the certificate that is trusted, its lines ended either way', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    try {
      const ca = await readFile((await makeCertificate(folder)).certificateFile, 'utf8');
      for (const given of [ca, ca.replaceAll('\n', '\\n')]) {
        expect(read({ ...WHO, host: 'mq', ca: given })).toMatchObject({ ca });
        expect(read({ url: 'amqps://u:p@mq', ca: given })).toMatchObject({ ca });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('may hold more: rotation keeps its own there', () => {
    expect(read({ ...WHO, host: 'mq', engine: 'rabbitmq', virtual_host: '/' })).not.toHaveProperty('engine');
  });
});

describe('a RabbitMQ secret that is wrong', () => {
  it.each([
    ['password is missing', { host: 'mq', username: 'reactor' }],
    ['host is missing', WHO],
    ['host must be a host name', { ...WHO, host: 'amqps://mq.example.com' }],
    ['port must be a port', { ...WHO, host: 'mq', port: 65_536 }],
    ['port must be a port', { ...WHO, host: 'mq', port: '56x' }],
    ['tls must be true or false', { ...WHO, host: 'mq', tls: 'yes' }],
    ['ca must be a certificate', { ...WHO, host: 'mq', ca: 'hunter22' }],
    ['username must be the name of a user; password must be', { host: 'mq', username: '', password: '' }],
    ['url must be amqps://', { url: 'https://reactor:hunter22@mq' }],
    ['url must be amqps://', { url: 'hunter22' }],
    ['url must be amqps://', { url: 'amqps://reactor:hunter22@mq/a-virtual-host' }],
    ['url must be amqps://', { url: 'amqps://reactor:hunter22@mq?heartbeat=0' }],
    ['url must be amqps://', { url: 'amqps://reactor:%E0%A4%A@mq' }],
    ['url: username must be', { url: 'amqps://mq' }],
    ['url must be a string', { url: 7 }],
    ['it must be a JSON object', ['hunter22']],
    ['it must be a JSON object', 'hunter22'],
  ])('is refused: %s', (message, secret) => {
    const refusal = refusalOf(JSON.stringify(secret));
    expect(refusal).toContain(`the RabbitMQ secret is wrong: ${message}`);
    expect(refusal).not.toContain('hunter22');
  });

  it('is refused when it is not JSON', () => {
    expect(refusalOf('{"password": hunter22}')).toBe('the RabbitMQ secret is not JSON');
    expect(refusalOf('')).toBe('the RabbitMQ secret is not JSON');
  });
});
