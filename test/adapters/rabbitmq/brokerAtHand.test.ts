import { describe, expect, it } from 'vitest';
import { brokerAtHand } from './brokerAtHand.ts';

const findNone = () => Promise.reject(new Error('RabbitMQ is not installed'));

describe('a machine without RabbitMQ', () => {
  it.each([
    ['amqp://localhost', { host: 'localhost', port: 5672, tls: false, username: 'guest', password: 'guest' }, '/'],
    ['amqp://u:p%40@10.0.0.1:5000/', { host: '10.0.0.1', port: 5000, username: 'u', password: 'p@' }, '/'],
    ['amqps://u:p@mq.example.com/a%2Fb?heartbeat=9', { host: 'mq.example.com', port: 5671, tls: true }, 'a/b'],
  ])('has the broker that AMQP_URL names: %s', async (url, credentials, virtualHost) => {
    expect(await brokerAtHand(url, findNone)).toMatchObject({ credentials, virtualHost });
  });

  it('has none without AMQP_URL, and says why', async () => {
    await expect(brokerAtHand('', findNone)).rejects.toThrow('RabbitMQ is not installed');
  });

  it('hears that an AMQP_URL is not one, without its password', async () => {
    const refusal = brokerAtHand('hunter22', findNone);
    await expect(refusal).rejects.toThrow('AMQP_URL must be');
    await expect(refusal).rejects.not.toThrow('hunter22');
  });
});
