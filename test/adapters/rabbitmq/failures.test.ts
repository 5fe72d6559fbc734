import { describe, expect, it } from 'vitest';
import { BrokerFailure, failureOf, kindOf } from '../../../src/adapters/rabbitmq/failures.ts';

const withCode = (code: string | number, message = 'something') => Object.assign(new Error(message), { code });

describe('a failure of the broker', () => {
  it.each([
    [withCode(320, 'Connection closed: 320 (CONNECTION-FORCED)'), '320', 'transient'],
    [withCode(541), '541', 'transient'],
    [withCode('ECONNREFUSED', ''), 'ECONNREFUSED', 'transient'],
    [new Error('Heartbeat timeout'), 'CLOSED', 'transient'],
    [new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "…"'), '403', 'auth'],
    [new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'), 'NO_VIRTUAL_HOST', 'permanent'],
    [withCode(404), '404', 'permanent'],
    [withCode(406), '406', 'permanent'],
    [withCode(530), '530', 'permanent'],
    [withCode('CERT_HAS_EXPIRED'), 'CERT_HAS_EXPIRED', 'permanent'],
    ['no error', 'CLOSED', 'transient'],
  ])('has a code that decides what to do: %s', (error, code, kind) => {
    expect(failureOf(error)).toMatchObject({ code, kind });
    expect(failureOf(error).message).not.toBe('');
  });

  it('is permanent, where nobody knows its code', () => {
    expect(kindOf('999')).toBe('permanent');
  });

  it('fits a line and holds no secret, whatever the broker has said', () => {
    const said = `user:p@ss said\n\u001b[2Jp@ss ${'x'.repeat(1_000)}`;
    const { message } = failureOf(withCode(541, said), ['p@ss', '']);
    expect(message).toMatch(/^user:\[secret\] said \\u\{1b\}\[2J\[secret\] x+…$/);
    expect(message.length).toBeLessThan(450);
    expect(new BrokerFailure('BLOCKED', 'low\non memory').message).toBe('low on memory');
  });
});
